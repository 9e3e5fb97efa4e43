"""When a JOIN or EXCLUSIVE_JOIN is over, and how (reference 3.5).

Conductor polls its joins.  Here every settled task tells the joins that wait for it, so
a join ends in the same decision as its last branch.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.decider.events import TaskUpdated
from podium.decider.state import TaskState, shares_iteration
from podium.decider.task_types import CHOICES
from podium.decider.turn import Turn, encode
from podium.model.task import TaskStatus


def judge_join(turn: Turn, join: TaskState) -> None:
    """End the join if what it waits for is there."""
    if not join.is_open:
        return
    if join.type == "JOIN":
        _judge_join(turn, join)
    elif join.type == "EXCLUSIVE_JOIN":
        _judge_exclusive(turn, join)


def _judge_join(turn: Turn, join: TaskState) -> None:
    """End a JOIN when all of its tasks are settled.

    A failed task that is not permissive has ended the workflow before it comes to
    this, and an optional one counts as COMPLETED_WITH_ERRORS.
    """
    if join.remaining > 0:
        return
    joined = list(_present(turn, join, join.join_on))
    if _is_inside_a_case(turn, joined):
        return
    failed = [task for task in joined if not task.status.is_successful]
    if failed:
        cancelled = all(task.status is TaskStatus.CANCELED for task in failed)
        status = TaskStatus.CANCELED if cancelled else TaskStatus.FAILED
        reason = _reasons(failed)
        turn.emit(TaskUpdated(seq=join.seq, status=status, reason=reason))
        return
    with_errors = " ".join(
        f"{task.name}/{turn.task_id(task)}"
        for task in joined
        if task.status is TaskStatus.COMPLETED_WITH_ERRORS
    )
    if with_errors:
        status = TaskStatus.COMPLETED_WITH_ERRORS
        reason = f"{with_errors} completed with errors"
        turn.emit(TaskUpdated(seq=join.seq, status=status, reason=reason))
        return
    turn.emit(TaskUpdated(seq=join.seq, status=TaskStatus.COMPLETED))


def _is_inside_a_case(turn: Turn, joined: Iterable[TaskState]) -> bool:
    """Tell whether a SWITCH that is a dynamic branch by itself is not through yet."""
    choices = {one.ref for one in joined if one.root == one.ref and one.type in CHOICES}
    return bool(choices) and any(
        task.root in choices and not task.settled for task in turn.state.tasks.values()
    )


def _judge_exclusive(turn: Turn, join: TaskState) -> None:
    """End an EXCLUSIVE_JOIN with the first task found of its list, or of its defaults.

    One that is there and not over lets the defaults decide.  One that failed and was
    permitted to fails the join once the others of its list are over as well.
    """
    task = turn.node_of(join).task
    for refs in (task.join_on, task.default_exclusive_join_task):
        found = [
            one
            for one in _present(turn, join, refs)
            if one.status is not TaskStatus.SKIPPED
        ]
        if not found or not found[0].settled:
            continue
        if found[0].status.is_successful:
            _complete_exclusive(turn, join, found[0])
        elif all(one.settled for one in found):
            failed = [one for one in found if not one.status.is_successful]
            reason = _reasons(failed)
            status = TaskStatus.FAILED
            turn.emit(TaskUpdated(seq=join.seq, status=status, reason=reason))
        return


def _complete_exclusive(turn: Turn, join: TaskState, found: TaskState) -> None:
    turn.emit(
        TaskUpdated(
            seq=join.seq,
            status=TaskStatus.COMPLETED,
            output=encode(turn.output_of(found)),
        )
    )


def _reasons(tasks: Iterable[TaskState]) -> str:
    return " ".join(task.reason for task in tasks if task.reason)


def _present(turn: Turn, join: TaskState, refs: Iterable[str]) -> Iterable[TaskState]:
    for ref in refs:
        task = turn.state.tasks.get(ref)
        if task is not None and shares_iteration(task, join):
            yield task
