"""How many workflows of a key may run at once: ``rateLimitConfig`` (2.5, 4.11).

Conductor keeps the field and does nothing about it.  Here a workflow beyond the limit
is refused (``REJECT``), or begins as queued (``QUEUE``): it has its id and is RUNNING,
``rateLimited`` says why nothing happens, and it goes on as soon as another of the key
has ended, first come first served within a priority.

The key is one for all definitions: whose limits are to be their own has its name in it.
Without a key it is the definition's name.

A limit counts families.  A workflow for whose end somebody waits who has a slot of the
same key shares that: else they would wait for each other for ever.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.decider.commands import Admit
from podium.decider.effects import parents_of
from podium.decider.events import WorkflowQuota
from podium.decider.state import WorkflowState
from podium.limits import Waiter
from podium.ports import Home
from podium.service.families import above, below
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.slots import LOOKED_AFTER_EVERY, Slots


class WorkflowLimits:
    """Admits workflows."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._journals = journals
        self._holders = _Workflows(home, journals)
        self._slots = Slots(home, self._holders)

    def enter(
        self,
        quota: WorkflowQuota,
        workflow_id: str,
        parents: Iterable[tuple[str, str]] = (),
    ) -> bool:
        """Take a slot for a workflow that is about to start; False: there is none.

        ``parents`` are the workflows that wait for its end, each with its task.
        """
        if self._is_shared(quota, parents):
            return True
        holder = _holder(workflow_id, 0)
        waiter = Waiter(_limit(quota), holder, quota.concurrent, 0)
        return self._slots.take_now(waiter, LOOKED_AFTER_EVERY)

    def stand_in_line(self, state: WorkflowState, quota: WorkflowQuota) -> None:
        """Have a queued workflow wait for its slot, or admit it where it has one."""
        waiter = Waiter(
            limit=_limit(quota),
            holder=_holder(state.workflow_id, state.run),
            most=quota.concurrent,
            since=state.created_at,
            priority=state.priority,
        )
        if self._is_shared(quota, parents_of(state)) or self._slots.take(
            waiter, LOOKED_AFTER_EVERY
        ):
            self._holders.call(waiter)

    def share(self, state: WorkflowState, quota: WorkflowQuota) -> None:
        """Admit what is queued below a workflow that has a slot of the quota."""
        left, seen = [state], {state.workflow_id}
        while left:
            for child in below(self._journals, left.pop()):
                if child.workflow_id in seen:
                    continue
                seen.add(child.workflow_id)
                if not child.queued:
                    left.append(child)
                elif child.quota is not None and child.quota.key == quota.key:
                    self._holders.admit(_holder(child.workflow_id, child.run))

    def _is_shared(
        self, quota: WorkflowQuota, parents: Iterable[tuple[str, str]]
    ) -> bool:
        """Tell whether somebody has a slot already who waits for the workflow's end."""
        return any(
            state.quota is not None
            and state.quota.key == quota.key
            and not state.queued
            for state, _ in above(self._journals, parents)
        )

    def free(self, state: WorkflowState, quota: WorkflowQuota) -> None:
        """Give back the slot of a workflow that has ended; twice is once."""
        holder = _holder(state.workflow_id, state.run)
        self._slots.free(_limit(quota), [holder])


class _Workflows:
    """The workflows that have slots, or wait for them."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._journals = journals

    def is_held(self, holder: str) -> bool:
        """Tell whether a workflow is there and has not ended.

        One that has a slot and was not told of it is told again.
        """
        state = self._find(holder)
        if state is not None and state.queued:
            self.admit(holder)
        return state is not None

    def is_waiting(self, waiter: Waiter) -> bool:
        """Tell whether a workflow is still queued."""
        state = self._find(waiter.holder)
        return state is not None and state.queued

    def _find(self, holder: str) -> WorkflowState | None:
        """Return the workflow if the run is its present one and has not ended."""
        workflow_id, run = _read(holder)
        state = self._journals.find(workflow_id)
        if state is None or state.status.is_terminal or state.run != run:
            return None
        return state

    def call(self, waiter: Waiter) -> None:
        """Have the workflow run."""
        self.admit(waiter.holder)

    def admit(self, holder: str) -> None:
        """Have a run of a workflow go on."""
        workflow_id, run = _read(holder)
        message = encode_message(RunCommand(command=Admit(run=run)))
        self._home.commands.send(workflow_id, message)


def _limit(quota: WorkflowQuota) -> str:
    return f"workflow/{quota.key}"


def _holder(workflow_id: str, run: int) -> str:
    """Return what a run of a workflow is called as the holder of a slot.

    One that was brought back takes another slot, whatever becomes of the first.
    """
    return f"{workflow_id}/{run}"


def _read(holder: str) -> tuple[str, int]:
    workflow_id, _, run = holder.partition("/")
    return workflow_id, int(run)
