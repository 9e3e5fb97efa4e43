"""Having tasks that are over go on: anew in their place, or as they are (4.8).

Nothing here is undone: the events say what a task is now, and the journal keeps what it
was.  Its id stays; the delivery number tells its lives apart (design 9).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from podium.decider.events import TaskReopened
from podium.decider.scheduling import Attempt, add, schedule
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import INSTANT, LAUNCHING, WAITING
from podium.decider.turn import Place, Turn
from podium.model.task import TaskStatus

REOPENED = frozenset({"JOIN", "EXCLUSIVE_JOIN", "DO_WHILE"})
"""They go on where they stopped: others do what they wait for."""
UNSUCCESSFUL = frozenset(
    {
        TaskStatus.FAILED,
        TaskStatus.FAILED_WITH_TERMINAL_ERROR,
        TaskStatus.TIMED_OUT,
        TaskStatus.CANCELED,
    }
)


class ByHand(Attempt):
    """A new attempt that a client asked for: at once, and with a clean slate.

    It has the whole time that all attempts together may take (4.3).
    """

    def fields(self) -> dict[str, Any]:
        """Return the fields that link the attempts, and nothing of what they were."""
        return super().fields() | {"reason": None, "first_scheduled_at": 0}


class InPlace(Attempt):
    """The same task once more: its id stays, its delivery is the next."""

    def __init__(self, task: TaskState, retry_of: int, retry_count: int) -> None:
        super().__init__()
        self._fields = {
            "seq": task.seq,
            "delivery": task.delivery + 1,
            "retry_of": retry_of,
            "retry_count": retry_count,
        }

    def fields(self) -> dict[str, Any]:
        """Return the fields that make it the same task."""
        return dict(self._fields)


def unsuccessful(state: WorkflowState) -> list[TaskState]:
    """Return what ended without success and was not superseded, in order."""
    found = (
        task
        for task in state.tasks.values()
        if task.status in UNSUCCESSFUL and is_current(state, task)
    )
    return sorted(found, key=lambda task: task.seq)


def is_current(state: WorkflowState, task: TaskState) -> bool:
    """Tell whether a task lies in the present iterations of the loops around it."""
    if task.loop is None:
        return True
    loop = state.tasks.get(task.loop)
    if loop is None or task.iterations != (*loop.iterations, loop.iteration):
        return False
    return is_current(state, loop)


def reopen(turn: Turn, task: TaskState, *, counts: bool = False) -> None:
    """Have a JOIN or a loop go on; it is judged once the workflow runs.

    With ``counts`` it counts as another attempt.
    """
    turn.emit(
        TaskReopened(
            seq=task.seq,
            status=TaskStatus.IN_PROGRESS,
            retry_count=task.retry_count + counts,
        )
    )
    turn.to_judge.append(task.ref)


def reopen_child(turn: Turn, task: TaskState, run: int, *, revive: bool) -> None:
    """Have a SUB_WORKFLOW wait for its child's end again, from its ``run`` on."""
    turn.emit(
        TaskReopened(
            seq=task.seq,
            status=TaskStatus.IN_PROGRESS,
            retry_count=task.retry_count,
            child_run=run,
            revives_child=revive,
        )
    )


def begin_again(
    turn: Turn,
    task: TaskState,
    *,
    counts: bool = False,
    given: dict[str, Any] | None = None,
) -> None:
    """Begin a task anew in its place, with the input that it had or is ``given``.

    What the decider does by itself is done now; what others do is offered to them, and
    a SUB_WORKFLOW gets a fresh child.
    """
    before = turn.scheduling_of(task)
    attempt = InPlace(task, before.retry_of, task.retry_count + counts)
    inputs = turn.input_of(task) if given is None else given
    if task.status is TaskStatus.SKIPPED:
        _operate(turn, turn.place_of(task), attempt)
    elif task.type in INSTANT | WAITING:
        place = turn.place_of(task)
        inputs.pop("hasChildren", None)
        given_place = Place(place.node, place.iterations, place.root, inputs)
        _operate(turn, given_place, attempt)
    else:
        _offer_again(turn, task, attempt, inputs)


def _operate(turn: Turn, place: Place, attempt: Attempt) -> None:
    from podium.decider.operators import operator_for

    operator_for(place.node.task.type)(turn, place, attempt)


def _offer_again(
    turn: Turn, task: TaskState, attempt: Attempt, inputs: dict[str, Any]
) -> None:
    add(
        turn,
        turn.place_of(task),
        attempt,
        status=TaskStatus.SCHEDULED,
        task_input=inputs,
        task_type=task.type,
        name=task.name,
        domain=task.domain,
        limits=task.limits,
        quota=task.quota,
        cache=task.cache,
        checked=task.checked,
    )


def _has_own_child(task: TaskState) -> bool:
    """Tell whether a task has a child, and one that it started itself."""
    return (
        task.type in LAUNCHING and task.sub_workflow_id is not None and not task.follows
    )


def resume_all(turn: Turn, tasks: Iterable[TaskState]) -> None:
    """Have what was cancelled or failed go on in its place, children where they are.

    What failed by itself gets another attempt, unless the flow went on without it; so
    does what waited for a child of somebody else.
    """
    for task in tasks:
        if task.type in REOPENED:
            reopen(turn, task)
        elif _has_own_child(task):
            reopen_child(turn, task, task.child_run + 1, revive=True)
        elif task.status is TaskStatus.CANCELED:
            begin_again(turn, task, counts=True)
        elif not task.settled:
            try_again(turn, task)


def try_again(turn: Turn, task: TaskState) -> None:
    """Schedule a new attempt of a task that failed or was cancelled."""
    schedule(turn, turn.place_of(task), ByHand(before=task))
