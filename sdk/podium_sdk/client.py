"""The client: one object per server, its routes grouped by what they are about.

::

    with PodiumClient("http://localhost:8080") as client:
        workflow_id = client.workflows.start("orders", {"customer": "c-1"})
        print(client.workflows.status(workflow_id).status)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from podium_sdk.access_keys import AccessKey, WithAccessKey
from podium_sdk.api import Api, decoded
from podium_sdk.errors import UnreadableAnswer
from podium_sdk.event_handlers import EventHandlers
from podium_sdk.http_transport import HttpTransport, Timeouts
from podium_sdk.metadata import Metadata
from podium_sdk.schedules import Schedules
from podium_sdk.tasks import Tasks
from podium_sdk.transport import Transport
from podium_sdk.workflows import Workflows

DEFAULT_URL = "http://localhost:8080/api"


class PodiumClient:
    """Speaks Conductor's REST API; threads may share one client.

    ``headers`` go with every request.  With an ``access_key`` the client fetches the
    tokens that a closed server asks for.  A ``transport`` replaces HTTP altogether;
    URL, headers and timeouts are then its own matter, and so is closing it.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        transport: Transport | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        access_key: AccessKey | None = None,
    ) -> None:
        self._own: HttpTransport | None = None
        if transport is None:
            transport = HttpTransport(base_url, headers=headers, timeouts=timeouts)
            self._own = transport
        elif headers is not None or timeouts is not None:
            raise TypeError("headers and timeouts are the given transport's matter")
        if access_key is not None:
            transport = WithAccessKey(transport, access_key)
        self._api = api = Api(transport)
        self.metadata = Metadata(api)
        self.workflows = Workflows(api)
        self.tasks = Tasks(api)
        self.event_handlers = EventHandlers(api)
        self.schedules = Schedules(api)

    def health(self) -> dict[str, Any]:
        """Return the server's own report on its health."""
        answer = self._api.call("GET", "/health")
        report = decoded(answer)
        if not isinstance(report, dict):
            raise UnreadableAnswer(f"not an object: {answer.body[:200]!r}")
        return report

    def version(self) -> str:
        """Return the server's version."""
        return self._api.call("GET", "/version").text()

    def close(self) -> None:
        """Close the connections that are kept open."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
