"""What all groups of routes share: how a call is written and its answer read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from podium.errors import InvalidInput
from podium.model.conductor_json import ConductorModel
from podium_sdk.errors import UnreadableAnswer, refusal
from podium_sdk.transport import Request, Response, Transport

Model = TypeVar("Model", bound=ConductorModel)

_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
_JSON = {"Content-Type": "application/json"}


def route(*segments: str | int) -> str:
    """Return the path of these segments, each one encoded.

    An empty segment would name another route (``/workflow/`` for ``/workflow/{id}``).
    """
    if "" in segments:
        raise ValueError(f"an empty name or id in {segments}")
    return "".join(f"/{quote(str(segment), safe='')}" for segment in segments)


class Api:
    """Sends calls over a transport; refusals come back as typed errors."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        hold_seconds: float = 0.0,
        repeatable: bool = False,
    ) -> Response:
        """Send JSON and return the answer; None in the query means absent.

        GET, PUT and DELETE are repeatable by HTTP's definition; a POST only where it
        is said to be.
        """
        content = None if body is None else encode(body)
        return self.send(
            Request(
                method,
                path,
                _query(query or {}),
                content,
                {} if content is None else _JSON,
                hold_seconds,
                repeatable or method in _REPEATABLE,
            )
        )

    def send(self, request: Request) -> Response:
        """Send a request as it is; any answer but 2xx is raised as an ApiError."""
        response = self._transport(request)
        if not 200 <= response.status < 300:
            raise refusal(response.status, response.body)
        return response


def paged(
    query: str | None, free_text: str | None, start: int, size: int, sort: str | None
) -> dict[str, Any]:
    """Return the query parameters that every search takes (reference 1.0)."""
    return {
        "query": query,
        "freeText": free_text,
        "start": start,
        "size": size,
        "sort": sort,
    }


def encode(value: Any) -> bytes:
    """Return a value as JSON; ValueError for NaN and the infinities, which are none."""
    return json.dumps(_plain(value), allow_nan=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, ConductorModel):
        return value.to_json()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def _query(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in given.items()
        if value is not None
    )


def decoded(response: Response) -> Any:
    """Return an answer's JSON."""
    try:
        return response.json()
    except ValueError as error:
        raise UnreadableAnswer(f"not JSON: {response.body[:200]!r}") from error


def one(kind: type[Model], response: Response) -> Model:
    """Return the model that an answer carries."""
    return _read(kind, decoded(response))


def one_or_none(kind: type[Model], response: Response) -> Model | None:
    """Return the model that an answer carries, or None for an empty answer."""
    return one(kind, response) if response.body else None


def many(kind: type[Model], response: Response) -> list[Model]:
    """Return the models that an answer carries; an empty answer has none."""
    listed = decoded(response) if response.body else []
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise UnreadableAnswer(f"not a list: {response.body[:200]!r}")
    return [_read(kind, item) for item in listed]


def _read(kind: type[Model], value: object) -> Model:
    try:
        return kind.from_json(value)
    except InvalidInput as error:
        raise UnreadableAnswer(error.message) from error
