"""Folding the events of tasks into the state (see :mod:`podium.decider.state`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Raw
from msgspec.structs import replace

from podium.decider import events as ev
from podium.decider.state import (
    FAILURES,
    INLINE_BUDGET,
    INLINE_OUTPUT,
    TaskMap,
    TaskState,
    WorkflowState,
    shares_iteration,
)
from podium.model.task import TaskStatus


def schedule(
    state: WorkflowState, event: ev.TaskScheduled, version: int, at: int
) -> WorkflowState:
    """Add a task; it takes the place of the attempt or iteration before it."""
    replaced = state.tasks.get(event.ref)
    if replaced is not None:
        if event.retry_of == replaced.seq:
            state = note_failures(state, [replaced])
        state = _forget(state, replaced)
    refs, unsettled = state.refs, state.unsettled
    terminal = event.status.is_terminal
    output, inlined = at_hand(event.output, state.inlined)
    task = _scheduled(event, version, at, output)
    watchers = state.watchers
    if event.join_on:
        task = replace(task, remaining=remaining(state.tasks, task))
        for ref in event.join_on:
            others = watchers.get(ref, ())
            if event.ref not in others:
                watchers = watchers.insert(ref, (*others, event.ref))
    tasks = state.tasks.insert(event.ref, task)
    if replaced is not None and replaced.settled:
        tasks = recount(tasks, watchers.get(event.ref, ()))
    if task.is_unsettled:
        unsettled = unsettled.insert(event.seq, event.ref)
    if not terminal:
        tasks = count_open(tasks, event.loop, 1)
    if event.forked and event.loop is not None:
        owner = tasks[event.loop]
        forked = (*owner.forked, *event.forked)
        tasks = tasks.insert(owner.ref, replace(owner, forked=forked))
    return replace(
        state,
        tasks=tasks,
        refs=refs.insert(event.seq, event.ref),
        unsettled=unsettled,
        watchers=watchers,
        open=state.open + (0 if terminal else 1),
        inlined=inlined,
        last_seq=max(state.last_seq, event.seq),
        latest_ref=event.ref,
        updated_at=at,
    )


def _scheduled(
    event: ev.TaskScheduled, version: int, at: int, output: Raw
) -> TaskState:
    """Return a task as it is scheduled, with what is at hand of its output."""
    is_over = event.status.is_terminal
    return TaskState(
        seq=event.seq,
        ref=event.ref,
        type=event.type,
        name=event.name,
        status=event.status,
        scheduled_in=version,
        scheduled_at=at,
        first_scheduled_at=event.first_scheduled_at or at,
        updated_at=at,
        iterations=event.iterations,
        loop=event.loop,
        root=event.root,
        retry_count=event.retry_count,
        due=at + event.delay,
        start_delay=event.start_delay,
        parked=event.parked,
        callback_after=event.callback_after,
        started_at=at if event.status is not TaskStatus.SCHEDULED else 0,
        ended_at=at if is_over else 0,
        reason=event.reason,
        domain=event.domain,
        limits=event.limits,
        quota=event.quota,
        updated_in=version if event.output else 0,
        output=output,
        join_on=event.join_on,
        delivery=event.delivery,
        wakes_at=event.due,
        cache=event.cache,
        checked=event.checked,
    )


def _forget(state: WorkflowState, task: TaskState) -> WorkflowState:
    """Let go of the attempt that a new one of the same reference takes the place of."""
    state = forget_dynamic_tasks(state, task)
    return replace(
        state,
        refs=state.refs.discard(task.seq),
        unsettled=state.unsettled.discard(task.seq),
        inlined=state.inlined - inlined_by(task),
    )


def inlined_by(task: TaskState) -> int:
    """Return how much of the budget for what is at hand a task's output takes."""
    return len(memoryview(task.output))


def remaining(tasks: TaskMap, join: TaskState) -> int:
    """Return how many of those that a join waits for are not done for good yet."""
    return sum(not is_settled(tasks, ref, join) for ref in join.join_on)


def is_settled(tasks: TaskMap, ref: str, join: TaskState) -> bool:
    """Tell whether a joined task of the same loop iteration is done for good."""
    task = tasks.get(ref)
    return task is not None and task.settled and shares_iteration(task, join)


def recount(tasks: TaskMap, joins: Iterable[str]) -> TaskMap:
    """Count anew what these joins wait for, as far as they are open."""
    for ref in joins:
        join = tasks.get(ref)
        if join is not None and join.is_open:
            tasks = tasks.insert(ref, replace(join, remaining=remaining(tasks, join)))
    return tasks


def count_open(tasks: TaskMap, loop: str | None, change: int) -> TaskMap:
    """Count a task in or out of the loop it lies in."""
    owner = tasks.get(loop) if loop is not None else None
    if owner is None:
        return tasks
    return tasks.insert(owner.ref, replace(owner, open=owner.open + change))


