"""Which task queues there are, by the names that Conductor has for them."""

from __future__ import annotations

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.table import Table


class QueueRegistry:
    """Every queue that was ever made, with its lane; written before the queue is."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, queue: str, lane: str, at: int) -> None:
        """Know a queue's lane, and when it was made last."""
        known = {"queue": {"S": queue}, "lane": {"S": lane}, "at": {"N": str(at)}}
        self._table.put({**keys.queue(queue, lane), **known})

    def made_at(self, queue: str, lane: str) -> int | None:
        """Return when a lane was made; 0 is long ago, None that there is none."""
        found = self._table.get(keys.queue(queue, lane))
        return None if found is None else int(found.get("at", {}).get("N", 0))

    def all(self) -> list[tuple[str, str]]:
        """Return every queue and lane."""
        items = self._table.items(keys.queues())
        return [(item["queue"]["S"], item["lane"]["S"]) for item in items]
