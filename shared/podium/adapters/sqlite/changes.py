"""Waiting for a workflow's next entry, by notification."""

from __future__ import annotations

import threading

from podium.adapters.sqlite.database import Database
from podium.adapters.sqlite.journal import SqliteJournal, topic_of
from podium.adapters.sqlite.signals import Signals
from podium.errors import Unavailable


class SqliteChanges:
    """The port ``Changes``; entries of other processes are not noticed."""

    def __init__(
        self, database: Database, journal: SqliteJournal, signals: Signals
    ) -> None:
        self._database = database
        self._journal = journal
        self._signals = signals

    def wait(self, workflow_id: str, version: int, timeout: int) -> None:
        """Return when the journal has passed ``version``, or after ``timeout``.

        Inside a unit of work it returns at once: nobody else could write meanwhile.
        Once the home closes there is nothing to wait for: Unavailable.
        """
        if timeout <= 0 or self._database.is_in_unit:
            return
        bell = threading.Event()
        withdraw = self._signals.enlist(topic_of(workflow_id), bell.set)
        try:
            if self._journal.last_version(workflow_id) <= version:
                bell.wait(timeout / 1000)
        finally:
            withdraw()
        if self._signals.is_over:
            raise Unavailable("Podium is shutting down")
