"""The event consumer: messages of other people's queues, for the event handlers (5.1).

A queue is the event ``sqs:<its name>``.  A message that fails comes again after its
queue's visibility timeout, and where the queue has a dead-letter queue it goes there in
the end: the queue is not ours to change.  Of a FIFO queue all that comes after it in
its group comes again with it.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.sqs.event_messages import read_record
from podium.service.events import EventHandlers
from podium_functions.batches import (
    Message,
    grouped,
    named,
    read_batch,
    settle_one_by_one,
)
from podium_functions.runtime import Entrypoint, Event, Handle, Runtime


def consume(events: EventHandlers, event: Event) -> dict[str, Any]:
    """Handle the messages of a batch; those named in the answer come again."""
    records = {record["messageId"]: record for record in event["Records"]}

    def receive(messages: list[Message]) -> None:
        [message] = messages
        received = read_record(records[message.message_id])
        events.receive(f"sqs:{message.queue}", received)

    groups = grouped(read_batch(event), _kept_in_order)
    settled = (settle_one_by_one(receive, some) for some in groups.values())
    return named(one for failed in settled for one in failed)


def _kept_in_order(message: Message) -> str:
    """Return what is the same of messages that may not overtake each other."""
    is_fifo = message.queue.endswith(".fifo")
    return message.group if is_fifo else message.message_id


def make(runtime: Runtime) -> Handle:
    """Return the handler over a deployment's home."""
    events = runtime.build().events

    def handle(event: Event, _context: LambdaContext) -> dict[str, Any]:
        return consume(events, event)

    return handle


handler = Entrypoint(make)
