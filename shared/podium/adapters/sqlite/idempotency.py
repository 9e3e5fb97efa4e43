"""Which workflow a start's idempotency key belongs to."""

from __future__ import annotations

from podium.adapters.sqlite.database import Database

_BIND = """INSERT INTO idempotency_keys (name, key, workflow_id) VALUES (?, ?, ?)
    ON CONFLICT DO NOTHING"""

_FIND = "SELECT workflow_id FROM idempotency_keys WHERE name = ? AND key = ?"

_REBIND = """UPDATE idempotency_keys SET workflow_id = ?
    WHERE name = ? AND key = ? AND workflow_id = ?"""


class SqliteIdempotencyKeys:
    """The port ``IdempotencyKeys``; a key, once bound, is never free again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, name: str, key: str, workflow_id: str) -> str:
        """Bind the key if it is free; return the workflow id it is bound to."""
        with self._database.atomic():
            self._database.change(_BIND, (name, key, workflow_id))
            row = self._database.row(_FIND, (name, key))
        return workflow_id if row is None else str(row[0])

    def rebind(self, name: str, key: str, old: str, new: str) -> bool:
        """Move a key from an ended workflow to a new one, if nobody else has."""
        return self._database.change(_REBIND, (new, name, key, old)) == 1
