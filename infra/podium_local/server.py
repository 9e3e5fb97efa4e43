"""The HTTP server: uvicorn around the gateway, on a socket that we opened ourselves."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from podium.errors import InvalidInput
from podium_local.gateway import Gateway

BACKLOG = 2048
GRACE_SECONDS = 5


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 that passes over a wish for another protocol (RFC 9110, 7.8).

    Java's own client wishes for HTTP/2 (``Upgrade: h2c``) in the first request of each
    connection.  The parser takes what follows such a head for that other protocol, and
    so the body would be lost: the head is read again without the wish.
    """

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._unset_keepalive_if_required()
        while data:
            data = self._feed(data)

    def _feed(self, data: bytes) -> bytes:
        """Parse, and return what is to be parsed next."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as found:
            if self._should_upgrade():
                self.parser = httptools.HttpRequestParser(self)
                return self._head_without_upgrade() + data[found.args[0] :]
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        return b""

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
