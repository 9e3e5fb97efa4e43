"""The HTTP server: uvicorn around the gateway, on a socket that we opened ourselves."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from podium.errors import InvalidInput
from podium_local.gateway import Gateway

BACKLOG = 2048
GRACE_SECONDS = 5
MAX_HEAD = 64 * 1024
"""Bytes of a request's first line and headers; API Gateway takes 10 KB."""
MAX_SILENCE = 60.0
"""Seconds for which a client may owe the rest of a request, or his first one.  Longer
than any answer takes: while one is made what comes next is not read."""
LINGER = 1.0
"""Seconds until a connection ends whose request was refused before it had come."""
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n"
)
_WHY_TOO_LARGE = (
    b'{"status":431,"message":"The request\'s headers are larger than 64 KB",'
    b'"retryable":false}'
)


class _HeadTooLargeError(Exception):
    """Ends the reading of a request."""


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 for clients of all kinds.

    A wish for another protocol is passed over (RFC 9110, 7.8).  Java's own client
    wishes for HTTP/2 (``Upgrade: h2c``) in the first request of each connection.  The
    parser takes what follows such a head for that other protocol, and so the body would
    be lost: the head is read again without the wish.

    Clients that open connections and send nothing, or half a request, are sent away:
    a process may have so many files open and no more.  A head has a size, because all
    others wait while it is read.
    """

    _silence: asyncio.TimerHandle | None = None
    _head = 0
    _unfinished = 0
    _number = 0
    _is_in_head = False
    _is_refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._await_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._await_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        if self._silence is not None:
            self._await_more()
        number, size = self._number, len(data)
        while data:
            data = self._feed(data)
        if self._is_in_head and self._number == number:
            self._unfinished += size
            if self._unfinished > MAX_HEAD:
                self._refuse_large()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._head, self._unfinished, self._is_in_head = 0, 0, True
        self._number += 1
        self._await_more()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._head += len(name) + len(value)
        if self._head > MAX_HEAD:
            raise _HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Have the request answered."""
        if len(self.url) > MAX_HEAD:
            raise _HeadTooLargeError
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request: its client owes nothing now."""
        self._await_no_more()
        super().on_message_complete()

    def _await_more(self, seconds: float | None = None) -> None:
        self._await_no_more()
        self._silence = self.loop.call_later(
            MAX_SILENCE if seconds is None else seconds,
            self.timeout_keep_alive_handler,
        )

    def _await_no_more(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _feed(self, data: bytes) -> bytes:
        """Parse, and return what is to be parsed next."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as found:
            if self._should_upgrade():
                self.parser = httptools.HttpRequestParser(self)
                return self._head_without_upgrade() + data[found.args[0] :]
        except httptools.HttpParserCallbackError as failure:
            if isinstance(failure.__context__, _HeadTooLargeError):
                self._refuse_large()
            else:
                self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        return b""

    def _refuse_large(self) -> None:
        """Say no, and let what is on its way come: it would undo the answer."""
        head = _HEAD_TOO_LARGE % len(_WHY_TOO_LARGE)
        self.transport.write(head + _WHY_TOO_LARGE)
        self.transport.write_eof()
        self._is_refused = True
        self._await_more(LINGER)

    def _should_upgrade(self) -> bool:
        """Tell whether the request is to be read again."""
        return self._get_upgrade() is not None

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%s %s HTTP/1.1" % (self.scope["method"].encode(), self.url)]
        lines += [
            b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"
        ]
        return b"\r\n".join([*lines, b"", b""])


class Server(uvicorn.Server):
    """Uvicorn whose signals are somebody else's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield

    def stop(self) -> None:
        """Finish what is under way and return from ``run``."""
        self.should_exit = True


def build_server(gateway: Gateway) -> Server:
    """Return a server for the gateway; ``run(sockets=[...])`` serves."""
    return Server(
        uvicorn.Config(
            gateway,
            access_log=False,
            backlog=BACKLOG,
            http=Protocol,
            lifespan="off",
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ws="none",
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; InvalidInput where the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        opened = socket.socket(family, socket.SOCK_STREAM)
    except OSError as failure:
        raise InvalidInput(f"--host: {host} is no address here: {failure}") from failure
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(BACKLOG)
    except OSError as failure:
        opened.close()
        if failure.errno == errno.EADDRNOTAVAIL:
            raise InvalidInput(
                f"--host: {host} is no address here: {failure.strerror}"
            ) from failure
        raise InvalidInput(
            f"--port: cannot listen on {host} port {port}: {failure.strerror}. "
            "Choose another one, or 0 for any that is free."
        ) from failure
    return opened
