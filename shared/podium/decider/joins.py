"""When a JOIN or EXCLUSIVE_JOIN is over, and how (reference 3.5).

Conductor polls its joins.  Here every settled task tells the joins that wait for it, so
a join ends in the same decision as its last branch.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.decider.events import TaskUpdated
from podium.decider.state import TaskState, shares_iteration
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
    failed = [task for task in joined if not task.status.is_successful]
    if failed:
        cancelled = all(task.status is TaskStatus.CANCELED for task in failed)
        status = TaskStatus.CANCELED if cancelled else TaskStatus.FAILED
        reason = " ".join(task.reason or "" for task in failed)
        turn.emit(TaskUpdated(seq=join.seq, status=status, reason=reason))
        return
    errors = any(task.status is TaskStatus.COMPLETED_WITH_ERRORS for task in joined)
    status = TaskStatus.COMPLETED_WITH_ERRORS if errors else TaskStatus.COMPLETED
    turn.emit(TaskUpdated(seq=join.seq, status=status))


def _judge_exclusive(turn: Turn, join: TaskState) -> None:
    """End an EXCLUSIVE_JOIN with the first task found of its list, or of its defaults.

    One that is there and not over lets the defaults decide.
    """
    task = turn.node_of(join).task
    for refs in (task.join_on, task.default_exclusive_join_task):
        found = next(
            (
                one
                for one in _present(turn, join, refs)
                if one.status is not TaskStatus.SKIPPED
            ),
            None,
        )
        if found is not None and found.settled:
            _end_exclusive(turn, join, found)
            return


def _end_exclusive(turn: Turn, join: TaskState, found: TaskState) -> None:
    failed = not found.status.is_successful
    turn.emit(
        TaskUpdated(
            seq=join.seq,
            status=TaskStatus.FAILED if failed else TaskStatus.COMPLETED,
            output=encode(turn.output_of(found)),
            reason=found.reason if failed else None,
        )
    )


def _present(turn: Turn, join: TaskState, refs: Iterable[str]) -> Iterable[TaskState]:
    for ref in refs:
        task = turn.state.tasks.get(ref)
        if task is not None and shares_iteration(task, join):
            yield task
