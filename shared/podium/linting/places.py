"""Every task of a definition with its place in the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from podium.linting.findings import Steps
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask


@dataclass(frozen=True, slots=True)
class Sequel:
    """Tasks that follow each other, and where their list stands."""

    steps: Steps
    tasks: Sequence[WorkflowTask]

    def __iter__(self) -> Iterator[tuple[Steps, WorkflowTask]]:
        """Yield each task with its place."""
        for number, task in enumerate(self.tasks):
            yield (*self.steps, number), task


def inside(task: WorkflowTask, steps: Steps) -> list[Sequel]:
    """Return the sequences inside a task that its type runs."""
    match task.type:
        case "SWITCH" | "DECISION":
            return [*_cases(task, steps), _default(task, steps)]
        case "FORK_JOIN":
            return _branches(task, steps)
        case "DO_WHILE":
            return [_body(task, steps)]
    return []


def ignored(task: WorkflowTask, steps: Steps) -> list[Sequel]:
    """Return the sequences inside a task that its type does not run."""
    found = [
        *_cases(task, steps),
        _default(task, steps),
        *_branches(task, steps),
        _body(task, steps),
    ]
    run = {sequel.steps for sequel in inside(task, steps)}
    return [one for one in found if one.tasks and one.steps not in run]


def places(definition: WorkflowDef) -> Iterator[tuple[Steps, WorkflowTask]]:
    """Yield every task that may run, nested ones after what holds them."""
    yield from _all(Sequel(("tasks",), definition.tasks))


def _all(sequel: Sequel) -> Iterator[tuple[Steps, WorkflowTask]]:
    for steps, task in sequel:
        yield steps, task
        for inner in inside(task, steps):
            yield from _all(inner)


def _cases(task: WorkflowTask, steps: Steps) -> list[Sequel]:
    return [
        Sequel((*steps, "decisionCases", case), tasks)
        for case, tasks in task.decision_cases.items()
    ]


def _default(task: WorkflowTask, steps: Steps) -> Sequel:
    return Sequel((*steps, "defaultCase"), task.default_case)


def _branches(task: WorkflowTask, steps: Steps) -> list[Sequel]:
    return [
        Sequel((*steps, "forkTasks", number), tasks)
        for number, tasks in enumerate(task.fork_tasks)
    ]


def _body(task: WorkflowTask, steps: Steps) -> Sequel:
    return Sequel((*steps, "loopOver"), task.loop_over)
