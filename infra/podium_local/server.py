"""The HTTP server: uvicorn around the gateway, on a socket that we opened ourselves."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from podium.errors import InvalidInput
from podium_local.gateway import Gateway

BACKLOG = 2048
GRACE_SECONDS = 5


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
        raise InvalidInput(
            f"--port: cannot listen on {host} port {port}: {failure.strerror}. "
            "Choose another one, or 0 for any that is free."
        ) from failure
    return opened
