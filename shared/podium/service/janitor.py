"""Clears up where nothing expires by itself: the embedded home's time to live."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from podium.ports import Home, WorkflowRecord
from podium.service.archives import Archives, Ended, is_archived

logger = logging.getLogger(__name__)

AT_ONCE = 100


class Janitor:
    """Archives workflows that ended long ago, and deletes their journals.

    ``find`` names workflows whose time is over, at most as many as it is asked for,
    and none of those that were cleared up.
    """

    def __init__(
        self, home: Home, archives: Archives, find: Callable[[int], Sequence[str]]
    ) -> None:
        self._home = home
        self._archives = archives
        self._find = find

    def clear_up(self) -> int:
        """Clear up some workflows, 100 at most; return how many they were.

        They are one object of the archive, then one unit of work: a process that is
        killed between the two does the same again.
        """
        found = self._find(AT_ONCE)
        if found:
            self._clear_up(found)
            logger.info("workflows_cleared_up", extra={"count": len(found)})
        return len(found)

    def _clear_up(self, workflow_ids: Sequence[str]) -> None:
        records = [self._home.records.read(one, with_logs=True) for one in workflow_ids]
        whole = [one for one in records if one.is_whole]
        rows = self._archives.archive(
            ended for one in whole if (ended := self._ended(one)) is not None
        )
        with self._home.atomic():
            for row in rows:
                self._home.index.put(row)
            for record in records:
                if self._has_moved(record):
                    continue
                if record.is_whole:
                    self._archives.discard(record)
                else:
                    # A row of nothing, which would be found again and again.
                    self._home.index.delete(record.workflow_id)

    def _has_moved(self, record: WorkflowRecord) -> bool:
        """Tell whether the workflow was brought back while it was archived."""
        last = record.entries[-1].version if record.entries else 0
        return bool(self._home.journal.read_tail(record.workflow_id, last))

    def _ended(self, record: WorkflowRecord) -> Ended | None:
        folded = self._archives.fold(record)
        if is_archived(record, folded):
            return None
        return self._archives.prepare(record, folded)
