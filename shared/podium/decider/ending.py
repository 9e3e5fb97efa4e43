"""How a workflow ends: completion, output, failure workflow (reference 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podium import ids
from podium.decider.events import TaskUpdated, WorkflowEnded
from podium.decider.facts import CachedOutput, WorkflowDefinition, require
from podium.decider.payload_limits import too_large_for_workflow
from podium.decider.timeouts import open_tasks
from podium.decider.turn import EndWorkflow, Turn, decode, encode
from podium.expressions.schemas import explain, misfits
from podium.expressions.template import java_string
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

FAILURE_WORKFLOW_KEY = "conductor.failure_workflow"
_KEY = 2


def check_completion(turn: Turn) -> None:
    """Raise EndWorkflow where nothing is open or left to schedule.

    Every top-level task must have come to its end; permissive tasks that failed fail
    the workflow now.
    """
    state = turn.state
    if state.open or state.unsettled:
        return
    if all(node.ref in state.tasks for node in turn.definition.graph.top):
        fail_for_permissive_tasks(turn)
        raise EndWorkflow(WorkflowStatus.COMPLETED, None)


def fail_for_permissive_tasks(turn: Turn, output: dict[str, Any] | None = None) -> None:
    """Raise EndWorkflow where a task failed and the flow went on regardless (4.2)."""
    failed = sorted(
        (
            task
            for task in turn.state.tasks.values()
            if task.settled and not task.status.is_successful
        ),
        key=lambda task: task.seq,
    )
    if failed:
        reason = ". ".join(
            f"Task {turn.task_id(task)} failed with status: {task.status} "
            f"and reason: '{java_string(task.reason)}'"
            for task in failed
        )
        raise EndWorkflow(
            WorkflowStatus.FAILED, reason, failed_task=failed[0].seq, output=output
        )


def take_remembered_output(turn: Turn) -> None:
    """Raise EndWorkflow where another with the same key has the output (4.11).

    One that is brought back is to run.
    """
    state = turn.state
    if state.cache is None or state.run:
        return
    found = require(turn.facts, CachedOutput(state.definition, state.cache.key))
    if found is not None:
        raise EndWorkflow(WorkflowStatus.COMPLETED, None, output=decode(found))


def end_workflow(
    turn: Turn, end: EndWorkflow, *, start_failure_workflow: bool = True
) -> None:
    """End the workflow, and then whatever it left open.

    In this order a decision that is cut short has ended the workflow for its reason,
    and waking the workflow ends the rest.
    """
    output = dict(_output(turn, end))
    end = _held_to_schema(turn, end, output)
    too_large = too_large_for_workflow(encode(output), turn.state.workflow_id)
    if too_large is not None:
        end, output = EndWorkflow(WorkflowStatus.FAILED, too_large), {}
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
    close_open_tasks(turn)


def _held_to_schema(
    turn: Turn, end: EndWorkflow, output: Mapping[str, Any]
) -> EndWorkflow:
    """Return the end; a completed workflow whose output breaks its schema has failed.

    Its output is shown all the same.
    """
    source = turn.definition.source
    if end.status is not WorkflowStatus.COMPLETED or not source.enforce_schema:
        return end
    found = misfits(source.output_schema, output)
    if not found:
        return end
    reason = f"Output schema violated: {explain('output', found)}"
    return EndWorkflow(WorkflowStatus.FAILED, reason)


def close_open_tasks(turn: Turn) -> None:
    """Cancel what an ended workflow left open; the task that timed it out times out."""
    state = turn.state
    for task in sorted(open_tasks(state), key=lambda one: one.seq):
        status, reason = TaskStatus.CANCELED, task.reason
        if task.seq == state.failed_task and state.status is WorkflowStatus.TIMED_OUT:
            status, reason = TaskStatus.TIMED_OUT, state.reason
        turn.emit(TaskUpdated(seq=task.seq, status=status, reason=reason))


def _output(turn: Turn, end: EndWorkflow) -> Mapping[str, Any]:
    """Return the output: a TERMINATE's, what the definition says, or the last task's.

    While it is computed the workflow counts as failed already, but not as completed.
    """
    if end.output is not None:
        return end.output
    if turn.definition.source.output_parameters:
        if end.status is not WorkflowStatus.COMPLETED:
            turn.ends_as = end.status
        resolved: dict[str, Any] = turn.resolve(turn.definition.output)
        return resolved
    last = turn.state.tasks.get(turn.state.latest_ref or "")
    return {} if last is None else turn.output_of(last)


def _failure_workflow(turn: Turn) -> tuple[str | None, str | None]:
    """Return the failure workflow's id, and what the output says of it."""
    source = turn.definition.source
    if not source.failure_workflow:
        return None, None
    given = turn.workflow_input() if source.failure_workflow.startswith("$") else {}
    name = failure_workflow_name(source.failure_workflow, given)
    version = source.failure_workflow_version
    if name is None:
        return None, (
            f"Error workflow {source.failure_workflow} failed to start.  reason: "
            "It names no workflow"
        )
    found = require(turn.facts, WorkflowDefinition(name, version))
    if found is None:
        return None, (
            f"Error workflow {name} failed to start.  reason: "
            f"No such workflow defined. name={name}, "
            f"version={'null' if version is None else version}"
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
    found = given.get(parts[_KEY].rstrip("}")) if len(parts) > _KEY else None
    return found if isinstance(found, str) and found else None
