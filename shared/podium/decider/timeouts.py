"""What is due: timeouts, the ends of waits, delayed dispatches (reference 4.3).

Every deadline is computed from the state.  One wake-up per workflow is armed, the
earliest; when it fires, everything that is due is dealt with and the next earliest is
armed.  A response timeout runs from the lease, which the state does not know: until the
lease is looked at, a task counts as if it had been taken the moment it could be, so the
wake-up is never late and sometimes finds that there is more time.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.decider.events import TaskUnparked, TaskUpdated
from podium.decider.facts import LeaseOf, require
from podium.decider.scheduling import reach_of
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import OUTBOUND, SYSTEM
from podium.decider.turn import EndWorkflow, Turn
from podium.model.task import TaskStatus
from podium.model.task_definition import TimeoutPolicy
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_definition import WorkflowTimeoutPolicy

SECOND = 1000


def time_out_workflow(turn: Turn) -> None:
    """End the workflow if its own timeout has passed, even while it is paused."""
    state = turn.state
    if not state.timeout or turn.now < state.timeout_from + state.timeout * SECOND:
        return
    policy = turn.definition.source.timeout_policy
    if policy is not WorkflowTimeoutPolicy.TIME_OUT_WF:
        return
    elapsed = (turn.now - state.timeout_from) // SECOND
    raise EndWorkflow(
        WorkflowStatus.TIMED_OUT,
        f"Workflow timed out after {elapsed} seconds. Timeout configured as "
        f"{state.timeout} seconds. Timeout policy configured to {policy}",
    )


def attend_to_due_tasks(turn: Turn) -> None:
    """Deal with every open task that has something due."""
    for task in sorted(open_tasks(turn.state), key=lambda one: one.seq):
        current = turn.state.task_of(task.seq)
        if current is not None and current.is_open:
            _attend(turn, current)


def open_tasks(state: WorkflowState) -> list[TaskState]:
    """Return every task that is not terminal."""
    return [task for task in state.tasks.values() if task.is_open]


def _attend(turn: Turn, task: TaskState) -> None:
    if task.type == "WAIT" and task.wakes_at and turn.now >= task.wakes_at:
        turn.emit(TaskUpdated(seq=task.seq, status=TaskStatus.COMPLETED))
        return
    if task.parked and turn.now >= task.due - reach_of(task.type):
        turn.emit(TaskUnparked(seq=task.seq))
    if task.limits is None:
        return
    started, renewed = _times_of_lease(turn, task)
    if _policy_timeout(turn, task, started):
        return
    _response_timeout(turn, task, renewed)


def _times_of_lease(turn: Turn, task: TaskState) -> tuple[int, int]:
    """Return when the task was first taken and its lease last renewed, 0 for never."""
    if task.type in SYSTEM and task.type not in OUTBOUND:
        return task.started_at, 0
    lease = require(turn.facts, LeaseOf(task.seq, task.delivery))
    if lease is None:
        return task.started_at, 0
    return task.started_at or lease.started_at, lease.renewed_at


def _policy_timeout(turn: Turn, task: TaskState, started: int) -> bool:
    """Apply total, task and poll timeout; True where the task is over."""
    limits = task.limits
    if limits is None:
        return False
    name = f"taskId: {turn.task_id(task)} with Task Definition: {task.name}"
    checks = (
        (
            limits.total,
            task.first_scheduled_at,
            f"Total timeout of {limits.total} seconds exceeded for the {name}",
        ),
        (
            limits.task if started else 0,
            started,
            (
                f"Task timed out after {(turn.now - started) // SECOND} seconds. "
                f"Timeout configured as {limits.task} seconds. "
                f"Timeout policy configured to {limits.policy}"
            ),
        ),
        (
            limits.poll if task.status is TaskStatus.SCHEDULED and not started else 0,
            task.due,
            (
                f"Task poll timed out after {(turn.now - task.due) // SECOND} seconds. "
                f"Poll timeout configured as {limits.poll} seconds. "
                f"Timeout policy configured to {limits.policy}"
            ),
        ),
    )
    for seconds, since, reason in checks:
        if seconds and turn.now >= since + seconds * SECOND:
            return _apply_policy(turn, task, reason)
    return False


def _apply_policy(turn: Turn, task: TaskState, reason: str) -> bool:
    policy = task.limits.policy if task.limits is not None else None
    if policy is TimeoutPolicy.ALERT_ONLY:
        return False
    turn.emit(TaskUpdated(seq=task.seq, status=TaskStatus.TIMED_OUT, reason=reason))
    if policy is TimeoutPolicy.TIME_OUT_WF:
        raise EndWorkflow(WorkflowStatus.TIMED_OUT, reason, failed_task=task.seq)
    return True


def _response_timeout(turn: Turn, task: TaskState, renewed: int) -> None:
    """Time out a task whose worker has gone silent, whatever the policy."""
    limits = task.limits
    if limits is None or not limits.response or not renewed:
        return
    if turn.now < renewed + limits.response * SECOND:
        return
    turn.emit(
        TaskUpdated(
            seq=task.seq,
            status=TaskStatus.TIMED_OUT,
            reason=f"responseTimeout: {limits.response} exceeded for the taskId: "
            f"{turn.task_id(task)} with Task Definition: {task.name}",
            lease=renewed,
        )
    )


# --- the next wake-up --------------------------------------------------------------


def next_wake(turn: Turn) -> int:
    """Return the wake-up to have armed after this decision, 0 for none.

    Only tasks that changed can bring the earliest deadline closer, so in the usual
    case nothing else is looked at.
    """
    state = turn.state
    if state.status.is_terminal:
        return 0
    if state.armed > turn.now:
        changed = (state.tasks.get(ref) for ref in turn.changed)
        due = _earliest(turn, (task for task in changed if task is not None))
        due = _sooner(due, _workflow_deadline(turn))
        return _sooner(state.armed, due)
    return _sooner(_earliest(turn, state.tasks.values()), _workflow_deadline(turn))


def _sooner(one: int, other: int) -> int:
    return min(one or other, other or one)


def _workflow_deadline(turn: Turn) -> int:
    state = turn.state
    if not state.timeout:
        return 0
    policy = turn.definition.source.timeout_policy
    if policy is not WorkflowTimeoutPolicy.TIME_OUT_WF:
        return 0
    return state.timeout_from + state.timeout * SECOND


def _earliest(turn: Turn, tasks: Iterable[TaskState]) -> int:
    earliest = 0
    for task in tasks:
        if task.is_open:
            for deadline in _deadlines(turn, task):
                earliest = _sooner(earliest, deadline)
    return earliest


def _deadlines(turn: Turn, task: TaskState) -> Iterable[int]:
    if task.type == "WAIT" and task.wakes_at:
        yield task.wakes_at
    if task.parked:
        yield task.due - reach_of(task.type)
    limits = task.limits
    if limits is None:
        return
    alert_only = limits.policy is TimeoutPolicy.ALERT_ONLY
    if limits.total and not alert_only:
        yield task.first_scheduled_at + limits.total * SECOND
    lease = turn.facts.get(LeaseOf(task.seq, task.delivery))
    taken = lease.started_at if lease is not None else 0
    started = task.started_at or taken
    earliest_start = max(task.due, turn.now)
    if limits.task and not alert_only:
        yield (started or earliest_start) + limits.task * SECOND
    if limits.poll and not started and not alert_only:
        yield task.due + limits.poll * SECOND
    if limits.response and (task.type not in SYSTEM or task.type in OUTBOUND):
        renewed = lease.renewed_at if lease is not None else earliest_start
        yield renewed + limits.response * SECOND
