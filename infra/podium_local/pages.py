"""Web pages that ask an open server on the developer's machine.

Such a server believes whoever reaches it, and the developer's browser does so for any
page that it shows.  A page may send a request without asking first, a POST of text or
an image's GET; and one whose own name suddenly resolves to the loopback may read the
answers as well (DNS rebinding).  It is the browser that gives them away: ``Host`` and
``Origin`` have the page's name, ``Sec-Fetch-Site`` says that it is of another site.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from podium_local.options import Options

Refuse: TypeAlias = Callable[[Mapping[str, str], str], str | None]
"""Says why a request with these headers, of this path, is refused; None: it is not."""

_NOBODYS = (".localhost", ".local", ".internal", ".test")
"""Ends of names that nobody can have in the public DNS."""


def refusal_of(options: Options) -> Refuse:
    """Return what refuses the pages of others, where no keys are asked for.

    Who listens beyond the loopback may have any name: there it is no sign of an attack.
    """
    if options.asks_for_keys:
        return refuse_none
    return refuse_strange_names if _is_loopback(options.host) else refuse_strange_pages


def refuse_none(_headers: Mapping[str, str], _path: str) -> None:
    """Refuse no request: tokens tell strangers apart."""
    return


def refuse_strange_names(headers: Mapping[str, str], path: str) -> str | None:
    """Refuse the pages of others; for a server that only this machine reaches."""
    host = headers.get("host", "")
    if host and not _is_near(f"//{host}"):
        return f"Host: {host} is no name of this machine"
    return refuse_strange_pages(headers, path)


def refuse_strange_pages(headers: Mapping[str, str], path: str) -> str | None:
    """Refuse the pages of others; the server may have any name.

    A link may lead here from anywhere, but not into the API: its GETs change things.
    """
    origin = headers.get("origin")
    if origin is not None:
        is_own = origin.partition("://")[2] == headers.get("host")
        return None if is_own or _is_near(origin) else f"Origin: {origin} is a stranger"
    if headers.get("sec-fetch-site") == "cross-site" and path.startswith("/api/"):
        return "The request is a web page's, of another site"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_near(url: str) -> bool:
    """Tell whether a URL's host is here or in a private network, whoever says so."""
    try:
        name = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return bool(name) and ("." not in name or name.endswith(_NOBODYS))
