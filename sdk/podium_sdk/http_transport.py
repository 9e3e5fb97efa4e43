"""HTTP by the standard library, over connections that are kept alive.

A connection serves one request at a time and is then put back for the next one.  A
server may close an idle connection at any moment, so before one is used again it is
looked at; if the server closes it in that very instant, a repeatable request is sent
once more over a new connection and any other is reported as ``Unreachable``, because
nobody knows whether it arrived.
"""

from __future__ import annotations

import http.client
import selectors
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from podium_sdk.errors import Unreachable
from podium_sdk.transport import Request, Response

_API = "/api"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds.

    ``answer`` is the longest silence while an answer is awaited; what a long poll or a
    synchronous call asks the server to hold comes on top.  30 seconds is what AWS's API
    Gateway allows an answer.  Connections that idled longer than ``idle`` are not used
    again: load balancers close theirs after a minute, and some routers forget them
    without a word.
    """

    connect: float = 5.0
    answer: float = 30.0
    idle: float = 50.0


class HttpTransport:
    """Speaks HTTP or HTTPS with one server; threads may share it.

    The base URL may end in ``/api`` or not.  Redirects are not followed.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        ssl_context: ssl.SSLContext | None = None,
        max_idle: int = 64,
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError(f"not an http or https URL: {base_url!r}")
        prefix = url.path.rstrip("/")
        self._host, self._port = url.hostname, url.port
        self._prefix = prefix if prefix.endswith(_API) else prefix + _API
        self._shown = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{self._prefix}"
        self._headers = {"User-Agent": "podium-sdk", **(headers or {})}
        self._timeouts = timeouts or Timeouts()
        self._ssl = ssl_context
        if url.scheme == "https" and ssl_context is None:
            self._ssl = ssl.create_default_context()
        self._idle = _IdleConnections(max_idle, self._timeouts.idle)

    def __call__(self, request: Request, /) -> Response:
        """Send the request and return the answer, whatever its status."""
        try:
            return self._send(request)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise Unreachable(
                f"{request.method} {self._shown}{request.path}: {reason}"
            ) from error

    def close(self) -> None:
        """Close the idle connections; the transport stays usable."""
        self._idle.close()

    def _send(self, request: Request) -> Response:
        kept = self._idle.take()
        if kept is not None:
            try:
                return self._exchange(kept, request)
            except ConnectionError:
                if not request.repeatable:
                    raise
        return self._exchange(self._connect(), request)

    def _connect(self) -> http.client.HTTPConnection:
        wait = self._timeouts.connect
        connection: http.client.HTTPConnection
        if self._ssl is None:
            connection = http.client.HTTPConnection(self._host, self._port, wait)
        else:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=wait, context=self._ssl
            )
        try:
            connection.connect()
        except BaseException:
            connection.close()  # a failed TLS handshake leaves the socket open
            raise
        return connection

    def _exchange(
        self, connection: http.client.HTTPConnection, request: Request
    ) -> Response:
        try:
            connection.sock.settimeout(self._timeouts.answer + request.hold_seconds)
            target = self._prefix + request.path
            if request.query:
                target += "?" + urlencode(request.query)
            # A server may refuse a large body before it has read it all: what it said
            # is still there to be read.
            with suppress(BrokenPipeError):
                connection.request(
                    request.method,
                    target,
                    request.body,
                    {**self._headers, **request.headers},
                )
            answer = connection.getresponse()
            response = Response(answer.status, answer.read(), dict(answer.headers))
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._idle.put(connection)
        return response


class _IdleConnections:
    """Open connections that wait for their next request, the freshest first."""

    def __init__(self, limit: int, idle_seconds: float) -> None:
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._kept: list[tuple[float, http.client.HTTPConnection]] = []

    def take(self) -> http.client.HTTPConnection | None:
        """Return a connection that still seems to be open; None if there is none."""
        while True:
            with self._lock:
                if not self._kept:
                    return None
                since, connection = self._kept.pop()
            fresh = time.monotonic() - since < self._idle_seconds
            if fresh and not _is_readable(connection):
                return connection
            connection.close()

    def put(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._kept) < self._limit:
                self._kept.append((time.monotonic(), connection))
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            kept, self._kept = self._kept, []
        for _, connection in kept:
            connection.close()


def _is_readable(connection: http.client.HTTPConnection) -> bool:
    """Whether something waits in an idle connection: its end, or what nobody asked."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return bool(selector.select(0))
