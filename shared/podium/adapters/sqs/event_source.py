"""Events from SQS queues, received by the process itself: the embedded home's way.

On AWS Lambda receives them (``functions/podium_functions/event_consumer.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from podium.adapters.aws_clients import answering, code_of
from podium.adapters.sqs.addresses import QueueAddresses
from podium.adapters.sqs.client import (
    BATCH,
    MAX_VISIBILITY,
    MAX_WAIT,
    MISSING,
    seconds,
)
from podium.adapters.sqs.event_messages import SENT, read_received
from podium.errors import NotFound, Unavailable
from podium.eventing import ReceivedEvent, SinkRefused

VISIBILITY = 60
"""Seconds that a message is ours, longer than its actions may take."""


class SqsEventSource:
    """The port ``EventSource``."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._addresses = QueueAddresses(client)

    def receive(self, queue: str, limit: int, wait: int) -> list[ReceivedEvent]:
        """Take up to ten messages, waiting up to ``wait`` ms for the first."""
        with self._asking(queue) as (client, url):
            answer = client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(limit, BATCH),
                WaitTimeSeconds=seconds(wait, MAX_WAIT),
                VisibilityTimeout=VISIBILITY,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=[SENT],
            )
        return [
            ReceivedEvent(read_received(one), one["ReceiptHandle"])
            for one in answer.get("Messages", [])
        ]

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages."""
        with self._asking(queue) as (client, url):
            for receipt in receipts:
                client.delete_message(QueueUrl=url, ReceiptHandle=receipt)

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again after ``delay`` ms."""
        hidden = seconds(delay, MAX_VISIBILITY)
        with self._asking(queue) as (client, url):
            for receipt in receipts:
                client.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=hidden
                )

    def size(self, queue: str) -> int:
        """Return about how many messages wait."""
        wanted = "ApproximateNumberOfMessages"
        with self._asking(queue) as (client, url):
            answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])
        return int(answer["Attributes"][wanted])

    @contextmanager
    def _asking(self, queue: str) -> Iterator[tuple[Any, str]]:
        """Yield the client and the queue's address; say what trouble means."""
        try:
            url = self._addresses.url_of(queue)
            with answering("SQS"):
                yield self._client("sqs"), url
        except SinkRefused as refused:
            raise Unavailable(refused.message) from refused
        except ClientError as error:
            if code_of(error) in MISSING:
                raise NotFound(f"There is no queue {queue}") from error
            raise Unavailable(f"SQS did not answer: {code_of(error)}") from error
        except BotoCoreError as error:
            raise Unavailable(f"SQS did not answer: {error}") from error
