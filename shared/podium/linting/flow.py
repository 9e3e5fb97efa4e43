"""What has run before a task, for certain, possibly or never.

The definition is walked once, in the order in which it runs, with what is known at each
place: which tasks were scheduled before for certain (``certain``) or on some way that
leads here (``possible``), which run at the same time in other branches (``parallel``),
and which of those are sure to come (``pending``).

- A sequence adds one task after the other; a TERMINATE ends it.
- After a SWITCH there is what all its cases have in common, and possibly what one of
  those has that go on.
- The branches of a FORK_JOIN do not see each other's end; a JOIN adds, for each task it
  waits for, what had run by that task's end.
- A DO_WHILE's body has run at least once after it, unless it goes over items; within
  it, anything of it may have run in the iteration before.
- What a dynamic fork makes has names that nobody knows beforehand.

Sets are bit masks over the definition's tasks: a definition may have thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from podium.linting.findings import Steps
from podium.linting.places import Sequel, inside, places
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known at one place, as bit masks.

    ``is_dynamic``: a dynamic fork may have run, so there may be tasks with any name.
    ``is_reached``: there is a way that leads here.
    """

    certain: int = 0
    possible: int = 0
    parallel: int = 0
    pending: int = 0
    is_dynamic: bool = False
    is_reached: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    """A task in its place, and what is known before it."""

    steps: Steps
    task: WorkflowTask
    before: Moment
    follows: WorkflowTask | None
    precedes: WorkflowTask | None
    loops: tuple[str, ...]


class Flow:
    """A definition, walked."""

    def __init__(self, definition: WorkflowDef) -> None:
        refs = dict.fromkeys(task.task_reference_name for _, task in places(definition))
        self._bits = {ref: 1 << number for number, ref in enumerate(refs)}
        self._ends: dict[str, Moment] = {}
        self._loops: tuple[str, ...] = ()
        self.visits: list[Visit] = []
        self._visits: dict[str, Visit] = {}
        top = Sequel(("tasks",), definition.tasks)
        self.end = self._walk(top, Moment())

    def __contains__(self, ref: str) -> bool:
        """Tell whether the definition has a task of this name."""
        return ref in self._bits

    @property
    def refs(self) -> Iterable[str]:
        """The names of all tasks."""
        return self._bits

    def task(self, ref: str) -> WorkflowTask:
        """Return the task with this name."""
        return self._visits[ref].task

    def before(self, ref: str) -> Moment:
        """Return what is known before a task."""
        return self._visits[ref].before

    def bit(self, ref: str) -> int:
        """Return the mask of a task, 0 of one that is not there."""
        return self._bits.get(ref, 0)

    def mask(self, tasks: Iterable[WorkflowTask]) -> int:
        """Return the mask of these tasks and all in them."""
        found = 0
        for task in tasks:
            for one in task.collect():
                found |= self.bit(one.task_reference_name)
        return found

    # --- walking ---------------------------------------------------------------

    def _walk(self, sequel: Sequel, moment: Moment) -> Moment:
        tasks = sequel.tasks
        for number, (steps, task) in enumerate(sequel):
            follows = tasks[number - 1] if number else None
            precedes = tasks[number + 1] if number + 1 < len(tasks) else None
            visit = Visit(steps, task, moment, follows, precedes, self._loops)
            self.visits.append(visit)
            self._visits[task.task_reference_name] = visit
            moment = self._pass(task, steps, moment)
            self._ends[task.task_reference_name] = moment
        return moment

    def _pass(self, task: WorkflowTask, steps: Steps, moment: Moment) -> Moment:
        """Return what is known once a task is over."""
        moment = self._with(moment, task)
        match task.type:
            case "SWITCH" | "DECISION":
                return self._pass_choice(inside(task, steps), task, moment)
            case "FORK_JOIN":
                return self._pass_fork(inside(task, steps), moment)
            case "DO_WHILE":
                return self._pass_loop(inside(task, steps)[0], task, moment)
            case "JOIN":
                return self._pass_join(task.join_on, moment)
            case "EXCLUSIVE_JOIN":
                return moment
            case "FORK_JOIN_DYNAMIC":
                return replace(moment, is_dynamic=True)
            case "TERMINATE":
                return replace(moment, is_reached=False)
        return moment

    def _with(self, moment: Moment, task: WorkflowTask) -> Moment:
        bit = self.bit(task.task_reference_name)
        return replace(
            moment, certain=moment.certain | bit, possible=moment.possible | bit
        )

    def _pass_choice(
        self, cases: Sequence[Sequel], task: WorkflowTask, moment: Moment
    ) -> Moment:
        before = moment
        if task.type == "DECISION":  # an empty case falls back to the default
            cases = [case for case in cases if case.tasks] or cases[-1:]
        ways = [self._walk(case, before) for case in cases]
        open_ways = [way for way in ways if way.is_reached]
        if not open_ways:
            return replace(_merge(ways), is_reached=False)
        return _merge(open_ways)

    def _pass_fork(self, branches: Sequence[Sequel], moment: Moment) -> Moment:
        masks = [self.mask(branch.tasks) for branch in branches]
        everything = reduce(int.__or__, masks, 0)
        after = moment
        for branch, own in zip(branches, masks, strict=True):
            others = moment.parallel | (everything & ~own)
            end = self._walk(branch, replace(moment, parallel=others))
            after = replace(
                after,
                possible=after.possible | end.possible,
                pending=after.pending | end.certain | end.pending,
                is_dynamic=after.is_dynamic or end.is_dynamic,
            )
        return replace(after, parallel=after.parallel | everything)

    def _pass_join(self, join_on: Iterable[str], moment: Moment) -> Moment:
        for ref in join_on:
            end = self._ends.get(ref)
            if end is None:
                continue
            moment = replace(
                moment,
                certain=moment.certain | end.certain,
                possible=moment.possible | end.possible,
                parallel=moment.parallel & ~end.possible,
                pending=moment.pending | end.pending,
            )
        return moment

    def _pass_loop(self, body: Sequel, task: WorkflowTask, moment: Moment) -> Moment:
        begin = replace(moment, possible=moment.possible | self.mask(body.tasks))
        self._loops = (*self._loops, task.task_reference_name)
        end = self._walk(body, begin)
        self._loops = self._loops[:-1]
        if goes_over_items(task):
            return replace(
                end, certain=moment.certain, pending=moment.pending, is_reached=True
            )
        return end


def goes_over_items(task: WorkflowTask) -> bool:
    """Tell whether a DO_WHILE goes over a list, which may be empty."""
    return bool(task.items) or bool(task.input_parameters.get("_items"))


def _merge(ways: Sequence[Moment]) -> Moment:
    """Return what is known after one of several ways."""
    first, *others = ways
    for way in others:
        first = Moment(
            certain=first.certain & way.certain,
            possible=first.possible | way.possible,
            parallel=first.parallel | way.parallel,
            pending=(first.pending | first.certain) & (way.pending | way.certain),
            is_dynamic=first.is_dynamic or way.is_dynamic,
            is_reached=first.is_reached or way.is_reached,
        )
    return first
