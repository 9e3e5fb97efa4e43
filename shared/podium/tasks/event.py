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

INTERNAL = "conductor:"


class EventTask:
    """Publishes one message, whose id is the task's."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    def run(self, call: SystemTaskCall) -> SystemTaskResult:
        """Publish the input and what the message says of its workflow."""
        sink = str(call.input.get("sink"))
        payload = {
            **call.input,
            "workflowInstanceId": call.workflow_id,
            "workflowType": call.workflow_type,
            "workflowVersion": call.workflow_version,
            "correlationId": call.correlation_id,
            "taskToDomain": dict(call.task_to_domain),
            "event_produced": sink,
        }
        if not sink.startswith(INTERNAL):
            return SystemTaskResult(
                TaskStatus.FAILED,
                payload,
                f"Invalid / Unsupported sink specified: {sink}; expected conductor or "
                "conductor:<name>",
            )
        self._publish(sink, call.task_id, payload)
        status = TaskStatus.COMPLETED
        if call.is_async_complete:
            status = TaskStatus.IN_PROGRESS
        return SystemTaskResult(status, payload)
