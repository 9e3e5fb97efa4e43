"""When each queue and domain was last polled: in memory, and now and then in a table.

A worker polls all the time, and of a busy deployment every process hears of every
queue: so each writes the item of a queue and domain at most every ten seconds or as
told, and other processes see a record that is that much older.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.table import Item, Table
from podium.errors import Unavailable
from podium.ports import Poll

logger = logging.getLogger(__name__)


class DynamoPolls:
    """The port ``Polls``."""

    def __init__(self, table: Table, every: int) -> None:
        self._table = table
        self._every = every
        self._latest: dict[tuple[str, str], Poll] = {}
        self._written: dict[tuple[str, str], int] = {}

    def record(self, poll: Poll) -> None:
        """Remember a poll; no lock is held, for two threads may both write the item."""
        key = (poll.queue, poll.domain or "")
        self._latest[key] = poll
        written = self._written.get(key)
        if written is None or poll.at - written >= self._every:
            self._written[key] = poll.at
            self._write(poll)

    def _write(self, poll: Poll) -> None:
        """Write the item; that it fails is no reason to leave a worker without task."""
        item = {
            **keys.poll(poll.queue, poll.domain),
            "queue": {"S": poll.queue},
            "domain": {"S": poll.domain or ""},
            "worker_id": {"S": poll.worker_id},
            "at": {"N": str(poll.at)},
        }
        try:
            self._table.put(item)
        except Unavailable as failure:
            logger.warning(
                "poll_not_written",
                extra={"task_type": poll.queue, "reason": failure.message},
            )

    def find(self, task_type: str) -> list[Poll]:
        """Return the last polls of a task type, one per domain."""
        items = self._table.items(keys.polls(task_type))
        ours = [poll for poll in self._ours() if poll.queue == task_type]
        return _newest(map(_poll, items), ours)

    def find_all(self) -> list[Poll]:
        """Return the last polls of every task type and domain."""
        items = (item for part in keys.all_polls() for item in self._table.items(part))
        return _newest(map(_poll, items), self._ours())

    def _ours(self) -> list[Poll]:
        return list(self._latest.values())


def _newest(written: Iterable[Poll], ours: Iterable[Poll]) -> list[Poll]:
    """Return the latest poll of each queue and domain, in their order."""
    found: dict[tuple[str, str], Poll] = {}
    for poll in (*written, *ours):
        key = (poll.queue, poll.domain or "")
        if key not in found or found[key].at <= poll.at:
            found[key] = poll
    return [found[key] for key in sorted(found)]


def _poll(item: Item) -> Poll:
    return Poll(
        queue=item["queue"]["S"],
        domain=item["domain"]["S"] or None,
        worker_id=item["worker_id"]["S"],
        at=int(item["at"]["N"]),
    )
