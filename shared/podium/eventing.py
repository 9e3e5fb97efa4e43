"""Events as ports: what was done about them, where they go, where they come from.

Small Protocols like those of :mod:`podium.ports`, which need nothing of the journal.
An event has a name, ``provider:queue``, as event handlers have it (reference 5.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from podium.errors import PodiumError
from podium.model.event_handler import EventExecution

INTERNAL = "conductor"
"""The provider of events that come from workflows."""


@dataclass(frozen=True, slots=True)
class EventMessage:
    """One message of an event.

    The same message has the same id and ``sent_at`` each time it comes.  ``payload`` is
    the JSON value that it carries, or its text where that is no JSON.
    """

    message_id: str
    sent_at: int
    payload: Any


def provider_of(event: str) -> tuple[str, str]:
    """Return the provider of an event or sink, and what it calls the queue."""
    provider, _, queue = event.partition(":")
    return provider, queue


# --- what was done -----------------------------------------------------------------


class EventExecutions(Protocol):
    """Which action was run for which message, once for both (reference 5.1).

    A record is known by its handler, its id and when its message was sent, which is
    also the order in which they are found.
    """

    def add(
        self, execution: EventExecution, sent_at: int, expires: int = 0
    ) -> EventExecution | None:
        """Write a record if there is none; otherwise return the one that stands."""
        ...

    def take_over(
        self,
        dead: EventExecution,
        execution: EventExecution,
        sent_at: int,
        expires: int = 0,
    ) -> bool:
        """Put a record in the place of one whose attempt died; False if it did not.

        It did not where the record is not IN_PROGRESS since ``dead.created`` any more.
        """
        ...

    def finish(self, execution: EventExecution, sent_at: int, expires: int = 0) -> None:
        """Write how an action ended, whatever stands there."""
        ...

    def find(self, handler: str, start: int, size: int) -> list[EventExecution]:
        """Return records of a handler, that of the latest message first."""
        ...


# --- where events go ---------------------------------------------------------------


class SinkRefused(PodiumError):
    """A message cannot be published: there is no such queue, or it may not be used."""


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """What is published: a JSON document, its id, and what it belongs together with.

    A receiver that sees the same id twice has seen the same message twice; ``sent_at``
    is the same then, too.
    """

    message_id: str
    group: str
    body: bytes
    sent_at: int


class EventSink(Protocol):
    """Publishes to the queues of one provider."""

    def publish(self, queue: str, event: OutgoingEvent) -> None:
        """Publish to what the provider knows by that name.

        SinkRefused where that is no use; Unavailable where it may be a little later.
        """
        ...


# --- where events come from --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A message in flight and the receipt that deletes or releases it."""

    message: EventMessage
    receipt: str


class EventSource(Protocol):
    """Receives from the queues of one provider; messages come at least once."""

    def receive(self, queue: str, limit: int, wait: int) -> list[ReceivedEvent]:
        """Take messages, waiting up to ``wait`` ms for the first.

        NotFound where there is no such queue.
        """
        ...

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages."""
        ...

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again after ``delay`` ms."""
        ...

    def size(self, queue: str) -> int:
        """Return about how many messages wait; NotFound where there is no queue."""
        ...


# --- Kafka -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """What is published to a topic, serialized; times are milliseconds, 0 for default.

    ``max_block`` is how long there may be no server, ``request_timeout`` how long one
    may take to answer.
    """

    servers: str
    topic: str
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    request_timeout: int = 0
    max_block: int = 0


class KafkaPublisher(Protocol):
    """Publishes to Kafka."""

    def publish(self, record: KafkaRecord) -> None:
        """Return once the record is written; SinkRefused where it was not."""
        ...


# --- all of it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told of status changes besides a bus (reference 5.2).

    ``workflow_webhook`` and ``task_webhook`` are addresses that are posted to.
    ``queue`` is a sink for workflows that ended: ``conductor`` for Conductor's queues
    ``_callbackSuccessQueue`` and so on, to which event handlers listen, or that of an
    EVENT task, such as ``sqs:ended-workflows``.
    """

    workflow_webhook: str | None = None
    task_webhook: str | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class Eventing:
    """Where events go to and come from, by provider, and who is told of changes.

    ``received`` are events that come by themselves, as Lambda brings them.
    ``kafka_servers`` are those of sinks ``kafka:<topic>``.
    """

    sinks: Mapping[str, EventSink] = field(default_factory=dict)
    sources: Mapping[str, EventSource] = field(default_factory=dict)
    received: frozenset[str] = frozenset()
    listeners: Listeners = Listeners()
    kafka_servers: str | None = None


NO_EVENTS = Eventing()
"""Nothing but what workflows tell each other."""
