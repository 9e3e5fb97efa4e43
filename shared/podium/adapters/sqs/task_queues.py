"""Task queues: a standard SQS queue per task type and domain, and one for priorities.

A queue is made when something is first sent to it or waited for in it.  Its address
follows from its name, so a process asks for none: it sends, and where SQS knows no such
queue it makes it and sends again.

Messages with a priority go to a lane of their own, polled first; within what one
request receives the higher priority comes first, beyond that SQS's order is about the
order of sending.  Most queues never see a priority, so a process that met no urgent
lane does not ask for it again for half a minute.  So the lane is made by the first
message that has a priority, and opens when everybody has asked again: until then such
messages go with all others, and none lies where nobody looks.

SQS counts in whole seconds, and every duration is rounded up.  For waiting that has a
second reason: a receive that does not wait asks only some of SQS's servers, and may
find nothing where there is something.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from podium.adapters.aws_clients import Pause
from podium.adapters.dynamodb.queue_registry import QueueRegistry
from podium.adapters.sqs.client import (
    MAX_DELAY,
    MAX_VISIBILITY,
    MAX_WAIT,
    Entry,
    QueueMissing,
    Received,
    Sqs,
    is_taken,
    seconds,
)
from podium.adapters.sqs.names import NORMAL, URGENT, aws_name
from podium.adapters.sqs.spent import SpentMessages
from podium.clock import Clock
from podium.ports import ReceivedMessage, TaskMessage

logger = logging.getLogger(__name__)

_ABSENT_FOR = 30_000
_OPENS_AFTER = _ABSENT_FOR + 10_000
"""Milliseconds: clocks differ, and SQS takes a second to know a queue everywhere."""
_NEW_QUEUE_TRIES = 4
_NEW_QUEUE_PAUSE = 0.5
_NO_OFFER = Raw(b"")


class _Body(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """What a message says; workers that poll SQS themselves read it too."""

    task_id: str
    delivery: int
    priority: int = 0
    offer: Raw = _NO_OFFER


_decoder = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class _Receipt:
    """Of which lane a message is, until when it is ours, and what SQS calls it."""

    lane: str
    until: int
    came_again: bool
    handle: str

    @classmethod
    def from_text(cls, text: str) -> _Receipt:
        lane, until, came_again, handle = text.split(" ", 3)
        return cls(lane, int(until), came_again == "1", handle)

    def __str__(self) -> str:
        return f"{self.lane} {self.until} {self.came_again:d} {self.handle}"


def encode_task(message: TaskMessage) -> str:
    """Return a message as the text that a task queue carries.

    An offer with characters that SQS does not take stays behind: without one the task
    is looked up.
    """
    bare = _Body(message.task_id, message.delivery, message.priority)
    if message.offer is None:
        return msgspec.json.encode(bare).decode()
    whole = msgspec.structs.replace(bare, offer=Raw(message.offer))
    text = msgspec.json.encode(whole).decode()
    return text if is_taken(text) else msgspec.json.encode(bare).decode()


def decode_task(body: str) -> TaskMessage:
    """Return the message that a task queue's text is."""
    found = _decoder.decode(body)
    offer = bytes(found.offer) or None
    return TaskMessage(found.task_id, found.delivery, found.priority, offer=offer)


