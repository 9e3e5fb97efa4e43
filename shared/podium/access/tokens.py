"""Tokens: JSON Web Tokens of one form, HS256, signed and read by Podium alone.

Nothing of a token is believed before its signature is checked, and its header has one
form: an algorithm that the sender may choose is how such checks are usually broken.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec

from podium.access.roles import Role
from podium.errors import Unauthenticated

LEEWAY = 30_000
"""Milliseconds that the clocks of two machines may be apart."""

_ALGORITHM = "HS256"
_LONGEST = 4_096
_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that tokens are signed with from ``active_from`` on, until the next is."""

    kid: str
    active_from: int
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says; times in epoch milliseconds."""

    application: str
    key_id: str
    roles: frozenset[Role]
    issued_at: int
    expires_at: int


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str


class _Body(msgspec.Struct):
    sub: str
    key: str
    roles: list[Role]
    iat: int
    exp: int


def signing_key(keys: Iterable[SigningKey], now: int) -> SigningKey | None:
    """Return the newest key that is active."""
    active = [key for key in keys if key.active_from <= now]
    return max(active, key=lambda key: key.active_from, default=None)


def valid_keys(
    keys: Iterable[SigningKey], now: int, lifetime: int
) -> dict[str, SigningKey]:
    """Return the keys by id whose tokens may still be good.

    A key's last token is signed when the next key becomes active, and lives on.
    """
    ordered = sorted(keys, key=lambda key: key.active_from)
    retired = {
        key.kid
        for key, successor in pairwise(ordered)
        if successor.active_from + lifetime + LEEWAY < now
    }
    return {key.kid: key for key in ordered if key.kid not in retired}


def sign(claims: Claims, key: SigningKey) -> str:
    """Return the token that says this."""
    body = _Body(
        sub=claims.application,
        key=claims.key_id,
        roles=sorted(claims.roles),
        iat=claims.issued_at // _SECOND,
        exp=claims.expires_at // _SECOND,
    )
    text = f"{_encode(_Header(_ALGORITHM, key.kid, 'JWT'))}.{_encode(body)}"
    return f"{text}.{_signature(text, key)}"


def read(token: str, keys: Mapping[str, SigningKey], now: int) -> Claims:
    """Return what a token says; Unauthenticated where it is not to be believed."""
    text, _, signature = token.rpartition(".")
    head, _, tail = text.partition(".")
    if len(token) > _LONGEST or not token.isascii():
        raise Unauthenticated.invalid("The token is malformed")
    header = _decode(head, _Header)
    key = keys.get(header.kid)
    if header.alg != _ALGORITHM or key is None:
        raise Unauthenticated.invalid("The token is not signed with a key of ours")
    # The text, not its bytes: base64 has several texts for the same bytes.
    if not hmac.compare_digest(_signature(text, key).encode(), signature.encode()):
        raise Unauthenticated.invalid("The token's signature is wrong")
    body = _decode(tail, _Body)
    claims = Claims(
        application=body.sub,
        key_id=body.key,
        roles=frozenset(body.roles),
        issued_at=body.iat * _SECOND,
        expires_at=body.exp * _SECOND,
    )
    if claims.issued_at > now + LEEWAY:
        raise Unauthenticated.invalid("The token is not valid yet")
    if claims.expires_at + LEEWAY <= now:
        raise Unauthenticated.expired("The token has expired")
    return claims


def _signature(text: str, key: SigningKey) -> str:
    return _base64(hmac.digest(key.secret, text.encode(), "sha256"))


def _encode(value: msgspec.Struct) -> str:
    return _base64(msgspec.json.encode(value))


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str, form: type[Any]) -> Any:
    padded = text + "=" * (-len(text) % 4)
    try:
        return msgspec.json.decode(b64decode(padded, b"-_", validate=True), type=form)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as broken:
        raise Unauthenticated.invalid("The token is malformed") from broken
