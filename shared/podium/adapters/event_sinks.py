"""Sinks on AWS: SQS queues, SNS topics, EventBridge buses (reference 3.9).

What is published is a JSON document.  The message's id travels beside it, so that who
gets it twice can tell.  A deployment publishes to what its operator allows and nowhere
else; on a developer's machine the credentials at hand decide.

What AWS refuses fails the task, in AWS's words: the name may come from a workflow's
input, and asking again would not mend it.  What is no fault of the request is tried
again: too much at once, a fault of the service, an answer that does not come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)

from podium.adapters.arns import Arn
from podium.adapters.aws_clients import code_of, is_momentary
from podium.adapters.sqs.addresses import QueueAddresses
from podium.errors import NotFound, Unavailable
from podium.eventing import EventSink, OutgoingEvent, SinkRefused

Client: TypeAlias = Callable[[str], Any]
"""Returns the client of a service, made when it is first asked for."""

MESSAGE_ID, SENT_AT = "podium-message-id", "podium-sent-at"
"""The attributes of a message that have its id and its time in milliseconds."""
SOURCE, DETAIL_TYPE = "podium.event", "Event Task"
"""By which rules of EventBridge tell what EVENT tasks publish."""

_FIFO = ".fifo"
_PASSES = (
    *("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown"),
    *("Internal", "ServiceUnavailable"),
)
"""What the codes begin with of what may succeed a little later."""


def open_sinks(
    client: Client, allowed: Sequence[str] | None = None
) -> dict[str, EventSink]:
    """Return the sinks by provider; ``allowed`` are ARNs with ``*``, None for all."""
    return {
        "sqs": SqsSink(client, allowed),
        "sns": SnsSink(client, allowed),
        "eventbridge": EventBridgeSink(client, allowed),
    }


class SqsSink:
    """Queues, by name, address or ARN."""

    def __init__(self, client: Client, allowed: Sequence[str] | None) -> None:
        self._client = client
        self._allowed = allowed
        self._addresses = QueueAddresses(client)

    def publish(self, queue: str, event: OutgoingEvent) -> None:
        """Send the document as a message's body."""
        name = self._addresses.arn_of(queue)
        _check(f"sqs:{queue}", name, self._allowed)
        try:
            url = self._addresses.url_of(queue)
        except NotFound as missing:
            raise SinkRefused(f"sqs:{queue}: {missing.message}") from missing
        with _publishing_to(f"sqs:{queue}"):
            self._client("sqs").send_message(
                QueueUrl=url,
                MessageBody=event.body.decode(),
                MessageAttributes=_attributes(event),
                **_in_order(name.resource, event),
            )


class SnsSink:
    """Topics, by their ARN."""

    def __init__(self, client: Client, allowed: Sequence[str] | None) -> None:
        self._client = client
        self._allowed = allowed

    def publish(self, queue: str, event: OutgoingEvent) -> None:
        """Publish the document as a message."""
        topic = Arn.parse(queue)
        if topic is None or topic.service != "sns":
            raise SinkRefused(f"sns:{queue}: expected sns:<ARN of a topic>")
        _check(f"sns:{queue}", topic, self._allowed)
        with _publishing_to(f"sns:{queue}"):
            self._client("sns").publish(
                TopicArn=queue,
                Message=event.body.decode(),
                MessageAttributes=_attributes(event),
                **_in_order(topic.resource, event),
            )


class EventBridgeSink:
    """Buses, by name or ARN."""

    def __init__(self, client: Client, allowed: Sequence[str] | None) -> None:
        self._client = client
        self._allowed = allowed

    def publish(self, queue: str, event: OutgoingEvent) -> None:
        """Put the document on the bus, as an event's detail."""
        bus = Arn.parse(queue) or Arn("events", f"event-bus/{queue}")
        if bus.service != "events":
            raise SinkRefused(f"eventbridge:{queue} is no bus")
        _check(f"eventbridge:{queue}", bus, self._allowed)
        with _publishing_to(f"eventbridge:{queue}"):
            entry = {
                "EventBusName": queue,
                "Source": SOURCE,
                "DetailType": DETAIL_TYPE,
                "Detail": event.body.decode(),
                "Resources": [event.message_id],
            }
            [answer] = self._client("events").put_events(Entries=[entry])["Entries"]
        if "ErrorCode" in answer:
            _refuse(f"eventbridge:{queue}", answer["ErrorCode"], answer["ErrorMessage"])


def _check(sink: str, name: Arn, allowed: Sequence[str] | None) -> None:
    """Refuse what the operator has not allowed."""
    if allowed is None or any(name.fits(pattern) for pattern in allowed):
        return
    raise SinkRefused(
        f"{sink} is no sink of this deployment: its operator has not allowed it "
        "(EventSinkArns)"
    )


def _attributes(event: OutgoingEvent) -> Mapping[str, Any]:
    return {
        MESSAGE_ID: {"DataType": "String", "StringValue": event.message_id},
        SENT_AT: {"DataType": "Number", "StringValue": str(event.sent_at)},
    }


def _in_order(name: str, event: OutgoingEvent) -> dict[str, str]:
    """Return what a queue or topic that keeps an order wants to know."""
    if not name.endswith(_FIFO):
        return {}
    return {
        "MessageGroupId": event.group,
        "MessageDeduplicationId": event.message_id,
    }


@contextmanager
def _publishing_to(sink: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if is_momentary(error):
            raise Unavailable(f"{sink}: {code_of(error)}") from error
        said = str(error.response.get("Error", {}).get("Message") or error)
        _refuse(sink, code_of(error), said, error)
    except (ReadTimeoutError, ConnectionClosedError) as error:
        raise Unavailable(f"{sink}: {error}") from error
    except BotoCoreError as error:
        raise SinkRefused(f"{sink}: {error}") from error


def _refuse(sink: str, code: str, message: str, cause: Exception | None = None) -> None:
    if code.startswith(_PASSES):
        raise Unavailable(f"{sink}: {code}") from cause
    raise SinkRefused(f"{sink}: {code}: {message}") from cause
