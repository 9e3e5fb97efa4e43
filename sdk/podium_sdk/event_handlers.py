"""Event handlers: ``/event`` (reference 1.5)."""

from __future__ import annotations

from podium.model.event_handler import EventHandler
from podium_sdk.api import Api, many, route


class EventHandlers:
    """Registers, reads and deletes what is to happen when an event comes."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def register(self, handler: EventHandler) -> None:
        """Add a handler; Conflict where its name is taken."""
        self._api.call("POST", "/event", body=handler)

    def update(self, handler: EventHandler) -> None:
        """Replace the handler of this name."""
        self._api.call("PUT", "/event", body=handler)

    def delete(self, name: str) -> None:
        """Remove a handler."""
        self._api.call("DELETE", route("event", name))

    def list_all(self) -> list[EventHandler]:
        """Return all handlers."""
        return many(EventHandler, self._api.call("GET", "/event"))

    def for_event(self, event: str, *, active_only: bool = True) -> list[EventHandler]:
        """Return the handlers of one event, such as ``conductor:orders:paid``."""
        answer = self._api.call(
            "GET", route("event", event), query={"activeOnly": active_only}
        )
        return many(EventHandler, answer)
