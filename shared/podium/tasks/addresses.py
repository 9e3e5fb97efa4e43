"""Which addresses an HTTP task may connect to.

Who writes a definition chooses the URL, and the task is called from inside: an address
that is closed to the author may be open to Podium.  The worst of them hands out the
credentials of the machine, so it is refused everywhere; a deployment refuses all that
is not the public internet, unless its operator allows a network (decision 9).

What counts is the address that is connected to, never the name that led there.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from podium.errors import AccessForbidden

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve: TypeAlias = Callable[..., list[tuple[Any, ...]]]
"""What :func:`socket.getaddrinfo` does."""

_LINK_LOCAL = (
    ipaddress.ip_network("169.254.0.0/16"),  # instance metadata, task credentials
    ipaddress.ip_network("fe80::/10"),
    ipaddress.ip_network("fd00:ec2::/32"),  # the same services on IPv6
)
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_MASK = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What is refused, and which networks are allowed all the same.

    An allowed network opens link-local addresses only where it lies among them itself:
    ``0.0.0.0/0`` does not give away the metadata service.
    """

    public_only: bool = False
    allowed: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Tell whether this numeric address may be connected to."""
        found = _stands_for(ipaddress.ip_address(address.partition("%")[0]))
        if any(found in network for network in _LINK_LOCAL):
            return any(found in one for one in self.allowed if _is_link_local(one))
        if self.public_only and not _is_public(found):
            return any(found in network for network in self.allowed)
        return True

    def addresses(
        self, host: str, port: int, resolve: Resolve = socket.getaddrinfo
    ) -> list[str]:
        """Resolve a host once; return those of its addresses that are allowed.

        AccessForbidden says that there are none.
        """
        answers = resolve(host, port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(one[4][0]) for one in answers))
        allowed = [address for address in found if self.allows(address)]
        if not allowed:
            shown = host if [host] == found else f"{host} ({', '.join(found)})"
            raise AccessForbidden(f"HTTP tasks may not connect to {shown}")
        return allowed


ALL_BUT_METADATA = AddressPolicy()
"""The embedded home's: developers call what runs on their machine."""

PUBLIC_ONLY = AddressPolicy(public_only=True)
"""A deployment's, where its settings do not say otherwise."""


def _stands_for(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to, else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    embedded = address.ipv4_mapped or address.sixtofour
    if embedded is None and address in _NAT64:
        embedded = ipaddress.IPv4Address(int(address) & _IPV4_MASK)
    return embedded or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        return address in _PUBLIC_IPV6 and address.is_global
    return address.is_global and not address.is_multicast


def _is_link_local(network: Network) -> bool:
    return any(
        network.version == one.version and network.subnet_of(one)  # type: ignore[arg-type] # of one version
        for one in _LINK_LOCAL
    )
