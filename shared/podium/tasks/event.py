"""EVENT: publish the task's input to a sink (reference 3.9).

The only sink here is Conductor's own, ``conductor:...``: its messages go to the event
handlers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from podium.model.task import TaskStatus
from podium.tasks.contract import SystemTaskCall, SystemTaskResult

Publish: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
"""Takes the event's name, the message's id and its payload."""

_INTERNAL = "conductor"


class EventTask:
    """Publishes one message, whose id is the task's."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    def run(self, call: SystemTaskCall) -> SystemTaskResult:
        """Publish the input and what the message says of its workflow."""
        payload = {
            **call.input,
            "workflowInstanceId": call.workflow_id,
            "workflowType": call.workflow_type,
            "workflowVersion": call.workflow_version,
            "correlationId": call.correlation_id,
            "taskToDomain": dict(call.task_to_domain),
        }
        event = event_of(call)
        if event is None:
            return SystemTaskResult(
                TaskStatus.FAILED,
                payload,
                f"Invalid / Unsupported sink specified: {call.input.get('sink')}; "
                "expected conductor or conductor:<name>",
            )
        payload["event_produced"] = event
        self._publish(event, call.task_id, payload)
        status = TaskStatus.COMPLETED
        if call.is_async_complete:
            status = TaskStatus.IN_PROGRESS
        return SystemTaskResult(status, payload)


def event_of(call: SystemTaskCall) -> str | None:
    """Return the event that a sink stands for, None where it is no sink of ours."""
    provider, colon, queue = str(call.input.get("sink")).partition(":")
    if provider != _INTERNAL:
        return None
    return f"{_INTERNAL}:{call.workflow_type}:{queue if colon else call.reference}"