def at_hand(output: Raw, inlined: int) -> tuple[Raw, int]:
    """Keep a small output in the state while the budget for such lasts."""
    size = len(memoryview(output))
    if size > INLINE_OUTPUT or inlined + size > INLINE_BUDGET:
        return ev.ABSENT, inlined
    return output, inlined + size


def note_failures(state: WorkflowState, tasks: Iterable[TaskState]) -> WorkflowState:
    """Add what failed for good to the failed names (reference 4.9).

    A failure is for good once another attempt takes its place, the flow goes on
    without success, or the workflow ends; an optional task's is not.
    """
    refs, names = dict.fromkeys(state.failed_refs), dict.fromkeys(state.failed_names)
    for task in tasks:
        if task.status in FAILURES:
            refs[task.full_ref] = names[task.name] = None
    return replace(state, failed_refs=tuple(refs), failed_names=tuple(names))


def update(
    state: WorkflowState, event: ev.TaskUpdated, version: int, at: int
) -> WorkflowState:
    """Take over what was reported; the last report closes the task."""
    task = state.task_of(event.seq)
    if task is None:
        return state
    closes = task.is_open and event.status.is_terminal
    changes = _reported(task, event, at)
    inlined = state.inlined
    if event.has_output:
        changes["output"], inlined = at_hand(event.output, inlined - inlined_by(task))
        changes["updated_in"] = version
        changes["output_path"] = event.output_path
    if closes:
        changes["ended_at"] = event.ended_at or at
    task = replace(task, **changes)
    tasks = state.tasks.insert(task.ref, task)
    unsettled, still_open = state.unsettled, state.open
    if closes:
        tasks = count_open(tasks, task.loop, -1)
        unsettled = unsettled.insert(task.seq, task.ref)
        still_open -= 1
    return replace(
        state,
        messages=state.messages[event.pulled :],
        tasks=tasks,
        unsettled=unsettled,
        open=still_open,
        inlined=inlined,
        updated_at=at,
    )


_TAKEN_IF_SET = ("worker_id", "poll_count", "sub_workflow_id", "follows")


def _reported(task: TaskState, event: ev.TaskUpdated, at: int) -> dict[str, Any]:
    """Return what a report changes besides the output."""
    changes: dict[str, Any] = {
        "status": event.status,
        "updated_at": at,
        "callback_after": event.callback_after,
        "reason": event.reason,
        "handed_after": event.handed_after,
    }
    for field in _TAKEN_IF_SET:
        value = getattr(event, field)
        if value:
            changes[field] = value
    if event.started_at and not task.started_at:
        changes["started_at"] = event.started_at
    if event.delivery:
        changes["delivery"] = event.delivery
        changes["due"] = at + event.callback_after * 1000
        changes["parked"] = event.parked
    return changes


def settle(
    state: WorkflowState, event: ev.TaskSettled, _version: int, _at: int
) -> WorkflowState:
    """Mark a task as dealt with, and count it off where it is waited for."""
    task = state.task_of(event.seq)
    if task is None or task.settled:
        return state
    if task.status in FAILURES:
        state = note_failures(state, [task])
    tasks = state.tasks.insert(task.ref, replace(task, settled=True))
    for ref in state.watchers.get(task.ref, ()):
        join = tasks.get(ref)
        if join is not None and join.is_open and shares_iteration(task, join):
            tasks = tasks.insert(ref, replace(join, remaining=join.remaining - 1))
    return replace(state, tasks=tasks, unsettled=state.unsettled.discard(event.seq))


def unpark(
    state: WorkflowState, event: ev.TaskUnparked, _version: int, _at: int
) -> WorkflowState:
    """Mark a delayed task as sent to its queue."""
    task = state.task_of(event.seq)
    if task is None:
        return state
    tasks = state.tasks.insert(task.ref, replace(task, parked=False))
    return replace(state, tasks=tasks)


def forget_dynamic_tasks(state: WorkflowState, loop: TaskState) -> WorkflowState:
    """Drop what dynamic forks of the finished iteration made.

    Their reference names differ from iteration to iteration, so nothing would ever
    replace them.  What a static reference of the loop left is replaced by the next
    iteration instead.
    """
    if not loop.forked:
        return state
    tasks, refs, watchers = state.tasks, state.refs, state.watchers
    inlined = state.inlined
    doomed = frozenset(loop.forked)
    for task in list(tasks.values()):
        if task.root in doomed:
            tasks, refs = tasks.discard(task.ref), refs.discard(task.seq)
            watchers = watchers.discard(task.ref)
            inlined -= inlined_by(task)
    tasks = tasks.insert(loop.ref, replace(loop, forked=()))
    return replace(state, tasks=tasks, refs=refs, watchers=watchers, inlined=inlined)
