"""Folding: the state after one more event, or one more entry of the journal.

Pure, and never a matter of today's code alone: what was recorded years ago folds to the
same state (design 4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from podium.decider import events as ev
from podium.decider.recovery_folding import reopen, reopen_task, restart, undo
from podium.decider.state import MessageAt, WorkflowState
from podium.decider.task_folding import (
    at_hand,
    forget_dynamic_tasks,
    inlined_by,
    note_failures,
    schedule,
    settle,
    unpark,
    update,
)
from podium.model.workflow import WorkflowStatus


def fold(
    state: WorkflowState | None, version: int, entry: ev.Entry, workflow_id: str
) -> WorkflowState:
    """Return the state after one more journal entry."""
    for event in entry.events:
        state = evolve(state, event, workflow_id, version, entry.at)
    if state is None:
        raise ValueError(f"the first entry of {workflow_id} does not start a workflow")
    return replace(state, version=version, at=entry.at, armed=entry.armed)


def evolve(
    state: WorkflowState | None,
    event: ev.Event,
    workflow_id: str,
    version: int,
    at: int,
) -> WorkflowState:
    """Return the state after one more event of entry ``version``, made at ``at``."""
    if state is None:
        if not isinstance(event, ev.WorkflowStarted):
            raise ValueError(f"{type(event).__name__} before the workflow started")
        return _start(event, workflow_id, at)
    return _FOLDS[type(event)](state, event, version, at)


def _start(event: ev.WorkflowStarted, workflow_id: str, at: int) -> WorkflowState:
    payload, inlined = at_hand(event.input, 0)
    return WorkflowState(
        workflow_id=workflow_id,
        name=event.name,
        definition_version=event.version,
        definition=event.definition,
        created_at=at,
        updated_at=at,
        timeout_from=at,
        timeout=event.timeout,
        correlation_id=event.correlation_id,
        priority=event.priority,
        task_to_domain=event.task_to_domain,
        created_by=event.created_by,
        event=event.event,
        parent_id=event.parent_id,
        parent_task_id=event.parent_task_id,
        idempotency_key=event.idempotency_key,
        quota=event.quota,
        queued=event.queued,
        cache=event.cache,
        input=payload,
        inlined=inlined,
        input_path=event.input_path,
        variables=event.variables,
    )


def _advance(
    state: WorkflowState, event: ev.LoopAdvanced, version: int, at: int
) -> WorkflowState:
    loop = state.task_of(event.seq)
    if loop is None:
        return state
    state = forget_dynamic_tasks(state, loop)
    output, inlined = at_hand(event.output, state.inlined - inlined_by(loop))
    loop = replace(
        state.tasks[loop.ref],
        iteration=event.iteration,
        output=output,
        updated_in=version,
        updated_at=at,
    )
    return replace(
        state,
        tasks=state.tasks.insert(loop.ref, loop),
        inlined=inlined,
        updated_at=at,
    )


def _note_told(
    state: WorkflowState, event: ev.StateChanged, _version: int, _at: int
) -> WorkflowState:
    """Remember that a start was told: who takes a task may say so twice."""
    task = state.task_of(event.seq)
    if task is None or event.on != ev.ON_START or task.start_told == event.delivery:
        return state
    told = replace(task, start_told=event.delivery)
    return replace(state, tasks=state.tasks.insert(task.ref, told))


def _set_variables(
    state: WorkflowState, event: ev.VariablesSet, _version: int, at: int
) -> WorkflowState:
    merged = msgspec.json.decode(state.variables) | msgspec.json.decode(event.values)
    return replace(state, variables=Raw(msgspec.json.encode(merged)), updated_at=at)


def _push(
    state: WorkflowState, event: ev.MessagePushed, version: int, at: int
) -> WorkflowState:
    kept = state.messages[event.expired :]
    pushed = MessageAt(event.id, version, at)
    return replace(state, messages=(*kept, pushed), updated_at=at)


def _follow(
    state: WorkflowState, event: ev.WorkflowFollowed, _version: int, _at: int
) -> WorkflowState:
    follower = (event.parent_id, event.parent_task_id)
    return replace(state, followers=(*state.followers, follower))


def _admit(
    state: WorkflowState, _event: ev.WorkflowAdmitted, _version: int, at: int
) -> WorkflowState:
    return replace(state, queued=False, timeout_from=at, updated_at=at)


def _pause(
    state: WorkflowState, event: ev.WorkflowPaused, _version: int, at: int
) -> WorkflowState:
    return replace(
        state, status=WorkflowStatus.PAUSED, reason=event.reason, updated_at=at
    )


def _resume(
    state: WorkflowState, _event: ev.WorkflowResumed, _version: int, at: int
) -> WorkflowState:
    return replace(
        state,
        status=WorkflowStatus.RUNNING,
        reason=None,
        timeout_from=at,
        updated_at=at,
    )


def _end(
    state: WorkflowState, event: ev.WorkflowEnded, version: int, at: int
) -> WorkflowState:
    state = note_failures(
        state, (state.tasks[ref] for _, ref in sorted(state.unsettled.items()))
    )
    return replace(
        state,
        status=event.status,
        reason=event.reason,
        failed_task=event.failed_task,
        messages=(),
        output_in=version,
        failure_workflow=event.failure_workflow,
        ended_at=at,
        updated_at=at,
    )


_FOLDS: dict[type, Callable[[WorkflowState, Any, int, int], WorkflowState]] = {
    ev.TaskScheduled: schedule,
    ev.TaskUpdated: update,
    ev.TaskReopened: reopen_task,
    ev.TasksUndone: undo,
    ev.TaskSettled: settle,
    ev.TaskUnparked: unpark,
    ev.StateChanged: _note_told,
    ev.LoopAdvanced: _advance,
    ev.VariablesSet: _set_variables,
    ev.MessagePushed: _push,
    ev.WorkflowFollowed: _follow,
    ev.WorkflowAdmitted: _admit,
    ev.WorkflowPaused: _pause,
    ev.WorkflowResumed: _resume,
    ev.WorkflowRestarted: restart,
    ev.WorkflowReopened: reopen,
    ev.WorkflowEnded: _end,
}
