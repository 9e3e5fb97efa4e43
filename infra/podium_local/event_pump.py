"""Events from elsewhere, received by the embedded home while AWS is at hand.

Each queue that an active event handler listens to has a thread, which ends where no
handler wants it any more.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from podium.adapters.sqs.event_source import SqsEventSource
from podium.errors import NotFound, PodiumError
from podium.eventing import EventSource, ReceivedEvent
from podium.service.events import EventHandlers

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0
"""Seconds between two looks at which queues are wanted."""
RECEIVE_FOR = 2_000
RETRY_AFTER = 5_000
_AT_ONCE = 10

_SIGNS_OF_AWS = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def event_sources(
    client: Callable[[str], Any], environment: Mapping[str, str]
) -> dict[str, EventSource]:
    """Return the sources of events: SQS where the environment speaks of AWS."""
    if not any(environment.get(sign) for sign in _SIGNS_OF_AWS):
        return {}
    return {"sqs": SqsEventSource(client)}


class EventPump:
    """Receives the messages of one provider's queues and has them handled."""

    def __init__(
        self, events: EventHandlers, provider: str, source: EventSource
    ) -> None:
        self._events = events
        self._provider = provider
        self._source = source
        self._stopping = threading.Event()
        self._listening: dict[str, threading.Thread] = {}
        self._wanted: set[str] = set()
        self._thread = threading.Thread(target=self._run, name=f"events-{provider}")

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def request_stop(self) -> None:
        """Receive nothing more."""
        self._stopping.set()

    def join(self) -> None:
        """Finish what is under way."""
        self._thread.join()
        for thread in self._listening.values():
            thread.join()

    def _run(self) -> None:
        """See to it that each queue that is wanted has a thread."""
        while not self._stopping.is_set():
            try:
                self._wanted = set(self._events.names(self._provider))
            except PodiumError as failure:
                logger.warning("event_pump_waits", extra={"reason": failure.message})
            for queue in self._wanted:
                thread = self._listening.get(queue)
                if thread is None or not thread.is_alive():
                    name = f"events-{queue}"
                    thread = threading.Thread(
                        target=self._listen, args=(queue,), name=name
                    )
                    self._listening[queue] = thread
                    thread.start()
            self._stopping.wait(LOOK_EVERY)

    def _listen(self, queue: str) -> None:
        """Handle a queue's messages for as long as it is wanted."""
        while not self._stopping.is_set() and queue in self._wanted:
            try:
                for received in self._source.receive(queue, _AT_ONCE, RECEIVE_FOR):
                    self.handle(queue, received)
            except NotFound as missing:
                logger.warning("event_queue_missing", extra={"reason": missing.message})
                self._stopping.wait(LOOK_EVERY)
            except PodiumError as failure:
                logger.warning(
                    "event_source_waits",
                    extra={"queue": queue, "reason": failure.message},
                )
                self._stopping.wait(LOOK_EVERY)

    def handle(self, queue: str, received: ReceivedEvent) -> None:
        """Have a message handled, and take it away or put it back."""
        event = f"{self._provider}:{queue}"
        try:
            self._events.receive(event, received.message)
        except PodiumError as failure:
            logger.warning(
                "event_postponed",
                extra={
                    "event": event,
                    "message_id": received.message.message_id,
                    "reason": failure.message,
                },
            )
            self._source.release(queue, [received.receipt], RETRY_AFTER)
        else:
            self._source.delete(queue, [received.receipt])
