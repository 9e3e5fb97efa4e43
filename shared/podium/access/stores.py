"""The ports of access: where applications and signing keys are kept.

Both are read strongly consistent; who asks often remembers the answer himself.
"""

from __future__ import annotations

from typing import Protocol

from podium.access.applications import Application
from podium.access.tokens import SigningKey


class Applications(Protocol):
    """Applications by name."""

    def put(self, application: Application) -> bool:
        """Store the revision that follows the one which stands, 1 where there is none.

        False where it does not follow: somebody else was first.
        """
        ...

    def find(self, name: str) -> Application | None:
        """Return the application of that name."""
        ...

    def all(self) -> list[Application]:
        """Return all applications by name."""
        ...

    def remove(self, name: str) -> bool:
        """Remove an application and its keys; False where there was none."""
        ...


class SigningKeys(Protocol):
    """The keys that tokens are signed with."""

    def add(self, key: SigningKey) -> None:
        """Keep a new key."""
        ...

    def all(self) -> list[SigningKey]:
        """Return all keys, in the order in which they become active."""
        ...

    def remove(self, kid: str) -> None:
        """Remove a key, there or not."""
        ...
