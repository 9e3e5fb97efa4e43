"""What a report on a task comes to: a worker's, a client's, a child's (3.7, 4.6).

An output that breaks its definition's schema fails the task, whoever brought it (2.4).
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from podium.decider import commands as cmd
from podium.decider import events as ev
from podium.decider.beginning import why_unfit
from podium.decider.children import child_of
from podium.decider.facts import StoredPayload, require
from podium.decider.payload_limits import too_large_for_task
from podium.decider.scheduling import reach_of, registered_definition_of
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import SYSTEM
from podium.decider.turn import Turn, decode, encode
from podium.expressions.template import java_string
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

MAX_REASON = 500
_ENDS_TASK_AS = {
    WorkflowStatus.COMPLETED: TaskStatus.COMPLETED,
    WorkflowStatus.FAILED: TaskStatus.FAILED,
    WorkflowStatus.TIMED_OUT: TaskStatus.TIMED_OUT,
    WorkflowStatus.TERMINATED: TaskStatus.CANCELED,
}


def updated(turn: Turn, task: TaskState, command: cmd.UpdateTask) -> ev.TaskUpdated:
    """Return the event of a report; a worker's IN_PROGRESS offers the task again."""
    output = command.output
    if command.merge and output:
        output = encode(turn.own_output_of(task) | decode(output))
    offered_again = command.status is TaskStatus.IN_PROGRESS and task.type not in SYSTEM
    callback = command.callback_after
    status, reason = command.status, command.reason
    misfit = _misfit(turn, task, command, output)
    if misfit is not None:
        status, reason = TaskStatus.FAILED, misfit
    too_large = too_large_for_task(turn.task_id(task), output)
    if too_large is not None:
        status, reason = TaskStatus.FAILED_WITH_TERMINAL_ERROR, too_large
        output, offered_again = ev.EMPTY, False
    return ev.TaskUpdated(
        seq=task.seq,
        status=TaskStatus.SCHEDULED if offered_again else status,
        output=output,
        output_path=command.output_path,
        reason=_shortened(reason),
        worker_id=command.worker_id,
        sub_workflow_id=command.sub_workflow_id,
        started_at=command.lease.started_at if command.lease else 0,
        poll_count=command.lease.poll_count if command.lease else 0,
        callback_after=callback,
        delivery=task.delivery + 1 if offered_again else 0,
        parked=offered_again and callback * 1000 > reach_of(task.type),
        execution_metadata=command.execution_metadata,
        by_reference=command.by_reference,
    )


def _misfit(
    turn: Turn, task: TaskState, command: cmd.UpdateTask, output: Raw
) -> str | None:
    """Return how the output of a completed task breaks its definition's schema."""
    if not task.checked or command.status is not TaskStatus.COMPLETED:
        return None
    return _why_unfit(turn, task, _output_of(turn, task, output, command.output_path))


def _why_unfit(turn: Turn, task: TaskState, output: Any) -> str | None:
    definition = registered_definition_of(turn, turn.place_of(task), task.name)
    return None if definition is None else why_unfit(definition, output)


def _shortened(reason: str | None) -> str | None:
    return reason[:MAX_REASON] if reason else reason


def began(turn: Turn, task: TaskState, command: cmd.ChildStarted) -> ev.TaskUpdated:
    """Return the event of a child that was started."""
    return ev.TaskUpdated(
        seq=task.seq,
        status=TaskStatus.IN_PROGRESS,
        reason=task.reason,
        sub_workflow_id=command.child_id,
        follows=command.follows,
        started_at=turn.now,
        output=encode({"subWorkflowId": command.child_id}),
    )


def ended(turn: Turn, task: TaskState, command: cmd.ChildEnded) -> ev.TaskUpdated:
    """Return the event of a child that ended: its task ends as it did (3.7)."""
    status, reason, answer = _ENDS_TASK_AS[command.status], None, decode(command.output)
    if command.status is not WorkflowStatus.COMPLETED:
        why = java_string(command.reason)
        child = f"{command.workflow}/{command.child_id}"
        reason = f"Sub workflow {child} failure reason: {why}"
    elif task.checked and (misfit := _why_unfit(turn, task, answer)):
        status, reason = TaskStatus.FAILED, misfit
    return ev.TaskUpdated(
        seq=task.seq,
        status=status,
        output=encode({"subWorkflowId": command.child_id} | answer),
        reason=_shortened(reason),
        sub_workflow_id=command.child_id,
        started_at=task.started_at or turn.now,
    )


def is_awaited(state: WorkflowState, task: TaskState, command: cmd.ChildEnded) -> bool:
    """Tell whether a child's end is the one that the task waits for.

    Another child may have been in its place, and this one may have been brought back
    since.  One that had completed has nothing to be brought back for.
    """
    if command.child_id != (task.sub_workflow_id or command.child_id):
        return False
    if task.sub_workflow_id is None and task.delivery > 1:
        return command.child_id == child_of(state, task)
    has_completed = command.status is WorkflowStatus.COMPLETED and task.revives_child
    return command.run >= task.child_run - has_completed


def _output_of(turn: Turn, task: TaskState, output: Raw, path: str | None) -> Any:
    """Return the output that a task completes with, wherever it lies."""
    if output:
        return decode(output)
    if path is not None:
        return decode(require(turn.facts, StoredPayload(path)))
    return turn.own_output_of(task)
