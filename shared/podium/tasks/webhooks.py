"""Webhooks: a POST of a JSON document, which is done once it is answered with 2xx."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from podium.errors import AccessForbidden, Unavailable
from podium.tasks.addresses import ALL_BUT_METADATA, AddressPolicy

if TYPE_CHECKING:
    from podium.tasks.connections import Pool

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_CONNECT, _READ = 2.0, 10.0
_PREFIX = 200


class Webhooks:
    """Posts over pooled connections; the pool is made where none is given."""

    def __init__(
        self, policy: AddressPolicy = ALL_BUT_METADATA, pool: Pool | None = None
    ) -> None:
        self._policy = policy
        self._pool = pool

    def post(self, url: str, document: bytes) -> None:
        """Post a document; Unavailable where it was not taken."""
        import urllib3

        try:
            answer = self._connections().request(
                "POST",
                url,
                body=document,
                headers=_HEADERS,
                timeout=urllib3.Timeout(connect=_CONNECT, read=_READ),
                retries=False,
                redirect=False,
            )
        except AccessForbidden as refused:
            raise Unavailable(f"webhook {url}: {refused.message}") from refused
        except (urllib3.exceptions.HTTPError, ValueError, OSError) as failure:
            raise Unavailable(f"webhook {url}: {failure}") from failure
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            said = answer.data[:_PREFIX].decode(errors="replace")
            raise Unavailable(f"webhook {url}: {answer.status} {said}")

    def _connections(self) -> Pool:
        if self._pool is None:
            from podium.tasks.connections import open_pool

            self._pool = open_pool(self._policy)
        return self._pool
