"""Lambda's part at queues: batches become events, and what did not fail is removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from podium.adapters.sqs.client import BATCH, Sqs, existing, seconds
from podium_functions.runtime import Event, Handle
from podium_local.gateway import RequestContext

MOST_WAIT = 2
"""Seconds that a receive is held.  After a kill the queue still answers the last one of
the process that is gone, and what it hands out then is hidden for a while."""

SqsMessage: TypeAlias = Mapping[str, Any]
Batch: TypeAlias = Sequence[SqsMessage]


class Function:
    """A function, with an execution environment for each event at the same time.

    Handlers are written for one event at a time; ``make`` returns a new one.
    """

    def __init__(self, name: str, make: Callable[[], Handle]) -> None:
        self._context = RequestContext(name)
        self._make = make
        self._idle: list[Handle] = []

    def __call__(self, event: Event) -> dict[str, Any]:
        """Handle one event."""
        try:
            handle = self._idle.pop()
        except IndexError:
            handle = self._make()
        try:
            return handle(event, self._context)
        finally:
            self._idle.append(handle)


class QueueSource:
    """The event source of queues of one account and region, for one function.

    ``base_url`` is what the queues' addresses begin with, ``base_arn`` their ARNs.  For
    ``hides`` seconds what was received is hidden.
    """

    def __init__(
        self,
        client: Any,
        sqs: Sqs,
        base_url: str,
        base_arn: str,
        function: Function,
        hides: int,
    ) -> None:
        self._client = client
        self._sqs = sqs
        self._base_url = base_url
        self._base_arn = base_arn
        self._function = function
        self._hides = hides

    def receive(self, queue: str, limit: int, wait: int) -> list[Batch]:
        """Return up to ``limit`` batches, waiting up to ``wait`` ms for the first."""
        url = self._url(queue)
        with existing(url):
            answer = self._client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=BATCH,
                WaitTimeSeconds=seconds(wait, MOST_WAIT),
                VisibilityTimeout=self._hides,
                MessageSystemAttributeNames=["All"],
            )
        messages = answer.get("Messages")
        return [messages][:limit] if messages else []

    def handle(self, queue: str, received: Batch) -> None:
        """Have the function handle a batch, and remove what it does not name."""
        records = [self._record(queue, one) for one in received]
        answer = self._function({"Records": records})
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        done = [one for one in received if one["MessageId"] not in failed]
        self._sqs.delete_each(self._url(queue), [one["ReceiptHandle"] for one in done])

    def _url(self, queue: str) -> str:
        return f"{self._base_url}/{queue}"

    def _record(self, queue: str, message: SqsMessage) -> dict[str, Any]:
        """Return a message as Lambda's events have it."""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"{self._base_arn}:{queue}",
        }
