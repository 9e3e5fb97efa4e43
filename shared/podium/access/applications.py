"""Applications and their access keys: what Conductor's clients are configured with.

A secret is 256 random bits, shown once and kept as a salted SHA-256 alone.  A slow hash
would protect what can be guessed; these cannot, and every request for a token would pay
for it, those of strangers too.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import msgspec

from podium.access.roles import Role
from podium.errors import InvalidInput

Draw: TypeAlias = Callable[[int], int]
"""Gives random bits, as ``Home.draw`` does."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KEY_ID = re.compile(rf"({_NAME.pattern})\.[0-9a-f]{{24}}")
_SECRET_PREFIX = "podium_"  # noqa: S105 - what scanners for leaked secrets look for
_ID_BYTES, _SALT_BYTES, _SECRET_BYTES = 12, 16, 32


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key as it is kept: whoever reads it cannot use it."""

    id: str
    created_at: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def opens_with(self, secret: str) -> bool:
        """Tell whether this is the secret, in a time that does not tell how close."""
        return hmac.compare_digest(self.digest, _digest(self.salt, secret))


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody who calls: one item holds him with all his keys.

    ``revision`` counts his changes: of two made at once one is refused.
    """

    name: str
    roles: frozenset[Role]
    created_at: int
    keys: tuple[AccessKey, ...] = ()
    revision: int = 1

    def key(self, key_id: str) -> AccessKey | None:
        """Return the key of that id."""
        return next((one for one in self.keys if one.id == key_id), None)

    def with_keys(self, keys: tuple[AccessKey, ...]) -> Application:
        """Return the next revision, which has these keys."""
        return replace(self, keys=keys, revision=self.revision + 1)

    def encode(self) -> bytes:
        """Return the application as JSON."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, document: bytes) -> Application:
        """Read what :meth:`encode` wrote."""
        return msgspec.json.decode(document, type=cls)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A new key's two halves, as their owner gets to see them, this once."""

    key_id: str
    secret: str = field(repr=False)


def check_name(name: str) -> None:
    """Refuse a name that a key id cannot begin with."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"name: expected 1 to 64 letters, digits, - and _, got {name!r}"
        )


def new_key(name: str, now: int, draw: Draw) -> tuple[AccessKey, Credentials]:
    """Draw a key for the application of that name."""
    key_id = f"{name}.{_bytes(draw, _ID_BYTES).hex()}"
    text = urlsafe_b64encode(_bytes(draw, _SECRET_BYTES)).decode().rstrip("=")
    secret = _SECRET_PREFIX + text
    salt = _bytes(draw, _SALT_BYTES)
    key = AccessKey(key_id, now, salt, _digest(salt, secret))
    return key, Credentials(key_id, secret)


def application_of(key_id: str) -> str | None:
    """Return the application that a key's id names; None where it is no such id."""
    found = _KEY_ID.fullmatch(key_id)
    return found[1] if found else None


def _bytes(draw: Draw, count: int) -> bytes:
    return draw(8 * count).to_bytes(count, "big")


def _digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()
