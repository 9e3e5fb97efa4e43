"""Applications and signing keys, for an embedded home that asks for keys."""

from __future__ import annotations

from podium.access.applications import Application
from podium.access.tokens import SigningKey
from podium.adapters.sqlite.database import Database

_ADD = """INSERT INTO applications (name, revision, document) VALUES (?, ?, ?)
    ON CONFLICT DO NOTHING"""

_REPLACE = """UPDATE applications SET revision = ?, document = ?
    WHERE name = ? AND revision = ?"""

_FIND = "SELECT document FROM applications WHERE name = ?"

_ALL = "SELECT document FROM applications ORDER BY name"

_REMOVE = "DELETE FROM applications WHERE name = ?"

_ADD_KEY = "INSERT INTO signing_keys (kid, active_from, secret) VALUES (?, ?, ?)"

_ALL_KEYS = "SELECT kid, active_from, secret FROM signing_keys ORDER BY active_from"

_REMOVE_KEY = "DELETE FROM signing_keys WHERE kid = ?"


class SqliteApplications:
    """The port ``Applications``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, application: Application) -> bool:
        """Store the next revision; False where somebody else was first."""
        name, revision = application.name, application.revision
        document = application.encode()
        if revision == 1:
            return self._database.change(_ADD, (name, revision, document)) == 1
        values = (revision, document, name, revision - 1)
        return self._database.change(_REPLACE, values) == 1

    def find(self, name: str) -> Application | None:
        """Return the application of that name."""
        row = self._database.row(_FIND, (name,))
        return None if row is None else Application.decode(row[0])

    def all(self) -> list[Application]:
        """Return all applications by name."""
        return [Application.decode(row[0]) for row in self._database.rows(_ALL)]

    def remove(self, name: str) -> bool:
        """Remove an application and its keys; False where there was none."""
        return self._database.change(_REMOVE, (name,)) == 1


class SqliteSigningKeys:
    """The port ``SigningKeys``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: SigningKey) -> None:
        """Keep a new key."""
        self._database.change(_ADD_KEY, (key.kid, key.active_from, key.secret))

    def all(self) -> list[SigningKey]:
        """Return all keys, in the order in which they become active."""
        return [SigningKey(*row) for row in self._database.rows(_ALL_KEYS)]

    def remove(self, kid: str) -> None:
        """Remove a key, there or not."""
        self._database.change(_REMOVE_KEY, (kid,))
