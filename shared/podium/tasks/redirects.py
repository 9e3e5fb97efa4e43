"""Redirects of HTTP tasks: few, without credentials for strangers, bodies unread."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    import urllib3

    from podium.tasks.connections import Pool

_REDIRECTS = 5
_FOR_ANYBODY = frozenset(
    {"accept", "accept-charset", "accept-language", "content-type", "user-agent"}
)
"""Headers that say nothing of who asks.  Which of the others are credentials only
their author knows: an API key has as many names as there are APIs."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def follow(
    pool: Pool,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
    timeout: Callable[[], urllib3.Timeout],
) -> urllib3.BaseHTTPResponse:
    """Send a request, and again wherever the answers lead; return the last answer.

    Another origin (scheme, host or port) gets only what is ``_FOR_ANYBODY``.  A 303 is
    followed with GET and without the body, every other redirect with the same method.
    Each request has what ``timeout`` says then.
    """
    for _ in range(_REDIRECTS + 1):
        answer: urllib3.BaseHTTPResponse = pool.request(
            method,
            url,
            headers=headers,
            body=body,
            timeout=timeout(),
            redirect=False,
            retries=False,
            preload_content=False,
        )
        location = answer.get_redirect_location()
        if not location:
            return answer
        answer.close()  # unread: its body may have no end
        target = urljoin(url, location)
        if _origin(target) != _origin(url):
            headers = _without_secrets(headers)
        if answer.status == HTTPStatus.SEE_OTHER:
            method, body = "GET", None
            headers = {k: v for k, v in headers.items() if k.lower() != "content-type"}
        url = target
    raise ValueError(f"there are more than {_REDIRECTS} redirects")


def _without_secrets(headers: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() in _FOR_ANYBODY}


def _origin(url: str) -> tuple[str | None, str | None, int | None]:
    """Return what the pool itself makes of a URL: two parsers would disagree."""
    from urllib3.util import parse_url

    parts = parse_url(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme or "")
    return parts.scheme, parts.host, port
