"""The way to a server, as a function: a request value in, a response value out.

Any callable of that shape is a transport, so a proxy, an authentication scheme or a
test is a function around another one::

    def with_fresh_token(request: Request) -> Response:
        return http(replace(request, headers={"X-Authorization": current_token()}))

    client = PodiumClient(transport=with_fresh_token)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

_JSON = {"Content-Type": "application/json"}
_TEXT = {"Content-Type": "text/plain"}


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the API.

    ``path`` is percent-encoded and starts below ``/api``.  The server may deliberately
    hold its answer for ``hold_seconds``.  A request is ``repeatable`` when sending it
    again, because it is not known whether it arrived, changes nothing more.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hold_seconds: float = 0.0
    repeatable: bool = False

    def json(self) -> Any:
        """Return the decoded body; None where there is none."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Response:
    """What the server answered, whatever its status."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> Self:
        """Return an answer that carries this value as JSON."""
        return cls(status, json.dumps(value).encode(), _JSON)

    @classmethod
    def of_text(cls, text: str, status: int = 200) -> Self:
        """Return an answer that carries bare text, as Conductor's ids are."""
        return cls(status, text.encode(), _TEXT)

    def json(self) -> Any:
        """Return the decoded body; ValueError where it is not JSON."""
        return json.loads(self.body)

    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode(errors="replace")


class Transport(Protocol):
    """Carries one request to a server; called by many threads at once."""

    def __call__(self, request: Request, /) -> Response:
        """Return the answer; raise :class:`podium_sdk.Unreachable` if none comes."""
        ...
