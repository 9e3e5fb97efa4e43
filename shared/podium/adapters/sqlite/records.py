"""Whole workflows, read from the tables they are spread over."""

from __future__ import annotations

from podium import ids
from podium.adapters.sqlite.database import Database
from podium.adapters.sqlite.index import SqliteSearchIndex
from podium.adapters.sqlite.journal import SqliteJournal
from podium.adapters.sqlite.leases import SqliteLeases
from podium.ports import TaskLog, WorkflowRecord

_LOGS = """SELECT task_id, created_time, log FROM task_logs
    WHERE task_id BETWEEN ? AND ? ORDER BY task_id, id"""


class SqliteRecords:
    """The port ``Records``; nothing expires by itself here."""

    def __init__(
        self,
        database: Database,
        journal: SqliteJournal,
        leases: SqliteLeases,
        index: SqliteSearchIndex,
    ) -> None:
        self._database = database
        self._journal = journal
        self._leases = leases
        self._index = index

    def read(self, workflow_id: str, *, with_logs: bool = False) -> WorkflowRecord:
        """Return what there is of a workflow, as of one moment."""
        with self._database.atomic():
            logs: list[TaskLog] = []
            if with_logs:
                found = self._database.rows(_LOGS, ids.span_of(workflow_id))
                logs = [TaskLog(*row) for row in found]
            return WorkflowRecord(
                workflow_id,
                tuple(self._journal.read_range(workflow_id, 1)),
                tuple(self._leases.find_all(workflow_id)),
                tuple(logs),
                self._index.find([workflow_id]).get(workflow_id),
            )

    def expires(self, workflow_id: str) -> int:  # noqa: ARG002 - the port's
        """Return 0: never."""
        return 0

    def restamp(self, workflow_id: str, expires: int) -> None:
        """Leave everything as it is."""
