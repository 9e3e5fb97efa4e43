"""Whole workflows: one query reads a partition, one write per item stamps it anew."""

from __future__ import annotations

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import IS_PRESENT
from podium.adapters.dynamodb.expiry import EXPIRES, has_expired, stamp, stamped
from podium.adapters.dynamodb.journal import entry_of
from podium.adapters.dynamodb.leases import lease_of
from podium.adapters.dynamodb.logs import logs_of
from podium.adapters.dynamodb.summaries import row_of
from podium.adapters.dynamodb.table import ConditionFailed, Table
from podium.clock import Clock
from podium.ports import JournalEntry, Lease, SummaryRow, TaskLog, WorkflowRecord


class DynamoRecords:
    """The port ``Records``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def read(self, workflow_id: str, *, with_logs: bool = False) -> WorkflowRecord:
        """Return what there is of a workflow: one request, unless it is beyond 1 MB."""
        entries: list[JournalEntry] = []
        leases: list[Lease] = []
        logs: list[TaskLog] = []
        row: SummaryRow | None = None
        wanted = keys.record_of(workflow_id, with_logs=with_logs)
        now = self._clock.now()
        for item in self._table.items(wanted):
            sort = item["sk"]["S"]
            match keys.kind_of(sort):
                case "j" if has_expired(item, now):
                    # What comes before has expired too, or waits for this one.
                    entries.clear()
                case "j" if not keys.is_keyframe(sort):
                    entries.append(entry_of(workflow_id, item))
                case "l":
                    leases.append(lease_of(workflow_id, item))
                case "x":
                    logs += logs_of(keys.logger_of(workflow_id, sort), item)
                case "summary":
                    row = row_of(item)
        return WorkflowRecord(
            workflow_id, tuple(entries), tuple(leases), tuple(logs), row
        )

    def expires(self, workflow_id: str) -> int:
        """Return when the first entry expires, 0 for never."""
        first = self._table.get(keys.entry(workflow_id, 1), only=(EXPIRES,))
        return 0 if first is None else stamped(first)

    def restamp(self, workflow_id: str, expires: int) -> None:
        """Have everything but the search row expire then, the first entry last.

        Items are changed where they are: written whole again they would bring back
        what somebody else removes or renews meanwhile.
        """
        parts = [
            self._table.items(part, only=("pk", "sk"))
            for part in keys.everything_of(workflow_id)
        ]
        found = [item for part in parts for item in part]
        value = stamp(expires).get(EXPIRES)
        change = f"SET {EXPIRES} = :expires" if value else f"REMOVE {EXPIRES}"
        values = {":expires": value} if value else {}
        for item in reversed(found):
            key = {"pk": item["pk"], "sk": item["sk"]}
            try:
                self._table.update(key, change, values, IS_PRESENT)
            except ConditionFailed:
                continue  # it is gone, as it may be
