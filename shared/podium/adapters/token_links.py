"""Links to payloads for a home whose own server hands them out and takes them in.

A link carries what it is for and until when, under a message authentication code.  The
key lives as long as the process: a link is good for a minute anyway.
"""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec

from podium.clock import Clock

VALID_FOR = 60_000
"""Milliseconds."""
KEY_BITS = 256
ROUTE = "/api/external-payloads"


class _Claims(msgspec.Struct, frozen=True, array_like=True):
    method: str
    path: str
    until: int


class TokenLinks:
    """The port ``PayloadLinks`` over this server's own routes."""

    def __init__(self, clock: Clock, key: int) -> None:
        self._clock = clock
        self._key = key.to_bytes(KEY_BITS // 8, "big")

    def link(self, method: str, path: str, base: str) -> str:
        """Return the URL that a client may use once or more, for a minute."""
        claims = _Claims(method, path, self._clock.now() + VALID_FOR)
        text = _encode(msgspec.json.encode(claims))
        return f"{base}{ROUTE}/{text}.{self._sign(text)}"

    def opened(self, method: str, token: str) -> str | None:
        """Return the path that a link is good for, None where it is good for none."""
        text, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(text).encode(), signature.encode()):
            return None
        try:
            claims = msgspec.json.decode(
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Claims
            )
        except (binascii.Error, msgspec.DecodeError, ValueError):
            return None
        is_good = claims.method == method and self._clock.now() < claims.until
        return claims.path if is_good else None

    def _sign(self, text: str) -> str:
        return _encode(hmac.digest(self._key, text.encode(), "sha256"))


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
