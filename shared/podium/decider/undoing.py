"""What a rerun takes out of a workflow, and what is left as if it had never been (4.8).

As in Conductor, what was scheduled after a task is undone when the workflow runs again
from there; but where that task is a SUB_WORKFLOW, branches beside its own are spared,
with the JOIN that they lead to.

The state keeps the latest attempt and iteration of each reference alone.  So the tasks
that are left are folded once more, from the whole journal without the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from podium.decider import events as ev
from podium.decider.definition import Graph, Node, Role, compile_dynamic
from podium.decider.folding import evolve
from podium.decider.history import History, TaskRecord
from podium.decider.state import TaskState, WorkflowState

Entries: TypeAlias = tuple[tuple[int, int, tuple[ev.Event, ...]], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that a task lies in: of which JOIN, and its first task."""

    join: str
    first: str
    iterations: tuple[int, ...]


class Past:
    """A workflow's story, to find out what remains without some of its tasks."""

    def __init__(self, workflow_id: str, entries: Entries, graph: Graph) -> None:
        self._workflow_id = workflow_id
        self._entries = entries
        self._graph = graph
        history = History()
        for _, at, events in entries:
            history.add(events, at)
        self.records = history.records

    # --- which tasks -------------------------------------------------------------

    def later_than(self, target: TaskRecord) -> list[int]:
        """Return the sequences of what a rerun from a task undoes."""
        seq = target.scheduled.seq
        later = [one for one in self.records.values() if one.scheduled.seq > seq]
        if target.scheduled.type == "SUB_WORKFLOW":
            around = list(self._branches(target))
            later = [one for one in later if not self._is_beside(one, around)]
        return [one.scheduled.seq for one in later]

    def _is_beside(self, record: TaskRecord, around: list[Branch]) -> bool:
        """Tell whether a task lies in another branch of a fork around, or joins it."""
        scheduled = record.scheduled
        own = {(one.join, one.iterations): one for one in self._branches(record)}
        for branch in around:
            place = (branch.join, branch.iterations)
            if (scheduled.ref, scheduled.iterations) == place:
                return True
            other = own.get(place)
            if other is not None and other.first != branch.first:
                return True
        return False

    def _branches(self, record: TaskRecord) -> Iterator[Branch]:
        """Yield the branches that a task lies in, from the inside out."""
        scheduled = record.scheduled
        node, iterations = self._node(record), scheduled.iterations
        yield from _branches_around(node, iterations)
        if scheduled.root is None:
            return
        join = self._join_over(scheduled.root, iterations)
        if join is not None:
            around = join.scheduled.iterations
            yield Branch(join.scheduled.ref, scheduled.root, around)
            yield from _branches_around(self._node(join), around)

    def _join_over(self, root: str, iterations: tuple[int, ...]) -> TaskRecord | None:
        for record in self.records.values():
            around = record.scheduled.iterations
            is_around = iterations[: len(around)] == around
            if is_around and root in record.scheduled.join_on:
                return record
        return None

    def _node(self, record: TaskRecord) -> Node:
        scheduled = record.scheduled
        if scheduled.root is None:
            return self._graph.nodes[scheduled.ref]
        for one in self.records.values():
            root = one.scheduled
            around = root.iterations
            if root.ref == scheduled.root and scheduled.iterations[: len(around)] == (
                around
            ):
                graph = compile_dynamic(bytes(root.definition), root.loop)
                return graph.nodes[scheduled.ref]
        raise LookupError(f"no definition was recorded for {record.full_ref}")

    # --- what is left ------------------------------------------------------------

    def without(self, undone: Collection[int]) -> WorkflowState:
        """Return the state as it were without some tasks; its status means nothing."""
        kept = self.records.keys() - set(undone)
        begun = self._begun(kept)
        state: WorkflowState | None = None
        for version, at, events in self._entries:
            for event in events:
                if _remains(event, state, kept, begun):
                    state = evolve(state, event, self._workflow_id, version, at)
        if state is None:
            raise ValueError(f"{self._workflow_id} never started")
        return state

    def _begun(self, kept: Collection[int]) -> set[tuple[str, tuple[int, ...]]]:
        """Return the loop iterations that one of these tasks lies in."""
        scheduled = (self.records[seq].scheduled for seq in kept)
        return {(one.loop, one.iterations) for one in scheduled if one.loop is not None}

    def rewound(
        self, before: WorkflowState, after: WorkflowState
    ) -> tuple[ev.LoopAdvanced, ...]:
        """Return the iterations of loops that are in another one than before."""
        found: dict[int, ev.LoopAdvanced] = {}
        for _, _, events in self._entries:
            for event in events:
                task = (
                    after.task_of(event.seq)
                    if isinstance(event, ev.LoopAdvanced)
                    else None
                )
                if (
                    task is not None
                    and isinstance(event, ev.LoopAdvanced)
                    and task.iteration == event.iteration
                    and _iteration_of(before, event.seq) != event.iteration
                ):
                    found[event.seq] = event
        return tuple(found.values())


def _branches_around(node: Node, iterations: tuple[int, ...]) -> Iterator[Branch]:
    """Yield the branches of static forks around a task."""
    place: Node | None = node
    while place is not None:
        fork = place.parent
        if place.role is Role.BODY:
            iterations = iterations[:-1]
        if place.role is Role.BRANCH and fork is not None and fork.following:
            yield Branch(fork.following.ref, _first_of(fork, place), iterations)
        place = fork


def _first_of(fork: Node, node: Node) -> str:
    """Return the first task of the branch that a task stands in."""
    for first in fork.first_of_branches:
        one: Node | None = first
        while one is not None:
            if one is node:
                return first.ref
            one = one.following
    return node.ref


def _remains(
    event: ev.Event,
    state: WorkflowState | None,
    kept: Collection[int],
    begun: Collection[tuple[str, tuple[int, ...]]],
) -> bool:
    """Tell whether an event is part of the story without what is undone."""
    match event:
        case ev.TasksUndone():
            return False
        case ev.LoopAdvanced(seq=seq, iteration=iteration) if seq in kept:
            loop = state.task_of(seq) if state is not None else None
            if loop is None or iteration == 1:
                return True
            return (loop.ref, (*loop.iterations, iteration)) in begun
        case (
            ev.TaskScheduled(seq=seq)
            | ev.TaskUpdated(seq=seq)
            | ev.TaskReopened(seq=seq)
            | ev.TaskSettled(seq=seq)
            | ev.TaskUnparked(seq=seq)
            | ev.LoopAdvanced(seq=seq)
        ):
            return seq in kept
    return True


def _iteration_of(state: WorkflowState, seq: int) -> int:
    task: TaskState | None = state.task_of(seq)
    return 0 if task is None else task.iteration
