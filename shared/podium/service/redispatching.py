"""Carrying out again what a workflow's state calls for (design 5).

What is dispatched a second time may be in somebody's hands already.  System tasks and
those of workers that poll by REST have leases then.  A native worker that took a
task's offer has none for a while (see :mod:`podium.service.offers`), and none either
once he has reported: so what waits for workers is offered again late, and from the
decider's queue, where it stands behind the reports that came before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podium import ids
from podium.decider.effects import (
    Effect,
    Enqueue,
    NotifyParent,
    ReviveParent,
    StartFailureWorkflow,
    outstanding,
)
from podium.decider.state import WorkflowState
from podium.decider.task_types import SYSTEM
from podium.ports import Home, Lease
from podium.service.dispatch import Dispatcher
from podium.service.journals import Journals
from podium.service.messages import OfferAgain, encode_message
from podium.service.offers import OFFERED_AGAIN_AFTER

SYSTEM_WORKER = "podium"
"""Who has the leases of system tasks."""
SYSTEM_LEASE = 150_000
"""Milliseconds that such a lease holds: longer than the function that has it may run,
and over before the message of one that died with its process comes again.
"""


def is_given_up(lease: Lease, now: int) -> bool:
    """Tell whether nobody works any more on a system task."""
    return lease.worker_id == SYSTEM_WORKER and now - lease.renewed_at >= SYSTEM_LEASE


class Redispatcher:
    """Derives from states what there is to be done, and has it done once more."""

    def __init__(self, home: Home, journals: Journals, dispatcher: Dispatcher) -> None:
        self._home = home
        self._journals = journals
        self._dispatcher = dispatcher

    def redispatch(self, state: WorkflowState) -> int:
        """Dispatch whatever a state calls for; return how much that was.

        What a worker holds is not offered again, a parent that knows is not told, and a
        failure workflow that has ended long ago does not run again.
        """
        offers: list[Effect] = []
        others: list[Effect] = []
        for one in outstanding(state):
            if not self._is_known(one):
                (offers if self._may_be_held(state, one) else others).append(one)
        todo = self._not_leased(state, others)
        with self._home.atomic():
            self._dispatcher.carry_out(state, todo, again=True)
        late = [one for one in offers if self._is_late(one)]
        if not self._not_leased(state, late):
            return len(todo)
        self._home.commands.send(state.workflow_id, encode_message(OfferAgain()))
        return len(todo) + 1

    def offer_again(self, workflow_id: str) -> None:
        """Offer again what waits for workers, in the turn of the decider's queue."""
        state = self._journals.find(workflow_id)
        if state is None:
            return
        offers = (one for one in outstanding(state) if self._may_be_held(state, one))
        late = [one for one in offers if self._is_late(one)]
        todo = self._not_leased(state, late)
        self._dispatcher.carry_out(state, todo, again=True)

    def _is_known(self, effect: Effect) -> bool:
        """Tell whether an effect shows already: in a parent's journal, or as a failure
        workflow.
        """
        if isinstance(effect, ReviveParent):
            return self._knows_of_revival(effect)
        if isinstance(effect, StartFailureWorkflow):
            return self._was_started(effect.workflow_id)
        if not isinstance(effect, NotifyParent):
            return False
        parent = self._journals.find(effect.parent_id)
        if parent is None or parent.status.is_terminal:
            return True
        task = parent.task_of(ids.sequence_of(effect.parent_task_id))
        return task is None or task.status.is_terminal

    def _knows_of_revival(self, effect: ReviveParent) -> bool:
        """Tell whether a parent goes on with its child, or never will.

        One that is in the archive alone may yet be brought back.
        """
        parent = self._journals.find(effect.parent_id)
        if parent is None:
            return False
        task = parent.task_of(ids.sequence_of(effect.parent_task_id))
        return task is None or task.child_run - task.revives_child >= effect.run

    def _was_started(self, workflow_id: str) -> bool:
        """Tell whether there is a workflow, or was one that the archive has now."""
        if self._journals.find(workflow_id) is not None:
            return True
        return workflow_id in self._home.index.find([workflow_id])

    def _may_be_held(self, state: WorkflowState, effect: Effect) -> bool:
        """Tell whether a worker may have the task without a lease."""
        if not isinstance(effect, Enqueue) or not self._home.offers_travel:
            return False
        task = state.task_of(effect.seq)
        return task is not None and task.type not in SYSTEM

    def _is_late(self, effect: Effect) -> bool:
        """Tell whether whoever took an offer has shown himself by now, or is gone."""
        due = effect.due if isinstance(effect, Enqueue) else 0
        return self._home.clock.now() - due >= OFFERED_AGAIN_AFTER

    def _not_leased(
        self, state: WorkflowState, effects: Sequence[Effect]
    ) -> list[Effect]:
        """Leave out what somebody has a lease of."""
        if not any(isinstance(one, Enqueue) for one in effects):
            return list(effects)
        now = self._home.clock.now()
        held = {
            (lease.seq, lease.delivery)
            for lease in self._home.leases.find_all(state.workflow_id)
            if not is_given_up(lease, now)
        }
        return list(_free(effects, held))


def _free(effects: Iterable[Effect], held: set[tuple[int, int]]) -> Iterable[Effect]:
    for one in effects:
        if not isinstance(one, Enqueue) or (one.seq, one.delivery) not in held:
            yield one
