"""Folding what brings an ended workflow back (reference 4.8).

A rerun may bring back tasks whose place others had taken.  The state forgets such, so
the event carries them; everything that is counted is then counted anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from rpds import HashTrieMap

from podium.decider import events as ev
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_folding import (
    at_hand,
    count_open,
    inlined_by,
    recount,
    remaining,
)
from podium.model.workflow import WorkflowStatus

_tasks_of = msgspec.json.Decoder(tuple[TaskState, ...]).decode


def restart(
    state: WorkflowState, event: ev.WorkflowRestarted, version: int, at: int
) -> WorkflowState:
    """Forget all tasks; only a restart in Conductor's sense sets the clock anew."""
    state = rebuilt(state, ())
    anew: dict[str, Any] = {}
    if event.operation is ev.Recovery.RESTARTED:
        anew["created_at"] = at
    return _back(
        replace(
            state,
            messages=(),
            definition=event.definition,
            definition_version=event.version,
            timeout=event.timeout,
            failed_refs=(),
            failed_names=(),
            **anew,
        ),
        event,
        version,
        at,
    )


def reopen(
    state: WorkflowState, event: ev.WorkflowReopened, version: int, at: int
) -> WorkflowState:
    """Have the workflow run again; one that never ended goes on as it was."""
    if event.child or event.operation is ev.Recovery.RERAN:
        state = replace(state, failed_refs=(), failed_names=())
    return _back(state, event, version, at)


def _back(
    state: WorkflowState,
    event: ev.WorkflowRestarted | ev.WorkflowReopened,
    version: int,
    at: int,
) -> WorkflowState:
    is_over = state.status.is_terminal
    changes: dict[str, Any] = {}
    if event.input:
        spare = state.inlined - len(memoryview(state.input))
        changes["input"], changes["inlined"] = at_hand(event.input, spare)
        changes["input_in"], changes["input_path"] = version, None
    if event.correlation_id is not None:
        changes["correlation_id"] = event.correlation_id
    return replace(
        state,
        status=WorkflowStatus.RUNNING if is_over else state.status,
        reason=None if is_over else state.reason,
        queued=state.queued or (is_over and state.quota is not None),
        run=event.run,
        recovery=event.operation,
        ended_at=0,
        output_in=0,
        failed_task=0,
        failure_workflow=None,
        timeout_from=at,
        updated_at=at,
        **changes,
    )


def undo(
    state: WorkflowState, event: ev.TasksUndone, _version: int, at: int
) -> WorkflowState:
    """Take tasks out, and put back what they had taken the place of."""
    gone = frozenset(event.seqs)
    tasks = {task.ref: task for task in state.tasks.values() if task.seq not in gone}
    tasks |= {task.ref: task for task in restored_by(event)}
    return replace(rebuilt(state, tasks.values()), updated_at=at)


def restored_by(event: ev.TasksUndone) -> tuple[TaskState, ...]:
    """Return the task states that the event brings back."""
    return _tasks_of(event.restored) if event.restored else ()


def encode_restored(tasks: Iterable[TaskState]) -> Raw:
    """Return task states as an event carries them."""
    listed = list(tasks)
    return Raw(msgspec.json.encode(listed)) if listed else ev.ABSENT


def reopen_task(
    state: WorkflowState, event: ev.TaskReopened, _version: int, at: int
) -> WorkflowState:
    """Have a task that was over, or waits for another run of its child, go on."""
    task = state.task_of(event.seq)
    if task is None:
        return state
    was_open = task.is_open
    task = replace(
        task,
        status=event.status,
        retry_count=event.retry_count,
        child_run=event.child_run,
        revives_child=event.revives_child,
        reason=None,
        ended_at=0,
        settled=False,
        updated_at=at,
    )
    task = replace(task, remaining=remaining(state.tasks, task))
    tasks = state.tasks.insert(task.ref, task)
    tasks = recount(tasks, state.watchers.get(task.ref, ()))
    if not was_open:
        tasks = count_open(tasks, task.loop, 1)
    return replace(
        state,
        tasks=tasks,
        unsettled=state.unsettled.discard(task.seq),
        open=state.open + (0 if was_open else 1),
        failed_refs=_without(state.failed_refs, task.full_ref),
        failed_names=_without(state.failed_names, task.name),
        updated_at=at,
    )


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(one for one in names if one != name)


def rebuilt(state: WorkflowState, tasks: Iterable[TaskState]) -> WorkflowState:
    """Return the state with these tasks alone, and all that follows from them."""
    listed = {task.ref: task for task in tasks}
    opened = Counter(task.loop for task in listed.values() if task.is_open)
    for task in list(listed.values()):
        listed[task.ref] = replace(
            task,
            open=opened[task.ref],
            forked=tuple(ref for ref in task.forked if ref in listed),
        )
    found: HashTrieMap[str, TaskState] = HashTrieMap(listed)
    watchers: dict[str, tuple[str, ...]] = {}
    for task in listed.values():
        for ref in task.join_on:
            watchers[ref] = (*watchers.get(ref, ()), task.ref)
        if task.join_on:
            counted = replace(task, remaining=remaining(found, task))
            found = found.insert(task.ref, counted)
    latest = max(listed.values(), key=lambda task: task.seq, default=None)
    return replace(
        state,
        tasks=found,
        refs=HashTrieMap({task.seq: task.ref for task in listed.values()}),
        unsettled=HashTrieMap(
            {task.seq: task.ref for task in listed.values() if task.is_unsettled}
        ),
        watchers=HashTrieMap(watchers),
        open=sum(task.is_open for task in listed.values()),
        inlined=len(memoryview(state.input)) + sum(map(inlined_by, listed.values())),
        latest_ref=None if latest is None else latest.ref,
    )
