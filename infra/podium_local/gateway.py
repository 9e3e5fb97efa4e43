"""API Gateway in miniature: HTTP requests become payload 2.0 events, for one handler.

The handler is the one that Lambda runs.  Each request has a thread of its own while it
is handled, because a poll may be held for seconds.

Polls have threads of their own, so that no number of them keeps other calls waiting.
Where more are held than there are threads, the one that is held longest is answered
with what there is; and a poll whose client goes away takes no task along.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.sqlite.askers import Asker, on_behalf_of
from podium.clock import Clock
from podium_local.ending import end
from podium_local.pages import Refuse, refuse_none

Handler: TypeAlias = Callable[[Mapping[str, Any], LambdaContext], Mapping[str, Any]]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_BODY = 10 * 1024 * 1024
"""Bytes; API Gateway's own limit."""
MAX_THREADS = 512
MAX_POLLS = 512
_POLL = "/api/tasks/poll"
_JSON = [(b"content-type", b"application/json")]
_TOO_LARGE = (
    b'{"status":413,"message":"The request is larger than 10 MB: keep the payload '
    b'outside and send its externalInputPayloadStoragePath","retryable":false}'
)
_ENDS = b'{"status":503,"message":"Podium is shutting down","retryable":true}'


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
        self._pollers = ThreadPoolExecutor(MAX_POLLS, thread_name_prefix="poll")
        self._held: dict[Asker, None] = {}

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
        try:
            answer = await self._answer(event, context, receive)
        except asyncio.CancelledError:
            # The server ends, and has waited for as long as it does.
            await _send(send, 503, _JSON, _ENDS)
            return
        await _send(send, answer["statusCode"], _headers(answer), _content(answer))

    async def _answer(
        self, event: Mapping[str, Any], context: LambdaContext, receive: Receive
    ) -> Mapping[str, Any]:
        if event["rawPath"].startswith(_POLL):
            return await self._poll(event, context, receive)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._handler, event, context)

    async def _poll(
        self, event: Mapping[str, Any], context: LambdaContext, receive: Receive
    ) -> Mapping[str, Any]:
        """Have a poll handled for as long as its client is there."""
        asker = Asker()

        def handle() -> Mapping[str, Any]:
            with on_behalf_of(asker):
                return self._handler(event, context)

        self._make_room()
        self._held[asker] = None
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._pollers, handle)
        watch = loop.create_task(_leave_with_client(asker, receive))
        try:
            return await call
        except asyncio.CancelledError:
            asker.leave()
            raise
        finally:
            watch.cancel()
            self._held.pop(asker, None)

    def _make_room(self) -> None:
        """Let go of the poll that is held longest where all threads hold one."""
        if len(self._held) >= MAX_POLLS:
            longest = next(iter(self._held))
            del self._held[longest]
            longest.hurry()

    def close(self) -> None:
        """Let go of the threads; whoever waits in one has been woken before."""
        end(self._threads, self._pollers)

    def _event(self, scope: Scope, body: bytes) -> dict[str, Any]:
        headers = _joined(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in scope["headers"]
        )
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


async def _leave_with_client(asker: Asker, receive: Receive) -> None:
    """Have an asker leave as his client does, whose request was read before."""
    while (await receive())["type"] != "http.disconnect":
        pass
    asker.leave()


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
    return _joined(parse_qsl(query, keep_blank_values=True))


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the values of each name, joined with commas."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


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
