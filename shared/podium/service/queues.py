"""Task queues as operators see them: in detail, and filled up again (1.3)."""

from __future__ import annotations

from collections.abc import Mapping

from podium.decider.effects import Enqueue, outstanding
from podium.decider.state import WorkflowState
from podium.decider.task_types import SYSTEM
from podium.ports import Home
from podium.service.engine import Engine
from podium.service.guard import Guard
from podium.service.journals import Journals

SHARD = "a"
"""The only one: Conductor's queues have shards in some of its stores."""


class Queues:
    """What can be told of the queues of all tasks, and done about them."""

    def __init__(
        self, home: Home, engine: Engine, journals: Journals, guard: Guard
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._guard = guard

    def details(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Return for every queue how many tasks wait, and are being handed out."""
        sizes, in_flight = self._home.queues.sizes(), self._home.queues.in_flight()
        return {
            queue: {SHARD: {"size": size, "uacked": in_flight.get(queue, 0)}}
            for queue, size in sorted(sizes.items())
        }

    def requeue(self, task_type: str) -> int:
        """Offer again what waits for workers of a type; return how many tasks do.

        What is in its queue already is harmed by no second message, and what somebody
        works on is not offered.
        """
        if task_type in SYSTEM:
            return 0
        return sum(
            self._requeue(workflow_id, task_type)
            for workflow_id in self._guard.running()
        )

    def _requeue(self, workflow_id: str, task_type: str) -> int:
        state = self._journals.find(workflow_id)
        if state is None:
            return 0
        waiting = {
            (effect.seq, effect.delivery)
            for effect in outstanding(state)
            if isinstance(effect, Enqueue) and _is_of(state, effect.seq, task_type)
        }
        if not waiting:
            return 0
        leases = self._home.leases.find_all(workflow_id)
        waiting -= {(lease.seq, lease.delivery) for lease in leases}
        if waiting:
            self._engine.redispatch(workflow_id, state)
        return len(waiting)


def _is_of(state: WorkflowState, seq: int, task_type: str) -> bool:
    task = state.task_of(seq)
    return task is not None and task.type == task_type
