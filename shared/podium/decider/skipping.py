"""Skipping a task, and offering at once what was to come later (reference 4.8)."""

from __future__ import annotations

from podium.decider import commands as cmd
from podium.decider import events as ev
from podium.decider.facts import LeaseOf, require_all
from podium.decider.state import TaskState
from podium.decider.task_types import SYSTEM
from podium.decider.timeouts import open_tasks
from podium.decider.turn import Turn
from podium.errors import Conflict, IllegalState
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


def skip_task(turn: Turn, command: cmd.SkipTask) -> None:
    """Record a task as skipped before the flow comes to it."""
    state, ref = turn.state, command.ref
    if state.status is not WorkflowStatus.RUNNING:
        raise IllegalState(
            f"The workflow {state.workflow_id} is not running so the task referenced "
            f"by {ref} cannot be skipped"
        )
    node = turn.definition.graph.nodes.get(ref)
    if node is None:
        raise IllegalState(
            f"The task referenced by {ref} does not exist in the WorkflowDefinition "
            f"{state.name}"
        )
    if any(ref in (task.ref, task.full_ref) for task in state.tasks.values()):
        raise IllegalState(
            f"The task referenced {ref} has already been processed, cannot be skipped"
        )
    turn.emit(
        ev.TaskScheduled(
            seq=state.last_seq + 1,
            ref=ref,
            type=node.task.name,
            name=node.task.name,
            status=TaskStatus.SKIPPED,
            input=command.input,
            output=command.output,
            loop=node.loop,
        )
    )


def reset_callbacks(turn: Turn, _command: cmd.ResetCallbacks) -> None:
    """Offer now whatever a worker, or a retry, was to have later."""
    status = turn.state.status
    if status.is_terminal:
        raise Conflict(f"Workflow is in terminal state. Status = {status}")
    waiting = [task for task in open_tasks(turn.state) if _is_called_back(task)]
    due = [task for task in waiting if task.due <= turn.now]
    leases = [LeaseOf(task.seq, task.delivery) for task in due]
    require_all(turn.facts, leases)
    taken = {need.seq for need in leases if turn.facts[need] is not None}
    for task in sorted(waiting, key=lambda one: one.seq):
        if task.seq not in taken:
            turn.emit(
                ev.TaskUpdated(
                    seq=task.seq,
                    status=TaskStatus.SCHEDULED,
                    reason=task.reason,
                    delivery=task.delivery + 1,
                )
            )


def _is_called_back(task: TaskState) -> bool:
    is_waiting = task.status is TaskStatus.SCHEDULED and task.type not in SYSTEM
    return is_waiting and task.callback_after > 0
