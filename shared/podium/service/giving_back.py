"""Giving back what is over, and asking for what was decided: slots and messages.

A decision that ends deliveries frees their slots and takes their messages out of the
queues; one that ends a workflow frees the workflow's.  Each may be done twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias, assert_never

from podium import ids
from podium.decider import effects as fx
from podium.decider.state import WorkflowState
from podium.ports import Home, TaskMessage
from podium.service.journals import Journals
from podium.service.offers import withhold
from podium.service.task_limits import TaskLimits, holder_of
from podium.service.workflow_limits import WorkflowLimits

GivesBack: TypeAlias = fx.Withdraw | fx.SlotEffect


class GivingBack:
    """Carries out the effects that concern slots, and messages that are not wanted."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._tasks = TaskLimits(home, journals)
        self._workflows = WorkflowLimits(home, journals)

    def carry_out(self, state: WorkflowState, effects: Sequence[GivesBack]) -> None:
        """Carry the effects out; slots of one limit are freed together."""
        messages: dict[str, list[TaskMessage]] = defaultdict(list)
        holders: dict[str, list[str]] = defaultdict(list)
        for effect in effects:
            match effect:
                case fx.Withdraw(queue, seq, delivery):
                    task_id = ids.task_id(state.workflow_id, seq)
                    messages[queue].append(TaskMessage(task_id, delivery))
                case fx.FreeTaskSlot(name, seq, delivery):
                    holder = holder_of(state.workflow_id, seq, delivery)
                    holders[name].append(holder)
                case fx.StandInLine(quota):
                    self._workflows.stand_in_line(state, quota)
                case fx.ShareSlot(quota):
                    self._workflows.share(state, quota)
                case fx.FreeWorkflowSlot(quota):
                    self._workflows.free(state, quota)
                case _:
                    assert_never(effect)
        for queue, some in messages.items():
            self._home.queues.withdraw(queue, some)
        withdrawn = [one for one in effects if isinstance(one, fx.Withdraw)]
        withhold(self._home, state, withdrawn)
        for name, some_holders in holders.items():
            self._tasks.free(name, some_holders)
