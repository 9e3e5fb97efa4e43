"""Status events from journal entries: what listeners get to know (reference 5.2).

A poll is no change here: it is a lease, of which the journal knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from podium import ids
from podium.decider import events as ev
from podium.decider.definition import Definition
from podium.decider.state import WorkflowState
from podium.model.workflow import WorkflowStatus
from podium.sinks import StatusEvent


class StatusChanges:
    """The status events of one workflow, as of ``state`` or before."""

    def __init__(self, state: WorkflowState, definition: Definition) -> None:
        self._state = state
        self._definition = definition
        self._scheduled: dict[int, ev.TaskScheduled] = {}

    def of_entry(
        self, version: int, entry: ev.Entry, *, with_tasks: bool
    ) -> Iterator[StatusEvent]:
        """Yield what an entry says; entries are to be given in their order."""
        for number, event in enumerate(entry.events):
            event_id = f"{self._state.workflow_id}:{version}:{number}"
            if isinstance(event, ev.TaskScheduled):
                self._scheduled[event.seq] = event
            if isinstance(event, ev.TaskScheduled | ev.TaskUpdated):
                if with_tasks and self._is_announced(event.seq):
                    yield self._of_task(event_id, entry.at, event)
            elif (change := _change(event)) is not None:
                yield self._of_workflow(event_id, entry.at, event, *change)

    # --- workflows -------------------------------------------------------------

    def _of_workflow(
        self,
        event_id: str,
        at: int,
        event: ev.Event,
        change: str,
        status: WorkflowStatus,
    ) -> StatusEvent:
        state = self._state
        detail = {
            "eventId": event_id,
            "eventType": change,
            "time": at,
            **self._workflow,
            "status": str(status),
            "parentWorkflowId": state.parent_id,
            "startTime": state.created_at,
            "endTime": at if status.is_terminal else None,
            "reasonForIncompletion": getattr(event, "reason", None),
        }
        return StatusEvent(event_id, at, False, change, _encode(detail))

    @property
    def _workflow(self) -> dict[str, Any]:
        state = self._state
        return {
            "workflowId": state.workflow_id,
            "workflowType": state.name,
            "version": state.definition_version,
            "correlationId": state.correlation_id,
        }

    # --- tasks -----------------------------------------------------------------

    def _is_announced(self, seq: int) -> bool:
        """Tell whether the task's definition wants it (``taskStatusListenerEnabled``).

        One that is not known here does not object.
        """
        ref = self._known(seq).get("referenceTaskName")
        node = self._definition.graph.nodes.get(ref) if ref else None
        definition = node.definition_json if node is not None else None
        return definition is None or definition.get("taskStatusListenerEnabled", True)

    def _of_task(
        self, event_id: str, at: int, event: ev.TaskScheduled | ev.TaskUpdated
    ) -> StatusEvent:
        change = str(event.status)
        detail = {
            "eventId": event_id,
            "eventType": change,
            "time": at,
            "taskId": ids.task_id(self._state.workflow_id, event.seq),
            "status": change,
            **self._known(event.seq),
            "reasonForIncompletion": event.reason,
            **self._workflow,
        }
        return StatusEvent(event_id, at, True, change, _encode(detail))

    def _known(self, seq: int) -> dict[str, Any]:
        """Return what is known of a task; of a superseded one it may be nothing."""
        task = self._scheduled.get(seq) or self._state.task_of(seq)
        if task is None:
            return {}
        return {
            "taskType": task.type,
            "taskDefName": task.name,
            "referenceTaskName": task.ref,
            "retryCount": task.retry_count,
        }


def _change(event: ev.Event) -> tuple[str, WorkflowStatus] | None:
    """Return what happened to the workflow, in Conductor's word, and its status."""
    match event:
        case ev.WorkflowStarted():
            return "STARTED", WorkflowStatus.RUNNING
        case ev.WorkflowPaused():
            return "PAUSED", WorkflowStatus.PAUSED
        case ev.WorkflowResumed():
            return "RESUMED", WorkflowStatus.RUNNING
        case ev.WorkflowRestarted() | ev.WorkflowReopened():
            return str(event.operation), WorkflowStatus.RUNNING
        case (
            ev.WorkflowRestarted(operation=operation)
            | ev.WorkflowReopened(operation=operation)
        ):
            return str(operation), WorkflowStatus.RUNNING
        case ev.WorkflowEnded(status=WorkflowStatus.COMPLETED):
            return "COMPLETED", WorkflowStatus.COMPLETED
        case ev.WorkflowEnded(status=status):
            return "TERMINATED", status
    return None


def is_of_workflow(event: ev.Event) -> bool:
    """Tell whether an event is a status change of the workflow itself."""
    return _change(event) is not None


def _encode(detail: Mapping[str, Any]) -> bytes:
    known = {key: value for key, value in detail.items() if value is not None}
    return msgspec.json.encode(known)
