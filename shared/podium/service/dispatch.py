"""Carrying out effects: queue messages, and commands to other workflows (design 5)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import assert_never

from podium import ids
from podium.decider import effects as fx
from podium.decider.commands import Terminate
from podium.decider.state import WorkflowState
from podium.errors import Unavailable
from podium.ports import Home, TaskMessage
from podium.service.giving_back import GivesBack, GivingBack
from podium.service.journals import Journals
from podium.service.messages import (
    LaunchFailureWorkflow,
    LaunchTask,
    Message,
    ReportChild,
    ReportRevival,
    ReviveChild,
    RunCommand,
    encode_message,
)
from podium.service.offers import offer_of
from podium.service.outgoing import Outgoing

logger = logging.getLogger(__name__)


class Dispatcher:
    """Interprets the closed set of effects over the home's ports."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._journals = journals
        self._giving_back = GivingBack(home, journals)
        self.outgoing = Outgoing(home.queues.send)

    def carry_out(
        self,
        state: WorkflowState,
        effects: Iterable[fx.Effect],
        *,
        again: bool = False,
    ) -> None:
        """Carry the effects out.

        What is dispatched ``again`` somebody may have had already: it is no offer.
        """
        outgoing: dict[str, list[TaskMessage]] = defaultdict(list)
        todo = list(effects)
        over = [effect for effect in todo if isinstance(effect, GivesBack)]
        self._giving_back.carry_out(state, over)
        for effect in todo:
            if isinstance(effect, GivesBack):
                continue
            if isinstance(effect, fx.Remember):
                self._remember(effect)
                continue
            if not isinstance(effect, fx.Enqueue):
                address, message = self._addressed(state, effect)
                self._home.commands.send(address, encode_message(message))
                continue
            offer = None if again else self._offer(state, effect)
            outgoing[effect.queue].append(self._message(state, effect, offer))
        for queue, messages in outgoing.items():
            self.outgoing.send(queue, messages)

    def _remember(self, effect: fx.Remember) -> None:
        """Keep an output for later tasks; where that fails they work it out again."""
        expires = self._home.clock.now() + effect.seconds * 1000
        output = bytes(effect.output)
        try:
            self._home.outputs.put(effect.name, effect.key, output, expires)
        except Unavailable as failure:
            logger.warning(
                "output_not_remembered",
                extra={"task": effect.name, "reason": failure.message},
            )

    @staticmethod
    def _addressed(state: WorkflowState, effect: fx.Notice) -> tuple[str, Message]:
        """Return which workflow the effect is for, and its message."""
        match effect:
            case fx.Launch(seq):
                return state.workflow_id, LaunchTask(seq=seq)
            case fx.TerminateChild(seq, child_id, reason, run):
                task_id = ids.task_id(state.workflow_id, seq)
                ended = Terminate(reason=reason, by_task=task_id, run=run)
                return child_id, RunCommand(command=ended)
            case fx.ReviveChild(seq, child_id, run):
                wanted = ReviveChild(parent_id=state.workflow_id, seq=seq, run=run)
                return child_id, wanted
            case fx.ReviveParent(parent_id, task_id, run, operation):
                revived = ReportRevival(
                    seq=ids.sequence_of(task_id),
                    child_id=state.workflow_id,
                    run=run,
                    operation=operation,
                )
                return parent_id, revived
            case fx.AskChild(seq, child_id):
                return state.workflow_id, ReportChild(seq=seq, child_id=child_id)
            case fx.NotifyParent(parent_id, task_id):
                seq = ids.sequence_of(task_id)
                return parent_id, ReportChild(seq=seq, child_id=state.workflow_id)
            case fx.StartFailureWorkflow(workflow_id):
                message = LaunchFailureWorkflow(failure_id=workflow_id)
                return state.workflow_id, message
            case _:
                assert_never(effect)

    def _offer(self, state: WorkflowState, effect: fx.Enqueue) -> bytes | None:
        task = state.task_of(effect.seq)
        if task is None or not self._home.offers_travel:
            return None
        return offer_of(self._journals, state, task)

    def _message(
        self, state: WorkflowState, effect: fx.Enqueue, offer: bytes | None
    ) -> TaskMessage:
        return TaskMessage(
            task_id=ids.task_id(state.workflow_id, effect.seq),
            delivery=effect.delivery,
            priority=effect.priority,
            delay=max(0, effect.due - self._home.clock.now()),
            offer=offer,
        )
