"""KAFKA_PUBLISH: write one record to a topic (reference 3.9).

Values are JSON, as Conductor writes them: a text has quotes.  A key that is absent is
none, where Conductor writes the word ``null``.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import Field

from podium.errors import InvalidInput
from podium.eventing import (
    EventSink,
    KafkaPublisher,
    KafkaRecord,
    OutgoingEvent,
    SinkRefused,
)
from podium.expressions.template import java_string
from podium.model.conductor_json import ConductorModel, JsonMap
from podium.model.task import TaskStatus
from podium.tasks.contract import SystemTaskCall, SystemTaskResult

_SERIALIZERS = "org.apache.kafka.common.serialization."
STRING = f"{_SERIALIZERS}StringSerializer"
_NUMBERS = {f"{_SERIALIZERS}LongSerializer": 8, f"{_SERIALIZERS}IntegerSerializer": 4}


class KafkaRequest(ConductorModel):
    """The ``kafka_request`` of a task; timeouts are milliseconds."""

    boot_strap_servers: str | None = None
    topic: str | None = None
    key: Any = None
    value: Any = None
    headers: JsonMap = Field(default_factory=dict)
    key_serializer: str = STRING
    request_timeout_ms: int = Field(default=0, ge=0)
    max_block_ms: int = Field(default=0, ge=0)


class KafkaTask:
    """Writes the record and waits until it is written."""

    def __init__(self, kafka: KafkaPublisher) -> None:
        self._kafka = kafka

    def run(self, call: SystemTaskCall) -> SystemTaskResult:
        """Write once; whatever does not succeed fails the task."""
        given = call.input.get("kafka_request")
        if given is None:
            return _failed(
                "Missing Kafka request. Task input MUST have a 'kafka_request' key "
                "with KafkaTask.Input as value. See documentation for KafkaTask for "
                "required input parameters"
            )
        try:
            request = KafkaRequest.from_json(given)
            self._kafka.publish(_record(request))
        except InvalidInput as wrong:
            return _failed(wrong.message)
        except SinkRefused as refused:
            return _failed(f"Failed to invoke kafka task due to: {refused.message}")
        status = TaskStatus.COMPLETED
        if call.is_async_complete:
            status = TaskStatus.IN_PROGRESS
        return SystemTaskResult(status)


class KafkaSink(EventSink):
    """EVENT's sink ``kafka:<topic>``, on the servers of the deployment."""

    def __init__(self, kafka: KafkaPublisher, servers: str) -> None:
        self._kafka = kafka
        self._servers = servers

    def publish(self, queue: str, event: OutgoingEvent) -> None:
        """Write the document under its message's id."""
        headers = (("podium-message-id", event.message_id.encode()),)
        record = KafkaRecord(
            self._servers, queue, event.body, event.group.encode(), headers
        )
        self._kafka.publish(record)


def _record(request: KafkaRequest) -> KafkaRecord:
    """Return the record of a request; InvalidInput says what is missing, as Java."""
    if not (request.boot_strap_servers or "").strip():
        raise InvalidInput("No boot strap servers specified")
    if not (request.topic or "").strip():
        raise InvalidInput(_missing("topic."))
    if request.value is None:
        raise InvalidInput(_missing("value. "))
    return KafkaRecord(
        servers=request.boot_strap_servers or "",
        topic=request.topic or "",
        value=msgspec.json.encode(request.value),
        key=_key(request),
        headers=tuple(
            (name, java_string(value).encode())
            for name, value in request.headers.items()
        ),
        request_timeout=request.request_timeout_ms,
        max_block=request.max_block_ms,
    )


def _missing(what: str) -> str:
    return (
        f"Missing Kafka {what} See documentation for KafkaTask for required input "
        "parameters"
    )


def _key(request: KafkaRequest) -> bytes | None:
    if request.key is None:
        return None
    text = java_string(request.key)
    size = _NUMBERS.get(request.key_serializer)
    if size is None:
        return text.encode()
    try:
        return int(text).to_bytes(size, "big", signed=True)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f'Failed to invoke kafka task due to: For input string: "{text}"'
        ) from None


def _failed(reason: str) -> SystemTaskResult:
    return SystemTaskResult(TaskStatus.FAILED, reason=reason)
