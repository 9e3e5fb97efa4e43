"""What is due: timeouts, the ends of waits, delayed dispatches (reference 4.3).

Every deadline is computed from the state.  A response timeout, and the task timeout of
a task that no report was made on yet, run from the lease, which the state does not
know.  As long as nobody looked at the lease, a task counts as if it had been taken the
moment it could be: its deadline is never too late, and sometimes finds that there is
more time.  Leases are looked at only where that deadline has passed.

A paused workflow times out itself, its tasks do not (reference 4.2); a WAIT ends and a
delayed task is offered all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from podium.decider.events import TaskLimits, TaskUnparked, TaskUpdated
from podium.decider.facts import LeaseOf, require_all
from podium.decider.scheduling import reach_of
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import SYSTEM
from podium.decider.turn import EndWorkflow, Turn
from podium.model.task import TaskStatus
from podium.model.task_definition import TimeoutPolicy
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_definition import WorkflowTimeoutPolicy

SECOND = 1000
_Act: TypeAlias = Callable[[Turn, TaskState], bool]
_Deadline: TypeAlias = tuple[int, _Act]
"""A moment, and what to do then; doing it returns True where the task is over."""


def open_tasks(state: WorkflowState) -> list[TaskState]:
    """Return every task that is not terminal."""
    return [task for task in state.tasks.values() if task.is_open]


# --- the workflow ------------------------------------------------------------------


def time_out_workflow(turn: Turn) -> None:
    """End the workflow if its own timeout has passed, even while it is paused."""
    state = turn.state
    deadline = _workflow_deadline(turn)
    if not deadline or turn.now < deadline or state.status.is_terminal:
        return
    elapsed = (turn.now - state.timeout_from) // SECOND
    raise EndWorkflow(
        WorkflowStatus.TIMED_OUT,
        f"Workflow timed out after {elapsed} seconds. Timeout configured as "
        f"{state.timeout} seconds. Timeout policy configured to "
        f"{WorkflowTimeoutPolicy.TIME_OUT_WF}",
    )


def _workflow_deadline(turn: Turn) -> int:
    state = turn.state
    if state.timeout <= 0 or state.queued:
        return 0
    policy = turn.definition.source.timeout_policy
    if policy is not WorkflowTimeoutPolicy.TIME_OUT_WF:
        return 0
    return state.timeout_from + state.timeout * SECOND


# --- its tasks ---------------------------------------------------------------------


def attend_to_due_tasks(turn: Turn) -> None:
    """Deal with every open task that has something due."""
    turn.attended = True
    due = [task for task in open_tasks(turn.state) if _is_due(turn, task)]
    leases = (LeaseOf(one.seq, one.delivery) for one in due if _is_leased(one))
    require_all(turn.facts, leases)
    for task in sorted(due, key=lambda one: one.seq):
        for at, act in _deadlines(turn, task):
            if turn.now >= at and act(turn, task):
                break


def _is_due(turn: Turn, task: TaskState) -> bool:
    return any(turn.now >= at for at, _ in _deadlines(turn, task))


def _is_leased(task: TaskState) -> bool:
    """Tell whether workers take the task by a lease that its timeouts run from."""
    return task.type not in SYSTEM and task.limits is not None


def _deadlines(turn: Turn, task: TaskState) -> Iterator[_Deadline]:
    """Yield what may become due of an open task, in the order in which it counts."""
    if task.type == "WAIT" and task.wakes_at:
        yield task.wakes_at, _end_wait
    if task.parked:
        yield task.due - reach_of(task.type), _unpark
    if task.limits is not None and turn.state.status is WorkflowStatus.RUNNING:
        if task.limits.policy is not TimeoutPolicy.ALERT_ONLY:
            yield from _policy_deadlines(turn, task, task.limits)
        yield from _response_deadline(turn, task, task.limits)


def _end_wait(turn: Turn, task: TaskState) -> bool:
    """Complete a WAIT as of when it was due, however late that is seen.

    It has not ended before the last report on it, if that came later.
    """
    ended_at = max(task.wakes_at, task.updated_at)
    completed = TaskStatus.COMPLETED
    turn.emit(TaskUpdated(seq=task.seq, status=completed, ended_at=ended_at))
    return True


def _unpark(turn: Turn, task: TaskState) -> bool:
    turn.emit(TaskUnparked(seq=task.seq))
    return False


def _policy_deadlines(
    turn: Turn, task: TaskState, limits: TaskLimits
) -> Iterator[_Deadline]:
    """Yield total, task and poll timeout.

    The time to be polled begins when the task can be: at its scheduling, after its
    delay, or when a worker wanted to have it again.
    """
    is_taken, since, _ = _hold_on(turn, task)
    if limits.total > 0:
        yield task.first_scheduled_at + limits.total * SECOND, _exceed_total
    if limits.task > 0 and since:
        yield since + (task.start_delay + limits.task) * SECOND, _exceed_task
    if limits.poll > 0 and task.status is TaskStatus.SCHEDULED and not is_taken:
        yield task.due + limits.poll * SECOND, _exceed_poll


def _response_deadline(
    turn: Turn, task: TaskState, limits: TaskLimits
) -> Iterator[_Deadline]:
    """Yield when a worker, or a person, has been silent for too long."""
    _, _, heard = _hold_on(turn, task)
    if limits.response > 0 and heard:
        yield heard + limits.response * SECOND, _fall_silent


def _hold_on(turn: Turn, task: TaskState) -> tuple[bool, int, int]:
    """Return whether somebody has the task, since when, and when last heard of.

    Of a task that nobody has, or of whose lease nothing is known, the times are the
    earliest possible; 0 for a system task that waits in its queue, and for one that
    nothing is to be heard of: all but HUMAN end by themselves (4.3).
    """
    if not _is_leased(task):
        heard = task.updated_at + task.callback_after * SECOND
        is_taken = task.status is TaskStatus.IN_PROGRESS
        return is_taken, task.started_at, heard if task.type == "HUMAN" else 0
    need = LeaseOf(task.seq, task.delivery)
    is_known = need in turn.facts
    lease = turn.facts[need] if is_known else None
    if lease is not None:
        return True, task.started_at or lease.started_at, lease.renewed_at
    if task.status is TaskStatus.IN_PROGRESS:
        return True, task.started_at, task.updated_at
    earliest = max(task.due, turn.now) if is_known else task.due
    return False, task.started_at or earliest, earliest


def _exceed_total(turn: Turn, task: TaskState) -> bool:
    limits = task.limits or TaskLimits()
    elapsed = (turn.now - task.first_scheduled_at) // SECOND
    reason = (
        f"Task {task.name}/{turn.task_id(task)} exceeded total timeout of "
        f"{limits.total} seconds (elapsed {elapsed} seconds across all attempts "
        f"including retry delays). Timeout policy: {limits.policy}"
    )
    return _time_out(turn, task, limits, reason)


def _exceed_task(turn: Turn, task: TaskState) -> bool:
    limits = task.limits or TaskLimits()
    _, since, _ = _hold_on(turn, task)
    elapsed = (turn.now - since) // SECOND - task.start_delay
    reason = (
        f"Task timed out after {elapsed} seconds. Timeout configured as "
        f"{limits.task} seconds. Timeout policy configured to {limits.policy}"
    )
    return _time_out(turn, task, limits, reason)


def _exceed_poll(turn: Turn, task: TaskState) -> bool:
    limits = task.limits or TaskLimits()
    reason = (
        f"Task poll timed out after {(turn.now - task.due) // SECOND} seconds. "
        f"Poll timeout configured as {limits.poll} seconds. "
        f"Timeout policy configured to {limits.policy}"
    )
    return _time_out(turn, task, limits, reason)


def _time_out(turn: Turn, task: TaskState, limits: TaskLimits, reason: str) -> bool:
    """Time the task out; its policy may have the workflow end with it."""
    if limits.policy is TimeoutPolicy.TIME_OUT_WF:
        raise EndWorkflow(WorkflowStatus.TIMED_OUT, reason, failed_task=task.seq)
    turn.emit(TaskUpdated(seq=task.seq, status=TaskStatus.TIMED_OUT, reason=reason))
    return True


def _fall_silent(turn: Turn, task: TaskState) -> bool:
    """Time out a task that nothing was heard of, whatever its policy."""
    limits = task.limits or TaskLimits()
    _, _, heard = _hold_on(turn, task)
    reason = (
        f"responseTimeout: {limits.response} exceeded for the taskId: "
        f"{turn.task_id(task)} with Task Definition: {task.name}"
    )
    timed_out = TaskStatus.TIMED_OUT
    turn.emit(TaskUpdated(seq=task.seq, status=timed_out, reason=reason, lease=heard))
    return True


# --- the next wake-up --------------------------------------------------------------


def next_wake(turn: Turn) -> int:
    """Return the wake-up to have armed after this decision, 0 for none.

    The wake-up that is armed already covers whatever a decision did not touch, also
    where it has fired meanwhile: whoever handles it looks at everything and arms the
    next.  So only changed tasks are looked at here, and the armed time only moves
    closer, until a decision has attended to all.
    """
    state = turn.state
    if state.status.is_terminal:
        return 0
    if turn.is_cut_short:
        return turn.now + 1
    if turn.attended:
        due = _earliest(turn, state.tasks.values())
        due = _sooner(due, _workflow_deadline(turn))
    else:
        changed = (state.tasks.get(ref) for ref in turn.changed)
        due = _earliest(turn, (task for task in changed if task is not None))
    if state.armed > turn.now:
        return _sooner(state.armed, due)
    return due if turn.attended else due or state.armed


def _earliest(turn: Turn, tasks: Iterable[TaskState]) -> int:
    deadlines = (
        at for task in tasks if task.is_open for at, _ in _deadlines(turn, task)
    )
    return min(deadlines, default=0)


def _sooner(one: int, other: int) -> int:
    return min(one or other, other or one)
