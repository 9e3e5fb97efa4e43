"""Handing a task over to a worker who is there: ``update-v2`` (reference 4.6, 4.7).

Whoever reports and asks for the next task has it by the decision itself: the entry that
schedules the task says who works on it, so it needs neither a message nor a lease.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from podium.decider.effects import Enqueue, effects
from podium.decider.events import TaskUpdated
from podium.model.task import TaskStatus

if TYPE_CHECKING:
    from podium.decider.state import WorkflowState
    from podium.decider.turn import Turn


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker that would take the next task of a queue right now.

    ``seq`` is the task whose end it reports.
    """

    queue: str
    worker_id: str
    seq: int


def hand_over(turn: Turn, claim: Claim, before: WorkflowState) -> int:
    """Give the claim the first task that this decision offers on its queue.

    Returns its sequence, 0 where there is none.  What counts against a limit is left to
    the queue: the limits judge what comes from there.
    """
    for offer in _offers(turn, before):
        task = turn.state.task_of(offer.seq)
        if offer.queue != claim.queue or offer.due > turn.now:
            continue
        if task is not None and task.quota is None:
            turn.emit(
                TaskUpdated(
                    seq=task.seq,
                    status=TaskStatus.IN_PROGRESS,
                    reason=task.reason,
                    worker_id=claim.worker_id or None,
                    started_at=turn.now,
                    poll_count=task.delivery,
                    handed_after=claim.seq,
                )
            )
            return task.seq
    return 0


def handed_before(state: WorkflowState, seq: int, worker_id: str | None) -> int:
    """Return the task that a worker was handed for this end, if he is at it still.

    He asks again because the answer did not reach him.
    """
    for task in state.tasks.values():
        is_his = task.handed_after == seq and task.worker_id == (worker_id or None)
        if is_his and task.status is TaskStatus.IN_PROGRESS:
            return task.seq
    return 0


def _offers(turn: Turn, before: WorkflowState) -> Iterator[Enqueue]:
    for effect in effects(before, tuple(turn.events), turn.state):
        if isinstance(effect, Enqueue):
            yield effect
