"""The event consumer: messages of other people's queues, for the event handlers (5.1).

A queue is the event ``sqs:<its name>``.  A message that fails comes again after its
queue's visibility timeout, and where the queue has a dead-letter queue it goes there in
the end: the queue is not ours to change.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.sqs.event_messages import read_record
from podium.service.events import EventHandlers
from podium_functions.batches import Message, named, read_batch, settle
from podium_functions.runtime import Entrypoint, Event, Handle, Runtime


def consume(events: EventHandlers, event: Event) -> dict[str, Any]:
    """Handle the messages of a batch; those named in the answer come again."""
    records = {record["messageId"]: record for record in event["Records"]}

    def receive(messages: list[Message]) -> None:
        [message] = messages
        received = read_record(records[message.message_id])
        events.receive(f"sqs:{message.queue}", received)

    settled = (settle(receive, [message]) for message in read_batch(event))
    return named(one for failed in settled for one in failed)


def make(runtime: Runtime) -> Handle:
    """Return the handler over a deployment's home."""
    events = runtime.build().events

    def handle(event: Event, _context: LambdaContext) -> dict[str, Any]:
        return consume(events, event)

    return handle


handler = Entrypoint(make)
