"""A client's access key: fetches a token, sends it along, and renews it in time.

As Conductor's own clients do it (reference 12, #5): the key and its secret go to
``/token``; the answer goes into ``X-Authorization``.  A server without that route asks
for no keys, and from then on none are sent.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from podium_sdk.errors import UnreadableAnswer, refusal
from podium_sdk.transport import Request, Response, Transport

_NOT_FOUND = 404
_REFUSED = frozenset({401, 403})
_RENEWABLE = frozenset({"EXPIRED_TOKEN", "INVALID_TOKEN"})
_JSON = {"Content-Type": "application/json"}
_KEY_VARIABLE = "CONDUCTOR_AUTH_KEY"
_SECRET_VARIABLE = "CONDUCTOR_AUTH_SECRET"  # noqa: S105 (a variable's name)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What ``podium access create-key`` shows; the secret is not in its repr."""

    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read ``CONDUCTOR_AUTH_KEY`` and ``CONDUCTOR_AUTH_SECRET``."""
        missing = [
            name
            for name in (_KEY_VARIABLE, _SECRET_VARIABLE)
            if not environment.get(name)
        ]
        if missing:
            raise ValueError(f"{' and '.join(missing)} not set")
        return cls(environment[_KEY_VARIABLE], environment[_SECRET_VARIABLE])


class WithAccessKey:
    """A transport around another one that answers for who is calling."""

    def __init__(self, transport: Transport, key: AccessKey) -> None:
        self._transport = transport
        self._key = key
        self._lock = threading.Lock()
        self._token: str | None = None
        self._is_open = False

    def __call__(self, request: Request, /) -> Response:
        """Send the request with a token; once more with a new one if it has expired."""
        token = self._token or self._renew(None)
        response = self._transport(_with(token, request))
        if token is not None and _asks_for_another(response):
            response = self._transport(_with(self._renew(token), request))
        return response

    def _renew(self, stale: str | None) -> str | None:
        """Return a token other than the stale one; threads share one request for it."""
        with self._lock:
            if self._token == stale and not self._is_open:
                self._token = self._fetch()
                self._is_open = self._token is None
            return self._token

    def _fetch(self) -> str | None:
        body = {"keyId": self._key.key_id, "keySecret": self._key.secret}
        answer = self._transport(
            Request(
                "POST",
                "/token",
                body=json.dumps(body).encode(),
                headers=_JSON,
                repeatable=True,
            )
        )
        if answer.status == _NOT_FOUND:
            return None
        if not 200 <= answer.status < 300:
            raise refusal(answer.status, answer.body)
        try:
            return str(answer.json()["token"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableAnswer("the answer of /token holds no token") from error


def _with(token: str | None, request: Request) -> Request:
    if token is None:
        return request
    return replace(request, headers={**request.headers, "X-Authorization": token})


def _asks_for_another(response: Response) -> bool:
    if response.status not in _REFUSED:
        return False
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("error") in _RENEWABLE
