"""What limits the tasks of a definition as a whole (reference 4.7, design 9).

``concurrentExecLimit`` is how many of them may be IN_PROGRESS at once, in whatever
workflows; ``rateLimitPerFrequency`` how many may be begun within a window.  A task has
the limits that its definition had when its workflow started, as it has its timeouts;
the counts are the definition's name's, so workflows of before and after a change share
them.  A task without limits costs nothing here.

A slot is a delivery's: a late end of an earlier one gives back nothing of a later one.
"""

from __future__ import annotations

from collections.abc import Collection

from podium import ids
from podium.decider.effects import parents_of
from podium.decider.events import TaskQuota
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import LAUNCHING
from podium.limits import Waiter
from podium.model.task import TaskStatus
from podium.ports import Home, TaskMessage
from podium.service.families import above
from podium.service.journals import Journals
from podium.service.rates import Rate, Rates
from podium.service.slots import Slots

POSTPONED_FOR = 60_000
"""Milliseconds after which a task that found no slot is offered again anyway: this is
Conductor's ``taskExecutionPostponeDuration``.
"""
_SECOND = 1_000


class TaskLimits:
    """Decides whether a task may be handed out now."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._journals = journals
        self._slots = Slots(home, _Deliveries(home, journals))
        self._rates = Rates(home)

    def hold_back(
        self, state: WorkflowState, task: TaskState, queue: str, hold: int
    ) -> int:
        """Return for how many milliseconds the task is to wait; 0: it may begin.

        Then it has its slot; whoever began it has ``hold`` milliseconds to show that.
        A task that waits for a slot is called as soon as it has one.
        """
        quota = task.quota
        if quota is None:
            return 0
        rate = _rate(task, quota)
        holder = holder_of(state.workflow_id, task.seq, task.delivery)
        if not quota.concurrent or self._is_shared(state, task):
            later = self._rates.begin(rate, holder) if quota.rate else 0
            return self._until(later)
        # Who may not begin anyway would take a slot only to hand it on.
        later = self._rates.next_free(rate) if quota.rate else 0
        if later:
            return self._until(later)
        waiter = Waiter(
            limit=_limit(task.name),
            holder=holder,
            most=quota.concurrent,
            since=task.due,
            priority=state.priority,
            queue=queue,
        )
        if not self._slots.take(waiter, hold):
            return POSTPONED_FOR
        later = self._rates.begin(rate, holder) if quota.rate else 0
        if later:
            self.free(task.name, [holder])
            return self._until(later)
        return 0

    def _is_shared(self, state: WorkflowState, task: TaskState) -> bool:
        """Tell whether a task lies within another of its definition, which has a slot.

        What starts workflows may come to itself again; both would wait for ever.
        """
        if task.type not in LAUNCHING:
            return False
        waiting = above(self._journals, parents_of(state))
        return any(one.name == task.name and one.quota for _, one in waiting)

    def _until(self, moment: int) -> int:
        return max(1, moment - self._home.clock.now()) if moment else 0

    def free(self, name: str, holders: Collection[str]) -> None:
        """Give back the slots of deliveries that are over; twice is once."""
        self._slots.free(_limit(name), holders)


class _Deliveries:
    """The deliveries of tasks that have slots, or wait for them."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._journals = journals

    def is_held(self, holder: str) -> bool:
        """Tell whether a delivery is being worked on."""
        task_id, delivery = _read(holder)
        task = self._find(task_id, delivery)
        if task is None:
            return False
        if task.status is TaskStatus.IN_PROGRESS:
            return True
        workflow_id = ids.workflow_of(task_id)
        return self._home.leases.find(workflow_id, task.seq, delivery) is not None

    def is_waiting(self, waiter: Waiter) -> bool:
        """Tell whether a delivery is still to be handed out."""
        task = self._find(*_read(waiter.holder))
        return task is not None and is_to_begin(task)

    def _find(self, task_id: str, delivery: int) -> TaskState | None:
        """Return the task if the delivery is its present one and it is open."""
        state = self._journals.find(ids.workflow_of(task_id))
        if state is None or state.status.is_terminal:
            return None
        task = state.task_of(ids.sequence_of(task_id))
        if task is None or not task.is_open or task.delivery != delivery:
            return None
        return task

    def call(self, waiter: Waiter) -> None:
        """Have the message come at once, wherever it is."""
        message = TaskMessage(*_read(waiter.holder), priority=waiter.priority)
        self._home.queues.send_again(waiter.queue, [message])


def is_to_begin(task: TaskState) -> bool:
    """Tell whether an open task has yet to begin, or its child to go on."""
    return task.status is TaskStatus.SCHEDULED or task.revives_child


def holder_of(workflow_id: str, seq: int, delivery: int) -> str:
    """Return what a delivery is called as the holder of a slot."""
    return f"{ids.task_id(workflow_id, seq)}/{delivery}"


def _read(holder: str) -> tuple[str, int]:
    task_id, _, delivery = holder.partition("/")
    return task_id, int(delivery)


def _limit(name: str) -> str:
    return f"task/{name}"


def _rate(task: TaskState, quota: TaskQuota) -> Rate:
    return Rate(f"rate/{task.name}", quota.rate, quota.window * _SECOND)
