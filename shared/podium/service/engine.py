"""The shell around the decider: load, decide, append, dispatch (design 2).

Every change of a workflow goes through :meth:`Engine.run` or :meth:`Engine.create`.
A conflict means that somebody else decided first: load what is new, decide again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypedDict, Unpack

from podium.decider import commands as cmd
from podium.decider.claims import Claim
from podium.decider.decide import Decision, decide, decide_all, start
from podium.decider.effects import effects, outstanding
from podium.decider.events import Entry
from podium.decider.facts import Facts, FactsNeeded
from podium.decider.state import WorkflowState
from podium.errors import IllegalState, PodiumError, TooBusy, VersionConflict
from podium.ports import Home
from podium.service.announcer import Announcer
from podium.service.dispatch import Dispatcher
from podium.service.facts import FactFinder
from podium.service.first_guards import is_armed_by_projector
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.outgoing import Gathering
from podium.service.projection import Projection
from podium.service.redispatching import Redispatcher

GUARD_AT_LEAST_EVERY = 4 * 3600 * 1000
"""Milliseconds between two looks of the guard at a workflow, at most."""
MAX_QUESTIONS = 10_000
_JITTER_BITS = 53


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state after a command, and the task that a claim got on the way, or 0."""

    state: WorkflowState
    handed: int = 0


@dataclass(frozen=True, slots=True)
class Lagging:
    """A state that may lag: an append to it finds out if it is not the newest.

    That there is nothing to append, or no way to, is decided on what was surely read.
    """

    state: WorkflowState


class RunOptions(TypedDict, total=False):
    """What may accompany a command: see :meth:`Engine.run`."""

    by: str | None
    claim: Claim | None
    known: WorkflowState | Lagging | None
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
        announcer: Announcer,
    ) -> None:
        self._home = home
        self._journals = journals
        self._finder = finder
        self._projection = projection
        self._dispatcher = dispatcher
        self._announcer = announcer
        self._redispatcher = Redispatcher(home, journals, dispatcher)

    def create(self, workflow_id: str, command: cmd.Start, by: str | None) -> Outcome:
        """Start a workflow under this id; one that is already there is left alone.

        Most are not there, so nobody looks: the append tells.
        """
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
        known: WorkflowState | Lagging | None = None,
        then: Callable[[Outcome], None] | None = None,
    ) -> Outcome:
        """Decide on a command and make it so.

        With a ``claim`` the first task that the decision offers on the claim's queue
        is the claiming worker's at once.  ``known`` is the state as the caller
        has just read it: where it is the newest, nothing needs to be read again.
        ``then`` is called with the outcome, in the unit of work that makes it stand.
        """
        for _ in range(self._home.max_conflicts):
            is_sure = not isinstance(known, Lagging)
            seen = known.state if isinstance(known, Lagging) else known
            state, known = seen or self._journals.load(workflow_id), None
            now = max(self._home.clock.now(), state.at)
            try:
                decision = self._decide(state, command, now, claim)
            except PodiumError:
                if is_sure:
                    raise
                continue
            if not decision.events:
                if not is_sure:
                    continue
                self._arm(state, decision, now)
                return _follow_up(Outcome(state), then)
            try:
                return self._commit(state, decision, now, by, then)
            except VersionConflict:
                continue
        raise TooBusy(workflow_id)

    def run_all(self, workflow_id: str, commands: Sequence[cmd.Command]) -> bool:
        """Decide on commands in their order and make it so in one append.

        On a workflow that has ended meanwhile they are moot.  Tells whether anything
        came of them.

        The first try is made on a state that may lag: that is rare, and costs half.  If
        it does, the append says so; and where nothing is to be appended a second look
        is needed to know that.
        """
        lagging = self._journals.find(workflow_id, may_lag=True)
        if lagging is not None:
            with suppress(VersionConflict):
                if self._try_all(lagging, commands, is_certain=False):
                    return True
        for _ in range(self._home.max_conflicts):
            state = self._journals.load(workflow_id)
            with suppress(VersionConflict):
                return self._try_all(state, commands, is_certain=True)
        raise TooBusy(workflow_id)

    def _try_all(
        self, state: WorkflowState, commands: Sequence[cmd.Command], *, is_certain: bool
    ) -> bool:
        """Decide on commands; tell whether anything came of them."""
        if state.status.is_terminal and not any(
            isinstance(command, cmd.BRINGS_BACK) for command in commands
        ):
            return False
        now = max(self._home.clock.now(), state.at)
        jitter = self._draw()
        decision = self._ask(
            state.workflow_id, partial(decide_all, state, commands, now, jitter=jitter)
        )
        if decision.events:
            self._commit(state, decision, now, None)
        elif is_certain:
            self._arm(state, decision, now)
        return bool(decision.events)

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

    def redispatch(self, workflow_id: str, known: WorkflowState | None = None) -> int:
        """Carry out again whatever the workflow's state calls for (design 5).

        Returns how much there was to carry out.
        """
        state = known or self._journals.load(workflow_id)
        return self._redispatcher.redispatch(state)

    def offer_again(self, workflow_id: str) -> None:
        """Offer again what waits for workers, in the turn of the decider's queue."""
        self._redispatcher.offer_again(workflow_id)

    def together(self) -> AbstractContextManager[Gathering]:
        """Have what is sent to workers inside go together, whatever workflow's."""
        return self._dispatcher.outgoing.together()

    def _decide(
        self, state: WorkflowState, command: cmd.Command, now: int, claim: Claim | None
    ) -> Decision:
        jitter = self._draw()

        def attempt(facts: Facts) -> Decision:
            return decide(state, command, now, facts, jitter, claim)

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

        Returns the wake-up that is armed then, 0 for none.  Where a projector follows
        the journal the first look of the guard is his to arm, with those of others: he
        has the first entry long before.
        """
        recorded = before.armed if before is not None else 0
        wake = self._guarded(before, decision, now)
        is_projectors = before is None and is_armed_by_projector(self._home, wake, now)
        if wake and wake != recorded and not is_projectors:
            is_guard = wake != decision.wake
            self._home.timers.arm(decision.state.workflow_id, wake, is_guard=is_guard)
        return wake

    def _guarded(
        self, before: WorkflowState | None, decision: Decision, now: int
    ) -> int:
        """Return the decision's wake-up, or the guard's where that comes first.

        The guard looks again after a time that grows with the workflow's age, or that
        since it was brought back, and once more at what the end called for (design 5).
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
        again = now + min(max(first, now - state.timeout_from), GUARD_AT_LEAST_EVERY)
        return min(wake or again, again)

    def _commit(
        self,
        before: WorkflowState | None,
        decision: Decision,
        now: int,
        by: str | None,
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
                first = before.version + 1 if before is not None else 1
                versions = range(first, state.version + 1)
                self._announcer.follow(state, versions, decision.events)
            todo = effects(before, decision.events, state)
            self._dispatcher.carry_out(state, todo)
            return _follow_up(Outcome(state, decision.handed), then)


def _follow_up(outcome: Outcome, then: Callable[[Outcome], None] | None) -> Outcome:
    if then is not None:
        then(outcome)
    return outcome
