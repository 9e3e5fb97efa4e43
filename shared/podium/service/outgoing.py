"""Task messages on their way out: at once, or those of many workflows together.

SQS charges for a request whether it carries one message or ten.  A process that decides
on many workflows at a time gathers what it has for the queues, and sends it once it has
ten for one of them, or is through.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from podium import ids
from podium.errors import Unavailable
from podium.ports import TaskMessage

logger = logging.getLogger(__name__)

TOGETHER = 10
"""Messages that one request takes."""

Send: TypeAlias = Callable[[str, Sequence[TaskMessage]], None]


class Gathering:
    """Messages that wait for company; threads share it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._waiting: dict[str, list[TaskMessage]] = defaultdict(list)
        self._unsent: set[str] = set()

    @property
    def unsent(self) -> frozenset[str]:
        """The workflows of which a message may not have been sent."""
        return frozenset(self._unsent)

    def add(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Keep messages; as soon as a request is full it is made."""
        with self._lock:
            waiting = self._waiting[queue]
            waiting.extend(messages)
            full = len(waiting) - len(waiting) % TOGETHER
            ready, self._waiting[queue] = waiting[:full], waiting[full:]
        self._send_now(queue, ready)

    def send_rest(self) -> None:
        """Send what is left."""
        with self._lock:
            left, self._waiting = self._waiting, defaultdict(list)
        for queue, messages in left.items():
            self._send_now(queue, messages)

    def _send_now(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Send messages; of what cannot be sent the workflows are remembered."""
        if not messages:
            return
        try:
            self._send(queue, messages)
        except Exception as failure:
            # The decisions stand, and whatever it is must not reach a workflow that
            # happens to be decided on at the same time: the caller is told whose it is.
            if isinstance(failure, Unavailable):
                logger.warning("not_sent", extra={"reason": failure.message})
            else:
                logger.exception("not_sent", extra={"queue": queue})
            with self._lock:
                self._unsent |= {ids.workflow_of(one.task_id) for one in messages}


class Outgoing:
    """Sends task messages, and gathers them while it is told to."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._gathering: Gathering | None = None

    def send(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Send messages, or keep them for company."""
        gathering = self._gathering
        if gathering is None:
            self._send(queue, messages)
        else:
            gathering.add(queue, messages)

    @contextmanager
    def together(self) -> Iterator[Gathering]:
        """Gather what all threads send inside; at the end everything is sent.

        Once it is over the gathering knows what was not.
        """
        gathering = self._gathering = Gathering(self._send)
        try:
            yield gathering
        finally:
            self._gathering = None
            gathering.send_rest()
