"""Messages of other people's queues, as boto3 and as Lambda have them.

An EVENT task gives its message's id and time along, by which one that was published
twice is known; anything else goes by what SQS gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from podium.adapters.event_sinks import MESSAGE_ID, SENT_AT
from podium.eventing import EventMessage

SENT = "SentTimestamp"


def read_received(message: Mapping[str, Any]) -> EventMessage:
    """Read a message that boto3 received."""
    return _read(
        _values(message.get("MessageAttributes"), "StringValue"),
        message["MessageId"],
        message["Attributes"][SENT],
        message["Body"],
    )


def read_record(record: Mapping[str, Any]) -> EventMessage:
    """Read a record of a Lambda event."""
    return _read(
        _values(record.get("messageAttributes"), "stringValue"),
        record["messageId"],
        record["attributes"][SENT],
        record["body"],
    )


def _values(attributes: Mapping[str, Any] | None, key: str) -> dict[str, str]:
    return {name: one.get(key, "") for name, one in (attributes or {}).items()}


def _read(
    attributes: Mapping[str, str], message_id: str, sent_at: str, body: str
) -> EventMessage:
    given = attributes.get(SENT_AT, "")
    if MESSAGE_ID in attributes and given.isdecimal():
        message_id, sent_at = attributes[MESSAGE_ID], given
    try:
        payload = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        payload = body
    return EventMessage(message_id, int(sent_at), payload)