class SqsTaskQueues:
    """The port ``TaskQueues``.

    ``base_url`` is the address of any queue of the same account and region.  A delay
    beyond 15 minutes ends there: who receives the message sees when it is due.
    """

    def __init__(
        self,
        sqs: Sqs,
        registry: QueueRegistry,
        clock: Clock,
        pause: Pause,
        prefix: str,
        base_url: str,
    ) -> None:
        self._sqs = sqs
        self._registry = registry
        self._clock = clock
        self._pause = pause
        self._prefix = prefix
        self._base = base_url.rpartition("/")[0]
        self._absent_until: dict[str, int] = {}
        self._opens_at: dict[str, int] = {}
        self._spent = SpentMessages(sqs, clock)

    def _url(self, queue: str, lane: str) -> str:
        return f"{self._base}/{aws_name(self._prefix, queue, lane)}"

    # --- sending ---------------------------------------------------------------

    def send(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Add messages, each visible after its ``delay``, at most 15 minutes."""
        lanes: dict[str, list[Entry]] = defaultdict(list)
        for message in messages:
            entry = {
                "MessageBody": encode_task(message),
                "DelaySeconds": seconds(message.delay, MAX_DELAY),
            }
            is_urgent = message.priority > 0 and self._is_open(queue)
            lanes[URGENT if is_urgent else NORMAL].append(entry)
        for lane, entries in lanes.items():
            self._send(queue, lane, entries)

    def send_again(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Have messages come after their ``delay``: each is a message of its own."""
        self.send(queue, messages)

    def withdraw(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Leave messages where they are: SQS removes only what was received."""

    def _is_open(self, queue: str) -> bool:
        """Tell whether everybody who polls the queue looks into its urgent lane."""
        if queue not in self._opens_at:
            made_at = self._registry.made_at(queue, URGENT)
            if made_at is None:
                self._make(queue, URGENT)
            else:
                self._opens_at[queue] = made_at + _OPENS_AFTER
        return self._opens_at[queue] <= self._clock.now()

    def _send(self, queue: str, lane: str, entries: Sequence[Entry]) -> None:
        url = self._url(queue, lane)
        try:
            self._sqs.send_each(url, entries)
        except QueueMissing:
            self._make(queue, lane)
            if lane == URGENT:
                self._send(queue, NORMAL, entries)
            else:
                self._send_to_new(url, entries)

    def _send_to_new(self, url: str, entries: Sequence[Entry]) -> None:
        """Send to a queue that was just made; SQS may take a second to know it."""
        for _ in range(_NEW_QUEUE_TRIES):
            try:
                self._sqs.send_each(url, entries)
            except QueueMissing:
                self._pause(_NEW_QUEUE_PAUSE)
            else:
                return
        self._sqs.send_each(url, entries)

    def _make(self, queue: str, lane: str) -> None:
        """Make a queue; known before it is there, so that none is forgotten."""
        now = self._clock.now()
        self._registry.add(queue, lane, now)
        self._sqs.create(aws_name(self._prefix, queue, lane))
        if lane == URGENT:
            self._opens_at[queue] = now + _OPENS_AFTER
            self._absent_until.pop(queue, None)

    # --- receiving -------------------------------------------------------------

    def receive(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Take up to ``limit`` messages, at most ten from each lane.

        Where there is an urgent lane, waiting looks into both in turn, a second each.
        """
        self._spent.remove_due()
        held = seconds(wait, MAX_WAIT)
        hidden = seconds(visibility, MAX_VISIBILITY)
        urgent = self._take_urgent(queue, limit, 0, hidden)
        if urgent is None:
            return self._take_normal(queue, limit, held, hidden)
        if urgent or not held:
            left = limit - len(urgent)
            rest = self._take_normal(queue, left, 0, hidden) if left else []
            return urgent + rest
        for lane in _in_turn(held):
            take = self._take_normal if lane == NORMAL else self._take_urgent
            found = take(queue, limit, 1, hidden)
            if found:
                return found
        return []

    def _take_urgent(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage] | None:
        """Return what the urgent lane has; None where there is no such lane."""
        if self._absent_until.get(queue, 0) > self._clock.now():
            return None
        try:
            return self._take(queue, URGENT, limit, wait, visibility)
        except QueueMissing:
            self._absent_until[queue] = self._clock.now() + _ABSENT_FOR
            return None

    def _take_normal(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Return what the lane has; where it is waited for, it is made."""
        try:
            return self._take(queue, NORMAL, limit, wait, visibility)
        except QueueMissing:
            if not wait:
                return []
        self._make(queue, NORMAL)
        return self._take(queue, NORMAL, limit, wait, visibility)

    def _take(
        self, queue: str, lane: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        received = self._sqs.receive(self._url(queue, lane), limit, wait, visibility)
        until = self._clock.now() + visibility * 1000
        found = [
            ReceivedMessage(message, str(_receipt(lane, until, one)), one.tries > 1)
            for one in received
            if (message := _read(queue, one)) is not None
        ]
        return sorted(found, key=lambda one: -one.message.priority)

    # --- after receiving -------------------------------------------------------

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages.

        A receipt whose visibility is over is stale: SQS may or may not honour it, so it
        is not even asked.
        """
        for lane, valid in self._valid(receipts):
            self._sqs.delete_each(self._url(queue, lane), [one.handle for one in valid])

    def forget(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove messages whose tasks are leased or gone, ten of a queue at a time.

        One that came again is removed at once: it shall not come a third time.
        """
        for lane, valid in self._valid(receipts):
            url = self._url(queue, lane)
            again = [one.handle for one in valid if one.came_again]
            self._sqs.delete_each(url, again)
            kept = [(one.handle, one.until) for one in valid if not one.came_again]
            self._spent.add(url, kept)

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again after ``delay``."""
        wait = seconds(delay, MAX_VISIBILITY)
        for lane, valid in self._valid(receipts):
            handles = [one.handle for one in valid]
            self._sqs.release_each(self._url(queue, lane), handles, wait)

    def _valid(self, receipts: Sequence[str]) -> Iterator[tuple[str, list[_Receipt]]]:
        """Yield each lane and those of its receipts that are not stale."""
        now = self._clock.now()
        lanes: dict[str, list[_Receipt]] = defaultdict(list)
        for text in receipts:
            receipt = _Receipt.from_text(text)
            if now < receipt.until:
                lanes[receipt.lane].append(receipt)
        yield from lanes.items()

    # --- looking ---------------------------------------------------------------

    def sizes(self, queue: str | None = None) -> dict[str, int]:
        """Return about how many messages of each queue wait: visible and delayed."""
        return self._counted(self._sqs.waiting, queue)

    def in_flight(self) -> dict[str, int]:
        """Return about how many messages of each queue are received just now."""
        return self._counted(self._sqs.in_flight)

    def _counted(
        self, count: Callable[[str], int], only: str | None = None
    ) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        lanes = self._registry.all()
        if only is not None:
            lanes = [(only, lane) for lane in (NORMAL, URGENT)]
        for queue, lane in lanes:
            try:
                found[queue] += count(self._url(queue, lane))
            except QueueMissing:
                # Known before it is made; or SQS removed a queue that nobody used.
                found[queue] += 0
        return dict(found)


def _read(queue: str, received: Received) -> TaskMessage | None:
    """Return the task's message; one that is none is left where it is, and told of.

    It may be of a newer Podium, and it may not take others along.
    """
    try:
        return decode_task(received.body)
    except msgspec.DecodeError:
        logger.exception(
            "not_a_task", extra={"queue": queue, "body": received.body[:80]}
        )
        return None


def _in_turn(number: int) -> Iterator[str]:
    return (NORMAL if count % 2 == 0 else URGENT for count in range(number))


def _receipt(lane: str, until: int, received: Received) -> _Receipt:
    return _Receipt(lane, until, received.tries > 1, received.handle)
