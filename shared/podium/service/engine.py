"""The shell around the decider: load, decide, append, dispatch (design 2).

Every change of a workflow goes through :meth:`Engine.run` or :meth:`Engine.create`.
A conflict means that somebody else decided first: load what is new, decide again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypedDict, Unpack

from podium import ids
from podium.decider import commands as cmd
from podium.decider.decide import Decision, decide, decide_all, start
from podium.decider.effects import (
    Effect,
    Enqueue,
    NotifyParent,
    effects,
    outstanding,
)
from podium.decider.events import Entry
from podium.decider.facts import Facts, FactsNeeded
from podium.decider.state import WorkflowState
from podium.errors import IllegalState, TooBusy, VersionConflict
from podium.ports import Home, Lease
from podium.service.dispatch import Claim, Dispatcher
from podium.service.facts import FactFinder
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.projection import Projection

GUARD_AT_LEAST_EVERY = 4 * 3600 * 1000
"""Milliseconds between two looks of the guard at a workflow, at most."""
MAX_QUESTIONS = 10_000
_JITTER_BITS = 53


SYSTEM_WORKER = "podium"
"""Who has the leases of system tasks."""
SYSTEM_LEASE = 10 * 60 * 1000
"""Milliseconds that such a lease holds: longer than any call takes, and over before the
message of one that died with its process comes again.
"""


def is_given_up(lease: Lease, now: int) -> bool:
    """Tell whether nobody works any more on a system task."""
    return lease.worker_id == SYSTEM_WORKER and now - lease.renewed_at >= SYSTEM_LEASE


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a command, and the lease that a claim got on the way, if any."""

    state: WorkflowState
    lease: Lease | None = None


class RunOptions(TypedDict, total=False):
    """What may accompany a command: see :meth:`Engine.run`."""

    by: str | None
    claim: Claim | None
    known: WorkflowState | None
    then: Callable[[Outcome], None] | None


