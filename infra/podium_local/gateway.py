"""API Gateway in miniature: HTTP requests become payload 2.0 events, for one handler.

The handler is the one that Lambda runs.  Each request has a thread of its own while it
is handled, because a poll may be held for seconds.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.clock import Clock
from podium_local.pages import Refuse, refuse_none

Handler: TypeAlias = Callable[[Mapping[str, Any], LambdaContext], Mapping[str, Any]]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 10 * 1024 * 1024
"""Bytes; API Gateway's own limit."""
MAX_THREADS = 512
_JSON = [(b"content-type", b"application/json")]
_TOO_LARGE = (
    b'{"status":413,"message":"The request is larger than 10 MB: keep the payload '
    b'outside and send its externalInputPayloadStoragePath","retryable":false}'
)


class RequestContext(LambdaContext):
    """What a handler may ask of Lambda about its invocation."""

    def __init__(self, request_id: str) -> None:
        self._aws_request_id = request_id
        self._function_name = "podium-dev"
        self._function_version = "$LATEST"
        self._invoked_function_arn = "arn:aws:lambda:local:0:function:podium-dev"
        self._memory_limit_in_mb = 0
        self._log_group_name = "podium-dev"
        self._log_stream_name = "podium-dev"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Return API Gateway's patience."""
        return 30_000


@dataclass(frozen=True, slots=True)
class _Disconnected(Exception):
    """The client went away before its request had arrived."""


class Gateway:
    """An ASGI application in front of a Lambda handler.

    What ``refuse`` says no to never reaches the handler.
    """

    def __init__(
        self, handler: Handler, clock: Clock, refuse: Refuse = refuse_none
    ) -> None:
        self._handler = handler
        self._clock = clock
        self._refuse = refuse
        self._numbers = count(1)
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        try:
            body = await _read(receive)
        except _Disconnected:
            return
        if body is None:
            await _send(send, 413, _JSON, _TOO_LARGE)
            return
        event = self._event(scope, body)
        why = self._refuse(event["headers"], event["rawPath"])
        if why is not None:
            error = {"status": 403, "message": why, "retryable": False}
            await _send(send, 403, _JSON, msgspec.json.encode(error))
            return
        context = RequestContext(event["requestContext"]["requestId"])
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(
            self._threads, self._handler, event, context
        )
        await _send(send, answer["statusCode"], _headers(answer), _content(answer))

    def close(self) -> None:
        """Let go of the threads; whoever waits in one has been woken before."""
        self._threads.shutdown(wait=True)

    def _event(self, scope: Scope, body: bytes) -> dict[str, Any]:
        headers: dict[str, str] = {}
        for key, value in scope["headers"]:
            name, text = key.decode("latin-1"), value.decode("latin-1")
            headers[name] = f"{headers[name]},{text}" if name in headers else text
        query = scope["query_string"].decode("latin-1")
        text, is_base64 = _text(body)
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": scope["path"],
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": headers.get("host", ""),
                "http": {
                    "method": scope["method"],
                    "path": scope["path"],
                    "protocol": f"HTTP/{scope['http_version']}",
                    "sourceIp": scope["client"][0] if scope.get("client") else "",
                    "userAgent": headers.get("user-agent", ""),
                },
                "requestId": f"local-{next(self._numbers)}",
                "routeKey": "$default",
                "stage": "$default",
                "timeEpoch": self._clock.now(),
            },
            "isBase64Encoded": is_base64,
        }
        if query:
            event["queryStringParameters"] = _parameters(query)
        if text is not None:
            event["body"] = text
        return event


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, None where it is too large."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Disconnected
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body if len(body) <= MAX_BODY else None
    chunks, size = [message.get("body", b"")], len(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY:
            chunks.append(chunk)
    return b"".join(chunks) if size <= MAX_BODY else None


def _text(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _parameters(query: str) -> dict[str, str]:
    """Join repeated parameters with commas, as API Gateway does."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _headers(answer: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.get("headers", {}).items()
        if value is not None
    ]


def _content(answer: Mapping[str, Any]) -> bytes:
    body: str = answer.get("body") or ""
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


async def _send(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    length = (b"content-length", str(len(body)).encode())
    bare = status in (204, 304)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": headers if bare else [*headers, length],
        }
    )
    await send({"type": "http.response.body", "body": b"" if bare else body})
