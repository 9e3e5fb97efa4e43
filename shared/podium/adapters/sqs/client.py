"""The requests that the adapters make of SQS, in batches, with every failure seen.

A batch may succeed in part.  What SQS could not take is sent again; what it refuses
because a receipt is too old is what the ports call stale, and ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from botocore.exceptions import ClientError

from podium.adapters.aws_clients import Pause, answering, code_of
from podium.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

BATCH = 10
MAX_DELAY = 900
MAX_WAIT = 20
MAX_VISIBILITY = 43_200
"""SQS's limits: messages of a request, and seconds."""

_SERVICE = "SQS"
_RETENTION = "1209600"  # fourteen days, the longest there is
_TRIES: Final = "ApproximateReceiveCount"
_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAX_TRIES = 5
_FIRST_PAUSE = 0.1

MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_PRESENT = frozenset({"QueueAlreadyExists", "QueueNameExists"})
_STALE = frozenset(
    {
        "AWS.SimpleQueueService.MessageNotInflight",
        "InvalidParameterValue",
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
    }
)

Entry: TypeAlias = dict[str, Any]


class QueueMissing(Unavailable):
    """There is no such queue, or not yet."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message's text, its handle, and how often it was received with this time."""

    body: str
    handle: str
    tries: int = 1


def is_taken(text: str) -> bool:
    """Tell whether SQS takes a text: it refuses some characters."""
    return not _REFUSED.search(text)


def seconds(milliseconds: int, most: int) -> int:
    """Return SQS's whole seconds, rounded up: nothing comes early."""
    return min(max(0, -(-milliseconds // 1000)), most)


class Sqs:
    """One SQS client; ``pause`` lets seconds pass between the tries of a batch."""

    def __init__(self, client: SQSClient, pause: Pause) -> None:
        self._client = client
        self._pause = pause

    def create(self, name: str) -> None:
        """Make a standard queue; one that is there is left as it is."""
        with answering(_SERVICE):
            try:
                self._client.create_queue(
                    QueueName=name, Attributes={"MessageRetentionPeriod": _RETENTION}
                )
            except ClientError as error:
                if code_of(error) not in _PRESENT:
                    raise

    def send(self, url: str, **message: Any) -> None:
        """Send one message."""
        with existing(url):
            self._client.send_message(QueueUrl=url, **message)

    def send_each(self, url: str, entries: Sequence[Entry]) -> None:
        """Send messages, ten a request."""
        self._in_batches(self._client.send_message_batch, url, entries)

    def receive(
        self, url: str, limit: int, wait: int, visibility: int
    ) -> list[Received]:
        """Receive up to ten messages; wait and visibility are seconds."""
        with existing(url):
            answer = self._client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(limit, BATCH),
                WaitTimeSeconds=wait,
                VisibilityTimeout=visibility,
                MessageSystemAttributeNames=[_TRIES],
            )
        return [
            Received(
                one["Body"],
                one["ReceiptHandle"],
                int(one.get("Attributes", {}).get(_TRIES, 1)),
            )
            for one in answer.get("Messages", [])
        ]

    def delete_each(self, url: str, handles: Sequence[str]) -> None:
        """Remove received messages, ten a request; stale handles are ignored."""
        entries = [{"ReceiptHandle": handle} for handle in handles]
        self._in_batches(self._client.delete_message_batch, url, entries, _STALE)

    def release_each(self, url: str, handles: Sequence[str], delay: int) -> None:
        """Make received messages visible after ``delay`` seconds; as above."""
        entries = [
            {"ReceiptHandle": handle, "VisibilityTimeout": delay} for handle in handles
        ]
        call = self._client.change_message_visibility_batch
        self._in_batches(call, url, entries, _STALE)

    def waiting(self, url: str) -> int:
        """Return about how many messages are visible or delayed."""
        return self._count(
            url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"
        )

    def in_flight(self, url: str) -> int:
        """Return about how many messages are received just now."""
        return self._count(url, "ApproximateNumberOfMessagesNotVisible")

    def _count(self, url: str, *attributes: QueueAttributeNameType) -> int:
        with existing(url):
            answer = self._client.get_queue_attributes(
                QueueUrl=url, AttributeNames=list(attributes)
            )
        return sum(int(number) for number in answer["Attributes"].values())

    def _in_batches(
        self,
        call: Callable[..., Any],
        url: str,
        entries: Sequence[Entry],
        ignored: frozenset[str] = frozenset(),
    ) -> None:
        for first in range(0, len(entries), BATCH):
            some = entries[first : first + BATCH]
            left = [{"Id": str(number), **one} for number, one in enumerate(some)]
            for number in range(_MAX_TRIES):
                with existing(url):
                    answer = call(QueueUrl=url, Entries=left)
                left = _to_send_again(left, answer.get("Failed", []), ignored)
                if not left:
                    break
                self._pause(_FIRST_PAUSE * 2**number)
            else:
                raise Unavailable(f"SQS did not take all messages of {url}")


def _to_send_again(
    entries: Sequence[Entry], failed: Sequence[Entry], ignored: frozenset[str]
) -> list[Entry]:
    """Return what failed on SQS's side; what fails by our fault is an error."""
    again = set()
    for failure in failed:
        if failure["Code"] in ignored:
            continue
        if failure["SenderFault"]:
            raise ValueError(f"SQS refused a message: {failure}")
        again.add(failure["Id"])
    return [entry for entry in entries if entry["Id"] in again]


@contextmanager
def existing(url: str) -> Iterator[None]:
    """Say what trouble with a queue means: QueueMissing, or Unavailable."""
    with answering(_SERVICE):
        try:
            yield
        except ClientError as error:
            if code_of(error) not in MISSING:
                raise
            raise QueueMissing(f"There is no queue {url}") from error
