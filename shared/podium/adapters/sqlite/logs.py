"""Log lines of tasks, in the order in which they came."""

from __future__ import annotations

from collections.abc import Sequence

from podium.adapters.sqlite.database import Database
from podium.ports import TaskLog

_APPEND = "INSERT INTO task_logs (task_id, created_time, log) VALUES (?, ?, ?)"

_READ = "SELECT task_id, created_time, log FROM task_logs WHERE task_id = ? ORDER BY id"


class SqliteTaskLogs:
    """The port ``TaskLogs``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        lines: Sequence[TaskLog],
        expires: int = 0,  # noqa: ARG002 - nothing expires by itself here
    ) -> None:
        """Add lines."""
        rows = [(line.task_id, line.created_time, line.log) for line in lines]
        if rows:
            self._database.change_each(_APPEND, rows)

    def read(self, task_id: str) -> list[TaskLog]:
        """Return a task's lines, oldest first."""
        return [TaskLog(*row) for row in self._database.rows(_READ, (task_id,))]
