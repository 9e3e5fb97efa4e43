"""A decision in progress: the state so far, the events so far, and what may be read.

``decide`` folds every event into the state at the moment it is made, so each rule sees
what the rules before it did.  A turn lives within one call of ``decide`` and is thrown
away; nothing outside sees it change.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider import events as ev
from podium.decider.definition import Definition, Graph, Node, compile_dynamic
from podium.decider.facts import (
    EntryEvents,
    EntryRange,
    Facts,
    FactsNeeded,
    Snapshot,
    StoredPayload,
    require,
)
from podium.decider.folding import evolve
from podium.decider.history import loop_output
from podium.decider.reader import Reader
from podium.decider.state import TaskState, WorkflowState, shares_iteration
from podium.decider.state_changes import tell_of
from podium.expressions.template import Template
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

_COMPLETED = TaskStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task is scheduled: its node, and the loops and dynamic task around it.

    A task that begins anew in its place is ``given`` the input that it had.
    """

    node: Node
    iterations: tuple[int, ...] = ()
    root: str | None = None
    given: dict[str, Any] | None = None


class EndWorkflow(Exception):
    """A rule found that the workflow is over."""

    def __init__(
        self,
        status: WorkflowStatus,
        reason: str | None,
        *,
        failed_task: int = 0,
        output: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.failed_task = failed_task
        self.output = output


def encode(value: Any) -> Raw:
    """Return a JSON value in its encoded form."""
    return Raw(msgspec.json.encode(value))


def decode(value: Raw) -> Any:
    """Return the JSON value of an encoded form."""
    return msgspec.json.decode(value)


def given_by(events: Iterable[ev.Event]) -> Raw:
    """Return the workflow's input from the events of the entry that it lies in."""
    kinds = ev.WorkflowStarted | ev.WorkflowRestarted | ev.WorkflowReopened
    return next(e.input for e in events if isinstance(e, kinds) and e.input)


class Turn:
    """One decision on one workflow at one moment ``now``.

    ``attended`` says that everything due was looked at, ``ends_as`` what the workflow
    is about to end as; ``forked`` has the branches of dynamic forks made in this turn,
    ``remembered`` the outputs that its end will have others find, by name and key.
    """

    def __init__(
        self, state: WorkflowState, facts: Facts, now: int, jitter: float
    ) -> None:
        self.state = state
        self.facts = facts
        self.now = now
        self.jitter = jitter
        self.events: list[ev.Event] = []
        self.unsettled: list[int] = sorted(state.unsettled)
        self.changed: set[str] = set()
        self.attended = False
        self.ends_as: WorkflowStatus | None = None
        self.forked: dict[int, list[Graph]] = {}
        self.to_judge: list[str] = []
        self.is_cut_short = False
        self.remembered: dict[tuple[str, str], Raw] = {}
        self._base = state.version
        self._definitions: dict[str, Definition] = {}
        self._inputs: dict[int, Raw] = {}
        self._outputs: dict[int, Raw] = {}

    @property
    def recorded_version(self) -> int:
        """The journal's last version; what comes after it are this turn's events."""
        return self._base

    @property
    def definition(self) -> Definition:
        """The definition the workflow was started with."""
        digest = self.state.definition
        found = self._definitions.get(digest)
        if found is None:
            found = self._definitions[digest] = require(self.facts, Snapshot(digest))
        return found

    # --- writing ---------------------------------------------------------------

    def emit(self, event: ev.Event) -> None:
        """Add an event and fold it."""
        self.events.append(event)
        self.state = evolve(
            self.state, event, self.state.workflow_id, self._base + 1, self.now
        )
        if isinstance(event, ev.TaskScheduled):
            self._inputs[event.seq] = event.input
        if isinstance(event, ev.LoopAdvanced):
            self._outputs[event.seq] = event.output
        elif isinstance(event, ev.TaskScheduled | ev.TaskUpdated):
            self._note_task(event)
            tell_of(self, event)
        elif isinstance(event, ev.TaskReopened):
            self.changed.add(self.state.refs[event.seq])

    def _note_task(self, event: ev.TaskScheduled | ev.TaskUpdated) -> None:
        if event.output:
            self._outputs[event.seq] = event.output
        elif isinstance(event, ev.TaskUpdated) and event.has_output:
            self._outputs.pop(event.seq, None)
        ref = self.state.refs[event.seq]
        self.changed.add(ref)
        cache = self.state.tasks[ref].cache
        if cache is not None and event.output and event.status is _COMPLETED:
            self.remembered[self.state.tasks[ref].name, cache.key] = event.output
        if event.status.is_terminal and event.seq in self.state.unsettled:
            heapq.heappush(self.unsettled, event.seq)

    def come_to(self, skipped: TaskState) -> None:
        """Pass over a task that a client has skipped: the flow has come to it."""
        self.changed.add(skipped.ref)
        heapq.heappush(self.unsettled, skipped.seq)

    # --- reading ---------------------------------------------------------------

    def task_id(self, task: TaskState) -> str:
        """Return the task's id."""
        return ids.task_id(self.state.workflow_id, task.seq)

    def node_of(self, task: TaskState) -> Node:
        """Return the definition of a task, also of one that a dynamic fork made."""
        if task.root is None:
            return self.definition.graph.nodes[task.ref]
        root = self.state.tasks[task.root]
        loop = root.loop
        return compile_dynamic(bytes(self._definition_of(root)), loop).nodes[task.ref]

    def has_state_changes(self, task: TaskState) -> bool:
        """Tell whether a status of the task may have to be told.

        Of what a dynamic fork made, only its definition says so.
        """
        if task.root is None:
            return bool(self.definition.graph.nodes[task.ref].state_changes)
        return bool(self.node_of(task).state_changes)

    def place_of(self, task: TaskState) -> Place:
        """Return where a task stands."""
        return Place(self.node_of(task), task.iterations, task.root)

    def _definition_of(self, root: TaskState) -> Raw:
        for event in self._scheduling_events(root):
            if event.definition:
                return event.definition
        raise LookupError(f"no definition was recorded for {root.full_ref}")

    def scheduling_of(self, task: TaskState) -> ev.TaskScheduled:
        """Return the event that a task was scheduled with, the last time."""
        return next(iter(self._scheduling_events(task)))

    def _scheduling_events(self, task: TaskState) -> Iterable[ev.TaskScheduled]:
        events: Iterable[ev.Event] = self.events
        if task.scheduled_in <= self._base:
            events = require(self.facts, EntryEvents(task.scheduled_in))
        return (
            event
            for event in events
            if isinstance(event, ev.TaskScheduled) and event.seq == task.seq
        )

    def input_of(self, task: TaskState) -> dict[str, Any]:
        """Return the input a task was scheduled with."""
        raw = self._inputs.get(task.seq)
        if not raw:
            raw = next(iter(self._scheduling_events(task))).input
        value: dict[str, Any] = decode(raw)
        return value

    def output_of(self, task: TaskState) -> dict[str, Any]:
        """Return a task's output; that of JOIN and DO_WHILE is put together here."""
        if task.type == "JOIN":
            return self._joined(task) | self.own_output_of(task)
        if task.type == "DO_WHILE":
            return self._iterations(task) | self.own_output_of(task)
        return self.own_output_of(task)

    def own_output_of(self, task: TaskState) -> dict[str, Any]:
        """Return the output that a task reported itself."""
        raw = self._outputs.get(task.seq, ev.ABSENT)
        if not raw:
            raw = task.output
        if not raw and task.output_path is not None:
            raw = require(self.facts, StoredPayload(task.output_path))
        if not raw and task.updated_in:
            raw = self._recorded_output(task)
        value: dict[str, Any] = decode(raw) if raw else {}
        return value

    def _recorded_output(self, task: TaskState) -> Raw:
        found = ev.ABSENT
        for event in require(self.facts, EntryEvents(task.updated_in)):
            if (
                isinstance(event, ev.TaskScheduled | ev.TaskUpdated | ev.LoopAdvanced)
                and event.seq == task.seq
                and event.output
            ):
                found = event.output
        return found

    def _iterations(self, loop: TaskState) -> dict[str, Any]:
        recorded: tuple[ev.Event, ...] = ()
        if loop.scheduled_in <= self._base:
            recorded = require(self.facts, EntryRange(loop.scheduled_in, self._base))
        return loop_output(loop.seq, (*recorded, *self.events))

    def _joined(self, join: TaskState) -> dict[str, Any]:
        joined = {}
        for ref in () if join.is_open else join.join_on:
            task = self.state.tasks.get(ref)
            if task is not None and shares_iteration(task, join):
                output = self.output_of(task)
                if output:
                    joined[task.full_ref] = output
        return joined

    def workflow_input(self) -> dict[str, Any]:
        """Return the workflow's input."""
        state = self.state
        raw = state.input
        if state.input_path is not None:
            raw = require(self.facts, StoredPayload(state.input_path))
        if not raw:
            events = (
                require(self.facts, EntryEvents(state.input_in))
                if state.input_in <= self._base
                else self.events
            )
            raw = given_by(events)
        value: dict[str, Any] = decode(raw)
        return value

    # --- expressions -----------------------------------------------------------

    def resolve(self, template: Template, task_id: str | None = None) -> Any:
        """Return the value of a template over this workflow (reference 4.12)."""
        reader = Reader(self, task_id)
        value = template.resolve(reader)
        if reader.missing:
            raise FactsNeeded(reader.missing)
        return value

    def variables(self) -> dict[str, Any]:
        """Return the workflow's variables."""
        value: dict[str, Any] = decode(self.state.variables)
        return value
