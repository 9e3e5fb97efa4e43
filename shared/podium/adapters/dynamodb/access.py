"""Applications and signing keys in the catalog, read anew each time."""

from __future__ import annotations

from podium.access.applications import Application
from podium.access.tokens import SigningKey
from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import IS_ABSENT, is_of_revision
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table


class DynamoApplications:
    """The port ``Applications``: one item holds an application with all its keys."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, application: Application) -> bool:
        """Store the next revision; False where somebody else was first."""
        before = application.revision - 1
        item = {
            **keys.application(application.name),
            "revision": {"N": str(application.revision)},
            "document": {"B": application.encode()},
        }
        try:
            self._table.put_once(item, is_of_revision(before) if before else IS_ABSENT)
        except ConditionFailed:
            return False
        return True

    def find(self, name: str) -> Application | None:
        """Return the application of that name."""
        item = self._table.get(keys.application(name))
        return None if item is None else _application(item)

    def all(self) -> list[Application]:
        """Return all applications by name."""
        found = map(_application, self._table.items(keys.applications()))
        return sorted(found, key=lambda one: one.name)

    def remove(self, name: str) -> bool:
        """Remove an application and its keys; False where there was none."""
        if self.find(name) is None:
            return False
        self._table.delete(keys.application(name))
        return True


class DynamoSigningKeys:
    """The port ``SigningKeys``; DynamoDB encrypts them at rest, as it does the rest."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, key: SigningKey) -> None:
        """Keep a new key."""
        self._table.put(
            {
                **keys.signing_key(key.kid),
                "kid": {"S": key.kid},
                "active_from": {"N": str(key.active_from)},
                "secret": {"B": key.secret},
            }
        )

    def all(self) -> list[SigningKey]:
        """Return all keys, in the order in which they become active."""
        found = map(_signing_key, self._table.items(keys.signing_keys()))
        return sorted(found, key=lambda one: one.active_from)

    def remove(self, kid: str) -> None:
        """Remove a key, there or not."""
        self._table.delete(keys.signing_key(kid))


def _application(item: Item) -> Application:
    return Application.decode(item["document"]["B"])


def _signing_key(item: Item) -> SigningKey:
    return SigningKey(
        kid=item["kid"]["S"],
        active_from=int(item["active_from"]["N"]),
        secret=item["secret"]["B"],
    )
