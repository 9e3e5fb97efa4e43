"""``/api/event``: event handlers (reference 1.5)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.model.event_handler import EventExecution, EventHandler
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Event", "/api/event")

MOST_EXECUTIONS = 1_000


@routes.post("")
def add(podium: Podium, body: list[EventHandler]) -> None:
    """Add event handlers."""
    for handler in body:
        podium.events.add(handler)


@routes.put("")
def update(podium: Podium, body: list[EventHandler]) -> None:
    """Update event handlers that exist."""
    for handler in body:
        podium.events.update(handler)


@routes.get("")
def list_all(podium: Podium) -> list[EventHandler]:
    """List all event handlers."""
    return podium.events.find()


@routes.get("/<event>")
def list_of_event(
    podium: Podium, event: str, *, active_only: bool = True
) -> list[EventHandler]:
    """List the handlers of an event."""
    return podium.events.find(event, active_only=active_only)


@routes.get("/execution")
def list_handled(podium: Podium) -> JsonObject:
    """List the active handlers in short."""
    return podium.events.handled().to_json()


@routes.get("/execution/<name>")
def list_executions(
    podium: Podium, name: str, *, start: int = 0, size: int = 100
) -> list[EventExecution]:
    """List what was done about an event or by a handler, the latest message first."""
    return podium.events.executions(name, start, min(size, MOST_EXECUTIONS))


@routes.delete("/<name>")
def remove(podium: Podium, name: str) -> None:
    """Remove an event handler."""
    podium.events.remove(name)
