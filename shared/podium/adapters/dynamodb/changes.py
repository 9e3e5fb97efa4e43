"""Waiting for a workflow's next entry, by looking for it."""

from __future__ import annotations

import time

from podium.adapters.aws_clients import Pause
from podium.adapters.dynamodb.journal import DynamoJournal

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_GROWTH = 1.5


class DynamoChanges:
    """The port ``Changes``: reads one item, again and again, ever more slowly.

    A look costs one read unit; thirty seconds of waiting are about forty looks.
    """

    def __init__(self, journal: DynamoJournal, pause: Pause) -> None:
        self._journal = journal
        self._pause = pause

    def wait(self, workflow_id: str, version: int, timeout: int) -> None:
        """Return when the journal has passed ``version``, or after ``timeout``."""
        deadline = time.monotonic() + timeout / 1000
        pause = _FIRST_PAUSE
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or self._journal.has(workflow_id, version + 1):
                return
            self._pause(min(pause, left))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
