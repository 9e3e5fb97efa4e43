"""Outputs of tasks, remembered for later ones."""

from __future__ import annotations

from podium.adapters.sqlite.database import Database
from podium.clock import Clock

_PUT = """INSERT INTO outputs (name, key, output, expires) VALUES (?, ?, ?, ?)
    ON CONFLICT (name, key) DO UPDATE SET output = excluded.output,
        expires = excluded.expires"""

_FIND = "SELECT output FROM outputs WHERE name = ? AND key = ? AND expires > ?"

_SWEEP = "DELETE FROM outputs WHERE expires <= ?"


class SqliteOutputCache:
    """The port ``OutputCache``; each new output clears away those that have expired."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, name: str, key: str, output: bytes, expires: int) -> None:
        """Remember an output until ``expires``, in place of the one before."""
        with self._database.atomic():
            self._database.change(_SWEEP, (self._clock.now(),))
            self._database.change(_PUT, (name, key, output, expires))

    def find(self, name: str, key: str, now: int) -> bytes | None:
        """Return what is remembered and has not expired."""
        row = self._database.row(_FIND, (name, key, now))
        return None if row is None else bytes(row[0])
