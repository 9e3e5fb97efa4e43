"""Event handlers: the API noun ``event`` (reference 1.5, 5.1).

The conductor queue has no queue: a message of a workflow is handled by the one who
publishes it.  What comes from elsewhere is received by an event source.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from podium.errors import (
    AlreadyExists,
    InvalidInput,
    NotFound,
    Unavailable,
    ValidationFailed,
)
from podium.eventing import INTERNAL, Eventing, EventMessage, provider_of
from podium.model.event_handler import EventExecution, EventHandler, HandledEvent
from podium.model.search_result import SearchResult
from podium.model.validation import check_event_handler
from podium.ports import Home
from podium.service.event_actions import RUNNABLE
from podium.service.event_processing import EventProcessing
from podium.service.wait_queues import WaitQueues

logger = logging.getLogger(__name__)


class EventHandlers:
    """Handlers, their queues, and what they did."""

    def __init__(
        self,
        home: Home,
        processing: EventProcessing,
        wait_queues: WaitQueues,
        eventing: Eventing,
    ) -> None:
        self._home = home
        self._processing = processing
        self._wait_queues = wait_queues
        self._sources = eventing.sources
        self._received = eventing.received

    # --- handlers --------------------------------------------------------------

    def add(self, handler: EventHandler) -> None:
        """Store a new handler; its name must be free."""
        self._check(handler, "addEventHandler.eventHandler")
        if not self._home.metadata.put_handler(handler, overwrite=False):
            raise AlreadyExists(
                f"EventHandler with name {handler.name} already exists!"
            )

    def update(self, handler: EventHandler) -> None:
        """Replace a handler that exists."""
        self._check(handler, "updateEventHandler.eventHandler")
        if not self._home.metadata.put_handler(handler, overwrite=True):
            raise NotFound(f"EventHandler with name {handler.name} not found!")

    def remove(self, name: str) -> None:
        """Remove a handler."""
        if not self._home.metadata.delete_handler(name):
            raise NotFound(f"EventHandler with name {name} not found!")

    def find(
        self, event: str | None = None, *, active_only: bool = False
    ) -> list[EventHandler]:
        """Return all handlers (of one event, the active ones)."""
        found = self._home.metadata.list_handlers(event)
        return [one for one in found if one.active or not active_only]

    def _check(self, handler: EventHandler, at: str) -> None:
        """Refuse what could never run; warn of events that nobody here receives.

        Conductor takes any event, and another process may have what this one lacks.
        """
        findings = check_event_handler(handler, at=at)
        if findings:
            raise ValidationFailed(findings)
        for action in handler.actions:
            if action.action not in RUNNABLE:
                known = ", ".join(sorted(RUNNABLE))
                raise InvalidInput(f"actions: {action.action} is not one of {known}")
        provider, _ = provider_of(handler.event)
        is_known = provider == INTERNAL or provider in self._sources
        if not is_known and handler.event not in self._received:
            logger.warning(
                "event_source_unknown",
                extra={"handler": handler.name, "event": handler.event},
            )

    # --- queues ----------------------------------------------------------------

    def names(self, provider: str) -> list[str]:
        """Return what a provider calls the queues that active handlers listen to."""
        found = {
            queue
            for handler in self.find(active_only=True)
            for one, queue in [provider_of(handler.event)]
            if one == provider and queue
        }
        return sorted(found)

    def queues(self, *, verbose: bool) -> dict[str, Any]:
        """Return the queues behind events that have active handlers.

        With ``verbose`` how many messages wait in each as well; where nobody here can
        tell, there is no number.
        """
        events = sorted({one.event for one in self.find(active_only=True)})
        if not verbose:
            return {event: provider_of(event)[1] for event in events}
        return {event: dict(self._sizes(event)) for event in events}

    def _sizes(self, event: str) -> Iterator[tuple[str, int]]:
        provider, queue = provider_of(event)
        if provider == INTERNAL:
            yield queue, 0  # its messages are handled as they are published
        elif provider in self._sources:
            try:
                yield queue, self._sources[provider].size(queue)
            except (NotFound, Unavailable):
                return

    # --- messages --------------------------------------------------------------

    def publish(self, event: str, message: EventMessage) -> None:
        """Have the active handlers of the event do their actions, once each."""
        self._processing.handle(event, message)

    def receive(self, event: str, message: EventMessage) -> None:
        """Handle a message that came by a queue of another provider.

        It may report on a task that waits, as Conductor's own queues do.
        """
        self._wait_queues.take(provider_of(event)[1], message.payload)
        self.publish(event, message)

    def handled(self) -> SearchResult[HandledEvent]:
        """Return the active handlers in short."""
        active = tuple(
            HandledEvent(
                name=one.name,
                event=one.event,
                active=one.active,
                number_of_actions=len(one.actions),
            )
            for one in self.find(active_only=True)
        )
        return SearchResult(total_hits=len(active), results=active)

    def executions(self, name: str, start: int, size: int) -> list[EventExecution]:
        """Return what was done about an event, or by a handler, of that name.

        The latest message comes first.

        Records of a handler that has been removed, or listens to something else now,
        are not found.
        """
        found = [
            execution
            for handler in self.find()
            if name in {handler.event, handler.name}
            for execution in self._home.executions.find(handler.name, 0, start + size)
            if execution.event == handler.event
        ]
        found.sort(key=lambda one: one.created, reverse=True)
        return found[start : start + size]
