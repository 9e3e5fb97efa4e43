"""How a workflow ends: completion, output, failure workflow (reference 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podium import ids
from podium.decider.events import TaskUpdated, WorkflowEnded
from podium.decider.facts import WorkflowDefinition, require
from podium.decider.state import TaskState
from podium.decider.timeouts import open_tasks
from podium.decider.turn import EndWorkflow, Turn, encode
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

FAILURE_WORKFLOW_KEY = "conductor.failure_workflow"
_PARTS = 3


def check_completion(turn: Turn) -> None:
    """Raise EndWorkflow where nothing is open or left to schedule.

    Every top-level task must have come to its end; permissive tasks that failed fail
    the workflow now.
    """
    state = turn.state
    if state.open or state.unsettled:
        return
    for node in turn.definition.graph.top:
        if node.ref not in state.tasks:
            return
    failed = sorted(
        (task for task in state.tasks.values() if not task.status.is_successful),
        key=lambda task: task.seq,
    )
    if failed:
        reason = ". ".join(
            f"Task {turn.task_id(task)} failed with status: {task.status} "
            f"and reason: '{task.reason}'"
            for task in failed
        )
        raise EndWorkflow(WorkflowStatus.FAILED, reason, failed_task=failed[0].seq)
    raise EndWorkflow(WorkflowStatus.COMPLETED, None)


def end_workflow(
    turn: Turn, end: EndWorkflow, *, start_failure_workflow: bool = True
) -> None:
    """Cancel what is open, compute the output, and end the workflow."""
    last = _last_task(turn)
    for task in sorted(open_tasks(turn.state), key=lambda one: one.seq):
        turn.emit(TaskUpdated(seq=task.seq, status=TaskStatus.CANCELED))
    output = dict(_output(turn, end, last))
    failure_workflow = None
    if start_failure_workflow and end.status is not WorkflowStatus.COMPLETED:
        failure_workflow, shown = _failure_workflow(turn)
        if shown is not None:
            output[FAILURE_WORKFLOW_KEY] = shown
    turn.emit(
        WorkflowEnded(
            status=end.status,
            reason=end.reason,
            output=encode(output),
            failed_task=end.failed_task,
            failure_workflow=failure_workflow,
        )
    )


def _last_task(turn: Turn) -> TaskState | None:
    ref = turn.state.latest_ref
    return None if ref is None else turn.state.tasks.get(ref)


def _output(turn: Turn, end: EndWorkflow, last: TaskState | None) -> Mapping[str, Any]:
    if end.output is not None:
        return end.output
    if turn.definition.source.output_parameters:
        resolved: dict[str, Any] = turn.resolve(turn.definition.output)
        return resolved
    return {} if last is None else turn.output_of(turn.state.tasks[last.ref])


def _failure_workflow(turn: Turn) -> tuple[str | None, str | None]:
    """Return the failure workflow's id, and what the output says of it."""
    source = turn.definition.source
    if not source.failure_workflow:
        return None, None
    given = turn.workflow_input() if source.failure_workflow.startswith("$") else {}
    name = failure_workflow_name(source.failure_workflow, given)
    version = source.failure_workflow_version
    if name is None:
        return None, f"Failed to start: {source.failure_workflow} names no workflow"
    found = require(turn.facts, WorkflowDefinition(name, version))
    if found is None:
        return None, (
            f"Error workflow {name} failed to start.  reason: "
            f"No such workflow defined. name={name}, version={version}"
        )
    chosen = ids.derived_workflow_id(
        turn.now, turn.state.workflow_id, "failure", str(turn.state.version)
    )
    return chosen, chosen


def failure_workflow_name(name: str, given: Mapping[str, Any]) -> str | None:
    """Return the failure workflow's name, which may be read from the input.

    Conductor takes the third part of a name like ``$.input.key`` as the input's key and
    so never finds that of ``${workflow.input.key}``; here both work.
    """
    if not name.startswith("$"):
        return name
    parts = name.split(".")
    found = given.get(parts[-1].rstrip("}")) if len(parts) >= _PARTS else None
    return found if isinstance(found, str) and found else None
