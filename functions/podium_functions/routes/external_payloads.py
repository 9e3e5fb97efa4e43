"""Where payloads lie that are too large for a request (reference 1.1, 1.3, 4.13)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from podium.bootstrap import Podium
from podium.model.search_result import ExternalStorageLocation
from podium_functions.endpoint import JSON, Answer, Routes

routes = Routes("External payloads", "/api")


def _locate(path: str) -> Callable[..., ExternalStorageLocation]:
    @routes.get(path, headers=("host",))
    def get_external_storage_location(
        podium: Podium,
        *,
        operation: str,
        payload_type: str,
        path: str = "",
        host: str = "localhost",
    ) -> ExternalStorageLocation:
        """Get the URL to read or write a payload by, and its path."""
        return podium.external_payloads.location(
            path, operation, payload_type, f"http://{host}"
        )

    return get_external_storage_location


for _noun in ("workflow", "tasks"):
    for _name in ("externalstoragelocation", "external-storage-location"):
        _locate(f"/{_noun}/{_name}")


@routes.get("/external-payloads/<token>")
def read_payload(podium: Podium, token: str) -> Answer:
    """Get the payload that a link is for."""
    return Answer(HTTPStatus.OK, podium.external_payloads.read(token), JSON)


@routes.put("/external-payloads/<token>")
def write_payload(podium: Podium, token: str, body: str) -> None:
    """Keep the payload that a link is for."""
    podium.external_payloads.write(token, body)
