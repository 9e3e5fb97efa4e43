"""Connections of HTTP tasks: each resolves its host once and asks the policy first.

The check and the connection are about one and the same numeric address, so a name that
is answered differently a moment later (DNS rebinding) leads nowhere else.  TLS and the
Host header still know the name.  Imported when the first call is made: urllib3 takes
its time.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError

from podium.tasks.addresses import AddressPolicy, Resolve

_CONNECTIONS = 16


class Pool(Protocol):
    """The part of urllib3's pools that HTTP tasks use."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request and return the response, its body unread."""
        ...


class _GuardedConnection(HTTPConnection):
    """A connection to an allowed address of its host."""

    def __init__(
        self, policy: AddressPolicy, resolve: Resolve, /, *given: Any, **options: Any
    ) -> None:
        super().__init__(*given, **options)
        self._policy = policy
        self._resolve = resolve

    def _new_conn(self) -> socket.socket:
        """Connect to the first allowed address that answers."""
        name = self._dns_host
        try:
            addresses = self._policy.addresses(
                name.strip("[]"), self.port, self._resolve
            )
        except socket.gaierror as unknown:
            raise NameResolutionError(self.host, self, unknown) from unknown
        try:
            return self._connect_to(addresses)
        finally:
            self._dns_host = name

    def _connect_to(self, addresses: list[str]) -> socket.socket:
        *others, last = addresses
        for address in others:
            # A refused connection is a ConnectTimeoutError, too.
            with suppress(ConnectTimeoutError):
                self._dns_host = address
                return super()._new_conn()
        self._dns_host = last
        return super()._new_conn()


class _GuardedTlsConnection(_GuardedConnection, HTTPSConnection):
    """The same with TLS, whose certificate is checked against the name."""


class _GuardedHttpPool(urllib3.HTTPConnectionPool):
    def __init__(
        self, policy: AddressPolicy, resolve: Resolve, /, *given: Any, **options: Any
    ) -> None:
        super().__init__(*given, **options)
        self.ConnectionCls = partial(_GuardedConnection, policy, resolve)  # type: ignore[assignment] # it is only called


class _GuardedHttpsPool(urllib3.HTTPSConnectionPool):
    def __init__(
        self, policy: AddressPolicy, resolve: Resolve, /, *given: Any, **options: Any
    ) -> None:
        super().__init__(*given, **options)
        self.ConnectionCls = partial(_GuardedTlsConnection, policy, resolve)  # type: ignore[assignment] # it is only called


def open_pool(
    policy: AddressPolicy, resolve: Resolve = socket.getaddrinfo, **options: Any
) -> urllib3.PoolManager:
    """Return a pool all of whose connections obey the policy; it knows no proxy.

    ``options`` are those of :class:`urllib3.PoolManager`.
    """
    pool = urllib3.PoolManager(maxsize=_CONNECTIONS, **options)
    pool.pool_classes_by_scheme = {
        "http": partial(_GuardedHttpPool, policy, resolve),  # type: ignore[dict-item] # it is only called
        "https": partial(_GuardedHttpsPool, policy, resolve),  # type: ignore[dict-item] # the same
    }
    return pool
