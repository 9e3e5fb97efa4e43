"""Which task queues there are, by the names that Conductor has for them."""

from __future__ import annotations

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.table import Table


class QueueRegistry:
    """Every queue that was ever made, with its lane; written before the queue is."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, queue: str, lane: str) -> None:
        """Know a queue's lane; again is a no-op."""
        self._table.put(
            {**keys.queue(queue, lane), "queue": {"S": queue}, "lane": {"S": lane}}
        )

    def all(self) -> list[tuple[str, str]]:
        """Return every queue and lane."""
        items = self._table.items(keys.queues())
        return [(item["queue"]["S"], item["lane"]["S"]) for item in items]
