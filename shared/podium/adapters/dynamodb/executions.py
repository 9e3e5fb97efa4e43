"""What was done about events, an item per message and action, until its time is over.

A handler's records are spread over some partitions, for a queue may bring thousands a
second; within each they lie in the order in which their messages were sent.
"""

from __future__ import annotations

import zlib
from heapq import merge

import msgspec

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import is_in_progress_since
from podium.adapters.dynamodb.expiry import stamp
from podium.adapters.dynamodb.ranges import Range
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.model.event_handler import EventExecution, EventExecutionStatus

_OUTPUT_LIMIT = 300_000


class DynamoEventExecutions:
    """The port ``EventExecutions``; an output too large for an item is left out."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(
        self, execution: EventExecution, sent_at: int, expires: int = 0
    ) -> EventExecution | None:
        """Write a record if there is none; otherwise return the one that stands."""
        try:
            self._table.put_once(_item(execution, sent_at, expires))
        except ConditionFailed as taken:
            return _read(taken.standing)
        return None

    def take_over(
        self,
        dead: EventExecution,
        execution: EventExecution,
        sent_at: int,
        expires: int = 0,
    ) -> bool:
        """Put a record in the place of one whose attempt died; False if it did not."""
        condition = is_in_progress_since(dead.created)
        try:
            self._table.put_once(_item(execution, sent_at, expires), condition)
        except ConditionFailed:
            return False
        return True

    def finish(self, execution: EventExecution, sent_at: int, expires: int = 0) -> None:
        """Write how an action ended, whatever stands there."""
        self._table.put(_item(execution, sent_at, expires))

    def find(self, handler: str, start: int, size: int) -> list[EventExecution]:
        """Return records of a handler, that of the latest message first."""
        last = start + size
        shards = [self._latest(one, last) for one in keys.event_executions(handler)]
        newest = merge(*shards, key=lambda item: str(item["sk"]["S"]), reverse=True)
        return [_read(item) for item, _ in zip(newest, range(last), strict=False)][
            start:
        ]

    def _latest(self, wanted: Range, limit: int) -> list[Item]:
        """Return the newest items of a partition."""
        found: list[Item] = []
        for page in self._table.pages(wanted, newest_first=True, limit=limit):
            found += page.items
            if len(found) >= limit:
                break
        return found[:limit]


def _key(execution: EventExecution, sent_at: int) -> keys.Key:
    return keys.event_execution(execution.name, sent_at, execution.id)


def _item(execution: EventExecution, sent_at: int, expires: int) -> Item:
    document = msgspec.json.encode(execution.to_json())
    packed = zlib.compress(document, 1)
    if len(packed) > _OUTPUT_LIMIT:
        left_out = {"note": f"{len(document)} bytes are too large to be kept here"}
        return _item(
            execution.model_copy(update={"output": left_out}), sent_at, expires
        )
    in_progress = execution.status is EventExecutionStatus.IN_PROGRESS
    since = {"since": {"N": str(execution.created)}} if in_progress else {}
    return {
        **_key(execution, sent_at),
        "document": {"B": packed},
        **since,
        **stamp(expires),
    }


def _read(item: Item) -> EventExecution:
    document = msgspec.json.decode(zlib.decompress(item["document"]["B"]))
    return EventExecution.from_json(document)
