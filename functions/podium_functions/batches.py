"""Batches of SQS messages: what a Lambda is given, and which of them come again.

Lambda removes every message that its function does not name as failed.  One that failed
stays hidden for the rest of its queue's visibility timeout, which is minutes; here it
is shown again after seconds, and after more of them the more often it failed.

Powertools' batch processor handles one record after the other.  Here messages of one
workflow are handled as one, so that they cost one decision.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from podium.adapters.sqs.client import Sqs

logger = logging.getLogger(__name__)

RETRY_AFTER = (2, 10, 30, 90)
"""Seconds after the first failure, the second, and so on."""


@dataclass(frozen=True, slots=True)
class Message:
    """A received message: ``group`` is its FIFO group, ``tries`` counts this one."""

    message_id: str
    body: str
    handle: str
    queue: str
    group: str
    tries: int

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Message:
        """Read a record of Lambda's event."""
        attributes = record["attributes"]
        return cls(
            message_id=record["messageId"],
            body=record["body"],
            handle=record["receiptHandle"],
            queue=record["eventSourceARN"].rpartition(":")[2],
            group=attributes.get("MessageGroupId", ""),
            tries=int(attributes["ApproximateReceiveCount"]),
        )


def read_batch(event: Mapping[str, Any]) -> list[Message]:
    """Return the messages of an event, in its order."""
    return [Message.from_record(record) for record in event["Records"]]


def grouped(
    messages: Iterable[Message], key: Callable[[Message], str]
) -> dict[str, list[Message]]:
    """Return the messages by key, in their order."""
    found: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        found[key(message)].append(message)
    return dict(found)


def settle(
    work: Callable[[list[Message]], object], messages: list[Message]
) -> list[Message]:
    """Work on messages that belong together; return those that failed.

    Where they fail as one they are tried one by one: the first that fails takes all
    after it along, so that none overtakes it.
    """
    try:
        work(messages)
    except Exception:
        # A message that fails for whatever reason comes again and is then put aside: it
        # may not take the other workflows of its batch along (design 9).
        if len(messages) > 1:
            return settle_one_by_one(work, messages)
        [message] = messages
        logger.exception(
            "message_failed",
            extra={
                "queue": message.queue,
                "about": message.group or message.body,
                "tries": message.tries,
            },
        )
        return messages
    return []


def settle_one_by_one(
    work: Callable[[list[Message]], object], messages: list[Message]
) -> list[Message]:
    """Work on one after the other; return the first that failed, and all after it."""
    for position, message in enumerate(messages):
        if settle(work, [message]):
            return messages[position:]
    return []


class Failures:
    """Gives failed messages back; ``base_url`` is the address of any of the queues."""

    def __init__(self, sqs: Sqs, base_url: str) -> None:
        self._sqs = sqs
        self._base = base_url.rpartition("/")[0]

    def answer(self, failed: Sequence[Message]) -> dict[str, Any]:
        """Show these messages again soon, and return what tells Lambda of them."""
        for queue, some in grouped(failed, lambda one: one.queue).items():
            tries = max(one.tries for one in some)
            delay = RETRY_AFTER[min(tries, len(RETRY_AFTER)) - 1]
            handles = [one.handle for one in some]
            self._sqs.release_each(f"{self._base}/{queue}", handles, delay)
        return named(failed)


def named(failed: Iterable[Message]) -> dict[str, Any]:
    """Return what tells Lambda which messages come again."""
    return {"batchItemFailures": [{"itemIdentifier": one.message_id} for one in failed]}
