"""Carrying out effects: queue messages, and commands to other workflows (design 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from podium import ids
from podium.decider import effects as fx
from podium.decider.commands import Terminate
from podium.decider.state import WorkflowState
from podium.ports import Home, Lease, TaskMessage
from podium.service.journals import Journals
from podium.service.messages import (
    LaunchFailureWorkflow,
    LaunchTask,
    Message,
    ReportChild,
    RunCommand,
    encode_message,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker that would take the next task of a queue right now."""

    queue: str
    worker_id: str


class Dispatcher:
    """Interprets the closed set of effects over the home's ports."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._journals = journals

    def carry_out(
        self,
        state: WorkflowState,
        effects: Iterable[fx.Effect],
        claim: Claim | None = None,
    ) -> Lease | None:
        """Carry the effects out; return the lease that the claim got, if any."""
        lease: Lease | None = None
        outgoing: dict[str, list[TaskMessage]] = defaultdict(list)
        for effect in effects:
            if not isinstance(effect, fx.Enqueue):
                address, message = self._addressed(state, effect)
                self._home.commands.send(address, encode_message(message))
                continue
            if claim is not None and lease is None:
                lease = self._take(state, effect, claim)
                if lease is not None:
                    continue
            outgoing[effect.queue].append(self._message(state, effect))
        for queue, messages in outgoing.items():
            self._home.queues.send(queue, messages)
        return lease

    @staticmethod
    def _addressed(state: WorkflowState, effect: fx.Notice) -> tuple[str, Message]:
        """Return which workflow the effect is for, and its message."""
        match effect:
            case fx.Launch(seq):
                return state.workflow_id, LaunchTask(seq=seq)
            case fx.TerminateChild(child_id, reason):
                return child_id, RunCommand(command=Terminate(reason=reason))
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

    def _message(self, state: WorkflowState, effect: fx.Enqueue) -> TaskMessage:
        return TaskMessage(
            task_id=ids.task_id(state.workflow_id, effect.seq),
            delivery=effect.delivery,
            priority=effect.priority,
            delay=max(0, effect.due - self._home.clock.now()),
        )

    def _take(
        self, state: WorkflowState, effect: fx.Enqueue, claim: Claim
    ) -> Lease | None:
        now = self._home.clock.now()
        if effect.queue != claim.queue or effect.due > now:
            return None
        lease = Lease(
            state.workflow_id, effect.seq, effect.delivery, claim.worker_id, now, now
        )
        expires = self._journals.expires(state, now)
        return lease if self._home.leases.take(lease, expires) else None
