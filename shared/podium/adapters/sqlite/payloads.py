"""Documents too large for a journal entry, by path."""

from __future__ import annotations

from collections.abc import Sequence

from podium.adapters.sqlite.database import Database

_PUT = """INSERT INTO payloads (path, document) VALUES (?, ?)
    ON CONFLICT (path) DO UPDATE SET document = excluded.document"""

_GET = "SELECT document FROM payloads WHERE path = ?"

_DELETE = "DELETE FROM payloads WHERE path = ?"

_DELETE_BETWEEN = "DELETE FROM payloads WHERE path >= ? AND path < ?"


class SqlitePayloads:
    """The port ``Payloads``, and what the embedded janitor needs of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, path: str, document: bytes) -> None:
        """Store or replace a document."""
        self._database.change(_PUT, (path, document))

    def get(self, path: str) -> bytes | None:
        """Return a document, or None where there is none."""
        row = self._database.row(_GET, (path,))
        return None if row is None else row[0]

    def delete(self, paths: Sequence[str]) -> None:
        """Remove documents, there or not."""
        self._database.change_each(_DELETE, [(path,) for path in paths])

    def delete_between(self, first: str, end: str) -> None:
        """Remove the documents from one path on, up to another."""
        self._database.change(_DELETE_BETWEEN, (first, end))
