"""When each queue and domain was last polled: in memory, and now and then on disk.

A worker polls all the time, so the row of a queue and domain is written at most once a
second; a crash or a second process sees a record that is that much older.
"""

from __future__ import annotations

from podium.adapters.sqlite.database import Database
from podium.ports import Poll

_WRITE_EVERY = 1_000

_WRITE = """INSERT INTO polls (queue, domain, worker_id, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (queue, domain)
    DO UPDATE SET worker_id = excluded.worker_id, at = excluded.at
    WHERE excluded.at >= at"""

_FIND = "SELECT queue, domain, worker_id, at FROM polls WHERE ?1 IS NULL OR queue = ?1"


class SqlitePolls:
    """The port ``Polls``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._latest: dict[tuple[str, str], Poll] = {}
        self._written: dict[tuple[str, str], int] = {}

    def record(self, poll: Poll) -> None:
        """Remember a poll; the row follows within a second of the next one.

        No lock is held: that two threads may both write the row does no harm.
        """
        key = (poll.queue, poll.domain or "")
        self._latest[key] = poll
        written = self._written.get(key)
        if written is None or poll.at - written >= _WRITE_EVERY:
            self._write(key, poll)

    def _write(self, key: tuple[str, str], poll: Poll) -> None:
        self._written[key] = poll.at
        self._database.change(_WRITE, (*key, poll.worker_id, poll.at))

    def flush(self) -> None:
        """Write what was not written yet."""
        for key, poll in list(self._latest.items()):
            if self._written.get(key) != poll.at:
                self._write(key, poll)

    def find(self, task_type: str) -> list[Poll]:
        """Return the last polls of a task type, one per domain."""
        return self._find(task_type)

    def find_all(self) -> list[Poll]:
        """Return the last polls of every task type and domain."""
        return self._find(None)

    def _find(self, task_type: str | None) -> list[Poll]:
        found: dict[tuple[str, str], Poll] = {}
        for queue, domain, worker_id, at in self._database.rows(_FIND, (task_type,)):
            found[queue, domain] = Poll(queue, domain or None, worker_id, at)
        for key, poll in list(self._latest.items()):
            if task_type in {None, poll.queue} and (
                key not in found or found[key].at <= poll.at
            ):
                found[key] = poll
        return [found[key] for key in sorted(found)]
