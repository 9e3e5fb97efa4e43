"""Running an ended workflow again, whole or from one of its tasks (reference 4.8).

From a task: what came after is undone, the task begins anew in its place, and whatever
else was cut off goes on.  What had waited for it, a JOIN or the loops around, waits
again; what led to something that is undone leads there once more.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from podium import ids
from podium.decider import commands as cmd
from podium.decider import events as ev
from podium.decider.facts import WholeJournal, require
from podium.decider.history import TaskRecord
from podium.decider.recovery import (
    begin_anew,
    bring_back,
    describe,
    hold_to_input_schema,
)
from podium.decider.recovery_folding import encode_restored
from podium.decider.resetting import (
    REOPENED,
    begin_again,
    is_current,
    reopen,
    unsuccessful,
)
from podium.decider.scheduling import registered_definition_of
from podium.decider.settling import lacks_successor
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_folding import remaining
from podium.decider.turn import Turn, decode
from podium.decider.undoing import Past
from podium.errors import Conflict, InvalidInput
from podium.expressions.schemas import hold_to


def rerun(turn: Turn, command: cmd.Rerun) -> None:
    """Run the workflow again."""
    state = turn.state
    if not state.status.is_terminal:
        raise Conflict(
            f"Workflow: {describe(state)} is not in terminal state, unable to rerun."
        )
    if command.workflow_input:
        given_input = decode(command.workflow_input)
        name = "rerunWorkflow.request.workflowInput"
        hold_to_input_schema(turn.definition.source, given_input, name)
    if not command.seq:
        begin_anew(
            turn,
            ev.Recovery.RERAN,
            state.definition,
            command.workflow_input,
            command.correlation_id,
        )
        return
    past = Past(
        state.workflow_id,
        require(turn.facts, WholeJournal(state.version)),
        turn.definition.graph,
    )
    target = past.records.get(command.seq)
    if target is None:
        missing = ids.task_id(state.workflow_id, command.seq)
        raise InvalidInput(f"Task {missing} not found")
    given = decode(command.task_input) if command.task_input else None
    bring_back(
        turn,
        ev.Recovery.RERAN,
        lambda: _go_back(turn, past, target, given),
        given=command.workflow_input,
        correlation_id=command.correlation_id,
    )


def _go_back(
    turn: Turn, past: Past, target: TaskRecord, given: dict[str, Any] | None
) -> None:
    undone = past.later_than(target)
    touched = {past.records[seq].scheduled.loop for seq in undone}
    turn.emit(_undoing(turn, past, undone))
    task = turn.state.task_of(target.scheduled.seq)
    if task is None:
        raise LookupError(f"{target.full_ref} is not left of what was undone")
    siblings = [one for one in unsuccessful(turn.state) if one.ref != task.ref]
    _begin_target(turn, task, given)
    for sibling in siblings:
        if sibling.type in REOPENED:
            reopen(turn, sibling)
        else:
            begin_again(turn, sibling)
    for loop in _loops_around(turn.state, {task.loop, *touched}):
        if not loop.is_open:
            reopen(turn, loop)
    for join in _joins_to_wait(turn.state):
        reopen(turn, join)


def _undoing(turn: Turn, past: Past, undone: list[int]) -> ev.TasksUndone:
    """Return the event that takes these tasks out, and puts others back.

    What led to one of them is to be settled again, which schedules it anew.
    """
    before, after = turn.state, past.without(undone)
    event = ev.TasksUndone(
        seqs=tuple(undone),
        restored=encode_restored(_changed(before, after)),
        rewound=past.rewound(before, after),
    )
    probe = Turn(before, turn.facts, turn.now, turn.jitter)
    probe.ends_as = turn.ends_as
    probe.emit(event)
    settled = (task for task in probe.state.tasks.values() if task.settled)
    unsettled = {
        task.ref: replace(task, settled=False)
        for task in settled
        if is_current(probe.state, task) and lacks_successor(probe, task)
    }
    restored = {task.ref: task for task in _changed(before, after)} | unsettled
    return replace(event, restored=encode_restored(restored.values()))


def _changed(before: WorkflowState, after: WorkflowState) -> list[TaskState]:
    """Return the tasks that are other ones, or not as they are, without the undone."""
    return [
        task
        for task in after.tasks.values()
        if (there := before.tasks.get(task.ref)) is None or there != task
    ]


def _begin_target(turn: Turn, task: TaskState, given: dict[str, Any] | None) -> None:
    """Begin the task anew; a JOIN waits for what it waited for.

    An input that breaks its definition's schema is refused (2.4).
    """
    if task.type in ("JOIN", "EXCLUSIVE_JOIN"):
        reopen(turn, task)
    elif task.type == "SUB_WORKFLOW":
        begin_again(turn, task)
    else:
        if given is not None:
            _hold_to_schema(turn, task, given)
        begin_again(turn, task, given=given)


def _hold_to_schema(turn: Turn, task: TaskState, given: dict[str, Any]) -> None:
    definition = registered_definition_of(turn, turn.place_of(task), task.name)
    if definition is not None and definition.enforce_schema:
        name = "rerunWorkflow.request.taskInput"
        hold_to(definition.input_schema, given, name)


def _loops_around(state: WorkflowState, refs: set[str | None]) -> list[TaskState]:
    """Return these loops and those around them, the innermost of each first."""
    found: dict[str, TaskState] = {}
    for ref in refs:
        loop = state.tasks.get(ref) if ref is not None else None
        while loop is not None:
            found.setdefault(loop.ref, loop)
            loop = state.tasks.get(loop.loop) if loop.loop is not None else None
    return list(found.values())


def _joins_to_wait(state: WorkflowState) -> list[TaskState]:
    """Return the JOINs that were over and have something to wait for again."""
    return [
        task
        for task in state.tasks.values()
        if task.type == "JOIN"
        and not task.is_open
        and is_current(state, task)
        and remaining(state.tasks, task)
    ]