class Engine:
    """Runs commands on workflows."""

    def __init__(
        self,
        home: Home,
        journals: Journals,
        finder: FactFinder,
        projection: Projection,
        dispatcher: Dispatcher,
    ) -> None:
        self._home = home
        self._journals = journals
        self._finder = finder
        self._projection = projection
        self._dispatcher = dispatcher

    def create(self, workflow_id: str, command: cmd.Start, by: str | None) -> Outcome:
        """Start a workflow under this id; one that is already there is left alone."""
        present = self._journals.find(workflow_id)
        if present is not None:
            return Outcome(present)
        now = self._home.clock.now()
        jitter = self._draw()

        def attempt(facts: Facts) -> Decision:
            return start(workflow_id, command, now, facts, jitter)

        decision = self._ask(workflow_id, attempt)
        try:
            return self._commit(None, decision, now, by)
        except VersionConflict:
            return Outcome(self._journals.load(workflow_id))

    def run(
        self,
        workflow_id: str,
        command: cmd.Command,
        by: str | None = None,
        claim: Claim | None = None,
        known: WorkflowState | None = None,
        then: Callable[[Outcome], None] | None = None,
    ) -> Outcome:
        """Decide on a command and make it so.

        With a ``claim`` the first task that the decision offers on the claim's queue
        is leased to the claiming worker at once.  ``known`` is the state as the caller
        has just read it: where it is the newest, nothing needs to be read again.
        ``then`` is called with the outcome, in the unit of work that makes it stand.
        """
        for _ in range(self._home.max_conflicts):
            state = known or self._journals.load(workflow_id)
            known = None
            now = max(self._home.clock.now(), state.at)
            decision = self._decide(state, command, now)
            if not decision.events:
                self._arm(state, decision, now)
                return _follow_up(Outcome(state), then)
            try:
                return self._commit(state, decision, now, by, claim, then)
            except VersionConflict:
                continue
        raise TooBusy(workflow_id)

    def run_all(self, workflow_id: str, commands: Sequence[cmd.Command]) -> None:
        """Decide on commands in their order and make it so in one append.

        On a workflow that has ended meanwhile they are moot.
        """
        for _ in range(self._home.max_conflicts):
            state = self._journals.load(workflow_id)
            if state.status.is_terminal:
                return
            now = max(self._home.clock.now(), state.at)
            jitter = self._draw()
            decision = self._ask(
                workflow_id, partial(decide_all, state, commands, now, jitter=jitter)
            )
            try:
                if decision.events:
                    self._commit(state, decision, now, None)
                else:
                    self._arm(state, decision, now)
            except VersionConflict:
                continue
            return
        raise TooBusy(workflow_id)

    def submit(
        self, workflow_id: str, command: cmd.Command, **options: Unpack[RunOptions]
    ) -> Outcome:
        """Run a command, or leave it to the decider's queue where others keep coming.

        Only for commands whose sender needs no answer: there they wait their turn, and
        are folded with others into one append (design 4).
        """
        try:
            return self.run(workflow_id, command, **options)
        except TooBusy:
            self._home.commands.send(
                workflow_id, encode_message(RunCommand(command=command))
            )
            return Outcome(self._journals.load(workflow_id))

    def redispatch(self, workflow_id: str, known: WorkflowState | None = None) -> None:
        """Carry out again whatever the workflow's state calls for (design 5).

        What a worker holds is not offered again, and a parent that knows is not told.
        """
        state = known or self._journals.load(workflow_id)
        todo = [one for one in outstanding(state) if not self._is_known(one)]
        if any(isinstance(one, Enqueue) for one in todo):
            now = self._home.clock.now()
            held = {
                (lease.seq, lease.delivery)
                for lease in self._home.leases.find_all(workflow_id)
                if not is_given_up(lease, now)
            }
            todo = [
                one
                for one in todo
                if not (isinstance(one, Enqueue) and (one.seq, one.delivery) in held)
            ]
        with self._home.atomic():
            self._dispatcher.carry_out(state, todo)

    def _is_known(self, effect: Effect) -> bool:
        """Tell whether a parent's journal shows already what its child would say."""
        if not isinstance(effect, NotifyParent):
            return False
        parent = self._journals.find(effect.parent_id)
        if parent is None or parent.status.is_terminal:
            return True
        task = parent.task_of(ids.sequence_of(effect.parent_task_id))
        return task is None or task.status.is_terminal

    def _decide(self, state: WorkflowState, command: cmd.Command, now: int) -> Decision:
        jitter = self._draw()

        def attempt(facts: Facts) -> Decision:
            return decide(state, command, now, facts, jitter)

        return self._ask(state.workflow_id, attempt)

    def _draw(self) -> float:
        return float(self._home.draw(_JITTER_BITS) / (1 << _JITTER_BITS))

    def _ask(self, workflow_id: str, attempt: Callable[[Facts], Decision]) -> Decision:
        facts = self._finder.known(workflow_id)
        for _ in range(MAX_QUESTIONS):
            try:
                return attempt(facts)
            except FactsNeeded as question:
                self._finder.answer(workflow_id, question.needs, facts)
        raise IllegalState(f"The decision on {workflow_id} never stops asking")

    def _arm(self, before: WorkflowState | None, decision: Decision, now: int) -> int:
        """Arm the wake-up that the decision wants, unless it is the one recorded.

        Returns the wake-up that is armed then, 0 for none.
        """
        recorded = before.armed if before is not None else 0
        wake = self._guarded(before, decision, now)
        if wake and wake != recorded:
            self._home.timers.arm(decision.state.workflow_id, wake)
        return wake

    def _guarded(
        self, before: WorkflowState | None, decision: Decision, now: int
    ) -> int:
        """Return the decision's wake-up, or the guard's where that comes first.

        The guard looks again after a time that grows with the workflow's age, and once
        more at what the end called for (design 5).
        """
        state, wake = decision.state, decision.wake
        first = self._home.guard_after
        recorded = before.armed if before is not None else 0
        if not first:
            return wake
        if state.status.is_terminal:
            is_over = before is not None and before.status.is_terminal
            is_guarded = now < recorded <= now + first
            if is_over or is_guarded or not any(True for _ in outstanding(state)):
                return 0
            return now + first
        if now < recorded:
            return wake
        again = now + min(max(first, now - state.created_at), GUARD_AT_LEAST_EVERY)
        return min(wake or again, again)

    def _commit(
        self,
        before: WorkflowState | None,
        decision: Decision,
        now: int,
        by: str | None,
        claim: Claim | None = None,
        then: Callable[[Outcome], None] | None = None,
    ) -> Outcome:
        with self._home.atomic():
            armed = self._arm(before, decision, now)
            entry = Entry(at=now, events=decision.events, armed=armed, by=by)
            appended = self._journals.append(before, decision.state, entry)
            self._home.after_commit(partial(self._journals.keep, appended))
            state = appended.state
            if self._home.projects_inline:
                self._projection.follow(state, decision.events)
            todo = effects(before, decision.events, state)
            lease = self._dispatcher.carry_out(state, todo, claim)
            return _follow_up(Outcome(state, lease), then)


def _follow_up(outcome: Outcome, then: Callable[[Outcome], None] | None) -> Outcome:
    if then is not None:
        then(outcome)
    return outcome
