"""Schedules in the catalog: one item each, and one for each of its last runs.

An item holds a schedule and its next run, so that a run advances it by one write.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

import msgspec

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import IS_ABSENT, has_stamp
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.errors import PayloadTooLarge
from podium.model.schedule import WorkflowScheduleExecution
from podium.schedules.store import RECORDS_KEPT, StoredSchedule

_ITEM_LIMIT = 390_000


class DynamoSchedules:
    """The port ``Schedules``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, schedule: StoredSchedule, stamp: int | None) -> bool:
        """Store what follows the schedule of that stamp, or, for None, none at all."""
        item = {
            **keys.schedule(schedule.name),
            "schedule": {"S": schedule.name},
            "stamp": {"N": str(schedule.stamp)},
            "document": {"B": _packed(schedule.encode())},
        }
        if schedule.due is not None:
            item["due"] = {"N": str(schedule.due)}
        condition = IS_ABSENT if stamp is None else has_stamp(stamp)
        try:
            self._table.put_once(item, condition)
        except ConditionFailed:
            return False
        return True

    def find(self, name: str) -> StoredSchedule | None:
        """Return the schedule of that name, strongly consistent."""
        item = self._table.get(keys.schedule(name))
        return None if item is None else _schedule(item)

    def all(self) -> list[StoredSchedule]:
        """Return all schedules by name."""
        found = map(_schedule, self._table.items(keys.schedules()))
        return sorted(found, key=lambda one: one.name)

    def delete(self, name: str) -> None:
        """Remove a schedule, there or not, and then the records of its runs."""
        self._table.delete(keys.schedule(name))
        for item in self._table.items(
            keys.schedule_executions(name), only=("pk", "sk")
        ):
            self._table.delete({"pk": item["pk"], "sk": item["sk"]})

    def overdue(self, moment: int) -> list[str]:
        """Return the names of the schedules that are due before a moment.

        A read of all of them: an index of what is due would cost each run two writes
        more, and a thousand schedules are no more than a megabyte.
        """
        return [
            item["schedule"]["S"]
            for item in self._table.items(keys.schedules(), only=("schedule", "due"))
            if "due" in item and int(item["due"]["N"]) < moment
        ]

    def record(self, number: int, execution: WorkflowScheduleExecution) -> None:
        """Keep the record of a schedule's run number ``number``."""
        slot = number % RECORDS_KEPT
        document = _packed(msgspec.json.encode(execution.to_json()))
        key = keys.schedule_execution(execution.schedule_name, slot)
        self._table.put({**key, "document": {"B": document}})

    def executions(
        self, names: Collection[str] | None = None
    ) -> list[WorkflowScheduleExecution]:
        """Return the records that are kept (of these schedules)."""
        asked: Collection[str | None] = {None} if names is None else set(names)
        return [
            WorkflowScheduleExecution.from_json(msgspec.json.decode(_text(item)))
            for name in asked
            for item in self._table.items(keys.schedule_executions(name))
        ]

    def halt(self, *, halted: bool) -> None:
        """Keep whether all schedules stand still."""
        if halted:
            self._table.put(keys.scheduler_halted())
        else:
            self._table.delete(keys.scheduler_halted())

    def is_halted(self) -> bool:
        """Tell whether all schedules stand still."""
        return self._table.get(keys.scheduler_halted()) is not None


def _packed(text: bytes) -> bytes:
    packed = zlib.compress(text)
    if len(packed) > _ITEM_LIMIT:
        raise PayloadTooLarge(
            f"The schedule has {len(packed)} bytes even when compressed; "
            f"{_ITEM_LIMIT} can be stored"
        )
    return packed


def _text(item: Item) -> bytes:
    return zlib.decompress(item["document"]["B"])


def _schedule(item: Item) -> StoredSchedule:
    return StoredSchedule.decode(_text(item))
