"""EVENT: publish the task's input to a sink (reference 3.9).

``conductor:...`` is Conductor's own: its messages go to the event handlers at once,
and are kept, so they have references to secrets as they are written.
Any other sink is ``provider:queue``, of a provider that this process knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from podium.eventing import (
    INTERNAL,
    EventMessage,
    EventSink,
    OutgoingEvent,
    SinkRefused,
    provider_of,
)
from podium.model.task import TaskStatus
from podium.tasks.contract import SystemTaskCall, SystemTaskResult

Publish: TypeAlias = Callable[[str, EventMessage], None]
"""Takes the event's name and its message."""


class EventTask:
    """Publishes one message, whose id is the task's."""

    def __init__(
        self, publish: Publish, sinks: Mapping[str, EventSink] | None = None
    ) -> None:
        self._publish = publish
        self._sinks = sinks or {}

    def run(self, call: SystemTaskCall) -> SystemTaskResult:
        """Publish the input and what the message says of its workflow."""
        about = {
            "workflowInstanceId": call.workflow_id,
            "workflowType": call.workflow_type,
            "workflowVersion": call.workflow_version,
            "correlationId": call.correlation_id,
            "taskToDomain": dict(call.task_to_domain),
        }
        payload = {**call.kept_input, **about}
        event = event_of(call)
        provider, queue = provider_of(event)
        if provider != INTERNAL and (provider not in self._sinks or not queue):
            return SystemTaskResult(TaskStatus.FAILED, payload, self._unknown(event))
        payload["event_produced"] = about["event_produced"] = event
        try:
            if provider == INTERNAL:
                message = EventMessage(call.task_id, call.scheduled_at, payload)
                self._publish(f"{INTERNAL}:{queue}", message)
            else:
                self._send(provider, queue, call, {**call.input, **about})
        except SinkRefused as refused:
            return SystemTaskResult(TaskStatus.FAILED, payload, refused.message)
        status = TaskStatus.COMPLETED
        if call.is_async_complete:
            status = TaskStatus.IN_PROGRESS
        return SystemTaskResult(status, payload)

    def _unknown(self, event: str) -> str:
        known = ", ".join([INTERNAL, *sorted(self._sinks)])
        said = (
            f"Invalid / Unsupported sink specified: {event}; expected "
            f"conductor or <provider>:<queue> with one of the providers {known}"
        )
        if provider_of(event)[0] == "kafka" and "kafka" not in self._sinks:
            return f"{said}, or kafka where PODIUM_KAFKA_SERVERS names its servers"
        return said

    def _send(
        self, provider: str, queue: str, call: SystemTaskCall, payload: dict[str, Any]
    ) -> None:
        body = msgspec.json.encode(payload)
        outgoing = OutgoingEvent(
            call.task_id, call.workflow_id, body, call.scheduled_at
        )
        self._sinks[provider].publish(queue, outgoing)


def event_of(call: SystemTaskCall) -> str:
    """Return the event that a sink stands for; ``conductor`` is of the workflow."""
    sink = str(call.kept_input.get("sink"))
    provider, colon, queue = sink.partition(":")
    if provider != INTERNAL:
        return sink
    return f"{INTERNAL}:{call.workflow_type}:{queue if colon else call.reference}"
