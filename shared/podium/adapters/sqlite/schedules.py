"""Schedules as JSON text, and the records of their last runs."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from podium.adapters.sqlite.database import Database
from podium.model.schedule import WorkflowScheduleExecution
from podium.schedules.store import RECORDS_KEPT, StoredSchedule

_ADD = """INSERT INTO schedules (due, stamp, document, name) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""

_REPLACE = """UPDATE schedules SET due = ?, stamp = ?, document = ?
    WHERE name = ? AND stamp = ?"""

_FIND = "SELECT document FROM schedules WHERE name = ?"

_ALL = "SELECT document FROM schedules ORDER BY name"

_OVERDUE = "SELECT name FROM schedules WHERE due < ? ORDER BY name"

_DELETE = "DELETE FROM schedules WHERE name = ?"

_RECORD = """INSERT INTO schedule_executions (schedule, slot, document)
    VALUES (?, ?, ?) ON CONFLICT (schedule, slot)
    DO UPDATE SET document = excluded.document"""

_EXECUTIONS = "SELECT document FROM schedule_executions"

_EXECUTIONS_OF = f"{_EXECUTIONS} WHERE schedule = ?"

_DELETE_EXECUTIONS = "DELETE FROM schedule_executions WHERE schedule = ?"

_HALT = "INSERT INTO scheduler_halted (halted) VALUES (1) ON CONFLICT DO NOTHING"

_GO_ON = "DELETE FROM scheduler_halted"

_IS_HALTED = "SELECT 1 FROM scheduler_halted"


class SqliteSchedules:
    """The port ``Schedules``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, schedule: StoredSchedule, stamp: int | None) -> bool:
        """Store what follows the schedule of that stamp, or, for None, none at all."""
        values = (schedule.due, schedule.stamp, schedule.encode(), schedule.name)
        if stamp is None:
            return self._database.change(_ADD, values) == 1
        return self._database.change(_REPLACE, (*values, stamp)) == 1

    def find(self, name: str) -> StoredSchedule | None:
        """Return the schedule of that name."""
        row = self._database.row(_FIND, (name,))
        return None if row is None else StoredSchedule.decode(row[0])

    def all(self) -> list[StoredSchedule]:
        """Return all schedules by name."""
        return [StoredSchedule.decode(row[0]) for row in self._database.rows(_ALL)]

    def delete(self, name: str) -> None:
        """Remove a schedule, there or not, and the records of its runs."""
        with self._database.atomic():
            self._database.change(_DELETE, (name,))
            self._database.change(_DELETE_EXECUTIONS, (name,))

    def overdue(self, moment: int) -> list[str]:
        """Return the names of the schedules that are due before a moment."""
        return [row[0] for row in self._database.rows(_OVERDUE, (moment,))]

    def record(self, number: int, execution: WorkflowScheduleExecution) -> None:
        """Keep the record of a schedule's run number ``number``."""
        document = msgspec.json.encode(execution.to_json())
        slot = number % RECORDS_KEPT
        self._database.change(_RECORD, (execution.schedule_name, slot, document))

    def executions(
        self, names: Collection[str] | None = None
    ) -> list[WorkflowScheduleExecution]:
        """Return the records that are kept (of these schedules)."""
        if names is None:
            rows = self._database.rows(_EXECUTIONS)
        else:
            found = (self._database.rows(_EXECUTIONS_OF, (one,)) for one in set(names))
            rows = [row for some in found for row in some]
        return [
            WorkflowScheduleExecution.from_json(msgspec.json.decode(row[0]))
            for row in rows
        ]

    def halt(self, *, halted: bool) -> None:
        """Keep whether all schedules stand still."""
        self._database.change(_HALT if halted else _GO_ON)

    def is_halted(self) -> bool:
        """Tell whether all schedules stand still."""
        return self._database.row(_IS_HALTED) is not None
