"""Bringing an ended workflow back: restart, retry, and what follows for families (4.8).

The tasks come first and the workflow's status last.  A process that dies in between
leaves a workflow that has ended, as it was to everybody; whoever asked asks again.

A workflow counts its runs.  A parent's SUB_WORKFLOW task knows from which run of its
child on an end counts, so what a child said before it was brought back is never taken
for what it says after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Raw

from podium.decider import commands as cmd
from podium.decider import events as ev
from podium.decider.facts import Snapshot, require
from podium.decider.resetting import (
    REOPENED,
    reopen,
    reopen_child,
    resume_all,
    try_again,
    unsuccessful,
)
from podium.decider.state import TaskState, WorkflowState
from podium.decider.turn import EndWorkflow, Turn
from podium.errors import Conflict, NotFound
from podium.expressions.schemas import hold_to, misfits
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_definition import WorkflowDef


def describe(state: WorkflowState) -> str:
    """Return a workflow as Conductor's messages name it."""
    return f"{state.name}.{state.definition_version}/{state.workflow_id}.{state.status}"


def restart(turn: Turn, command: cmd.Restart) -> None:
    """Begin anew, by the snapshot that the workflow has or by the one that is named."""
    state = turn.state
    if not state.status.is_terminal:
        raise Conflict(
            f"Workflow: {describe(state)} is not in terminal state, unable to restart."
        )
    digest = command.definition or state.definition
    source = require(turn.facts, Snapshot(digest)).source
    if not source.restartable and state.status is WorkflowStatus.COMPLETED:
        raise NotFound(f"Workflow: {describe(state)} is non-restartable")
    if command.definition is not None:
        _hold_to_latest(turn, source)
    begin_anew(turn, ev.Recovery.RESTARTED, digest)


def _hold_to_latest(turn: Turn, latest: WorkflowDef) -> None:
    """Refuse an input that breaks the latest definition's schema (reference 4.11).

    One that breaks that of its own definition was never held to it: a failed workflow
    is nobody's input for its failure workflow.
    """
    given = turn.workflow_input()
    if not misfits(turn.definition.source.input_schema, given):
        hold_to_input_schema(latest, given, "restartWorkflow.input")


def hold_to_input_schema(definition: WorkflowDef, given: Any, name: str) -> None:
    """Refuse an input that breaks the schema of a definition which has it enforced."""
    if definition.enforce_schema:
        hold_to(definition.input_schema, given, name)


def begin_anew(
    turn: Turn,
    operation: ev.Recovery,
    digest: str,
    given: Raw = ev.ABSENT,
    correlation_id: str | None = None,
) -> None:
    """Have the workflow begin without any task."""
    source = require(turn.facts, Snapshot(digest)).source
    turn.emit(
        ev.WorkflowRestarted(
            operation=operation,
            run=turn.state.run + 1,
            version=source.version,
            definition=digest,
            timeout=source.timeout_seconds,
            input=given,
            correlation_id=correlation_id,
        )
    )
    turn.unsettled = []
    turn.attended = True


def retry(turn: Turn, command: cmd.Retry) -> None:
    """Try again what failed and what was cancelled (reference 1.11, 4.8)."""
    state = turn.state
    if not state.status.is_terminal:
        raise NotFound(f"Workflow is still running.  status={state.status}")
    if not state.tasks:
        raise Conflict("Workflow has not started yet")
    failed = unsuccessful(state)
    if command.resume and _is_for_a_child(failed):
        bring_back(turn, ev.Recovery.RETRIED, lambda: resume_all(turn, failed))
        return
    if state.status is not WorkflowStatus.TIMED_OUT:
        _refuse_without_failures(turn, failed)
    bring_back(turn, ev.Recovery.RETRIED, lambda: _retry_all(turn, failed))


def _is_for_a_child(failed: list[TaskState]) -> bool:
    """Tell whether what failed first is a child, where it is not a loop around one."""
    for task in failed:
        if task.type != "DO_WHILE":
            return task.type == "SUB_WORKFLOW" and task.sub_workflow_id is not None
    return False


def _refuse_without_failures(turn: Turn, failed: list[TaskState]) -> None:
    if all(_only_waited(turn, task) for task in failed):
        raise Conflict(
            "There are no retryable tasks! Use restart if you want to attempt entire "
            "workflow execution again."
        )


def _only_waited(turn: Turn, task: TaskState) -> bool:
    """Tell whether a JOIN or a loop only stopped because of others."""
    if task.type not in REOPENED:
        return False
    if task.type == "DO_WHILE" or task.status is TaskStatus.CANCELED:
        return task.status is TaskStatus.CANCELED and task.type != "EXCLUSIVE_JOIN"
    return any(_was_permitted(turn, ref) for ref in task.join_on)


def _was_permitted(turn: Turn, ref: str) -> bool:
    """Tell whether a joined task was allowed to fail, and did."""
    task = turn.state.tasks.get(ref)
    if task is None or task.status is not TaskStatus.FAILED:
        return False
    definition = turn.node_of(task).task
    return definition.permissive and not definition.optional


def _retry_all(turn: Turn, failed: list[TaskState]) -> None:
    for task in failed:
        if task.type in REOPENED:
            reopen(turn, task, counts=not _only_waited(turn, task))
        else:
            try_again(turn, task)


# --- families ----------------------------------------------------------------------


def child_revived(turn: Turn, command: cmd.ChildRevived) -> None:
    """Go on because a child does, unless this workflow has done without it.

    It has where the task is optional, was superseded, or is gone.
    """
    state, task = turn.state, turn.state.task_of(command.seq)
    if task is None or task.sub_workflow_id != command.child_id:
        return
    if command.run < task.child_run + (not task.revives_child):
        return
    if turn.node_of(task).task.optional:
        return
    if not state.status.is_terminal:
        reopen_child(turn, task, command.run, revive=False)
        turn.to_judge.extend(state.watchers.get(task.ref, ()))
        return

    def revive() -> None:
        others = [one for one in unsuccessful(state) if one.seq != task.seq]
        resume_all(turn, others)
        reopen_child(turn, task, command.run, revive=False)

    bring_back(turn, command.operation, revive, child=task.seq)


def revive(turn: Turn, command: cmd.Revive) -> None:
    """Go on because the parent does; once for each run that was over.

    One that never came to its end begins another run all the same, so that whatever is
    on its way to end it comes too late.
    """
    state = turn.state
    if state.run > command.run or state.status is WorkflowStatus.COMPLETED:
        return
    failed = unsuccessful(state) if state.status.is_terminal else []
    bring_back(turn, ev.Recovery.RETRIED, lambda: resume_all(turn, failed))


def bring_back(
    turn: Turn,
    operation: ev.Recovery,
    reset: Callable[[], None],
    *,
    child: int = 0,
    given: Raw = ev.ABSENT,
    correlation_id: str | None = None,
) -> None:
    """Reset tasks, then have the workflow run; it may end at once for what was reset.

    Expressions see a workflow that runs.
    """
    turn.ends_as = WorkflowStatus.RUNNING
    end = None
    try:
        reset()
    except EndWorkflow as found:
        end = found
    turn.ends_as = None
    turn.emit(
        ev.WorkflowReopened(
            operation=operation,
            run=turn.state.run + 1,
            child=child,
            input=given,
            correlation_id=correlation_id,
        )
    )
    turn.unsettled = sorted(turn.state.unsettled)
    turn.attended = turn.attended or turn.state.status is WorkflowStatus.RUNNING
    if end is not None:
        raise end
