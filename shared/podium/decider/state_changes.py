"""``onStateChange``: events that a task's definition wants told of it (reference 4.11).

Conductor stores it and does nothing.  Here each status that has such events adds them
to the decision, with their payload resolved as of that moment; who publishes them reads
them from the journal.  A key may name several statuses: ``onSuccess,onFailed``.

That a worker has taken a task is no decision, so its ``onStart`` comes by a command;
where the task ends before that, it is told with the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from podium.decider.commands import TaskStarted
from podium.decider.events import ON_START, StateChanged, TaskScheduled, TaskUpdated
from podium.decider.state import TaskState
from podium.model.task import TaskStatus

if TYPE_CHECKING:
    from podium.decider.turn import Turn

_ENDED = {
    TaskStatus.COMPLETED: "onSuccess",
    TaskStatus.COMPLETED_WITH_ERRORS: "onSuccess",
    TaskStatus.SKIPPED: "onSuccess",
    TaskStatus.FAILED: "onFailed",
    TaskStatus.FAILED_WITH_TERMINAL_ERROR: "onFailed",
    TaskStatus.TIMED_OUT: "onFailed",
    TaskStatus.CANCELED: "onCancelled",
}
_MAY_NOT_HAVE_STARTED = frozenset(
    {TaskStatus.SKIPPED, TaskStatus.TIMED_OUT, TaskStatus.CANCELED}
)


def tell_of(turn: Turn, event: TaskScheduled | TaskUpdated) -> None:
    """Add what is to be told of a task's new status."""
    is_new = isinstance(event, TaskScheduled)
    if event.status is TaskStatus.SCHEDULED and not is_new:
        return  # a worker gave it back for a while
    task = turn.state.task_of(event.seq)
    if task is None or not turn.has_state_changes(task):
        return
    if is_new:
        _tell(turn, task, "onScheduled")
    for occasion in _occasions(task):
        _tell(turn, task, occasion)


def start_task(turn: Turn, command: TaskStarted) -> None:
    """Add what is to be told of a task that a worker has taken, once."""
    task = turn.state.task_of(command.seq)
    if task is None or task.status is not TaskStatus.SCHEDULED:
        return
    is_told = task.start_told == task.delivery
    if task.delivery == command.delivery and not is_told:
        _tell(turn, task, ON_START)


def _occasions(task: TaskState) -> Iterator[str]:
    status = task.status
    is_told = task.start_told == task.delivery
    if status is TaskStatus.IN_PROGRESS:
        if not is_told:
            yield ON_START
    elif status in _ENDED:
        if not is_told and status not in _MAY_NOT_HAVE_STARTED:
            yield ON_START
        yield _ENDED[status]


def _tell(turn: Turn, task: TaskState, occasion: str) -> None:
    for kind, payload in turn.node_of(task).state_changes.get(occasion, ()):
        resolved = turn.resolve(payload, turn.task_id(task))
        turn.emit(
            StateChanged(
                seq=task.seq,
                delivery=task.delivery,
                on=occasion,
                type=kind,
                payload=Raw(msgspec.json.encode(resolved or {})),
            )
        )
