"""A workflow as a tree of rows, a row for each attempt of each task.

The tree is the definition's: what has not been scheduled yet is in it too.  Only what
the definition cannot know comes from the execution: which case a SWITCH took, which
branches a FORK_JOIN_DYNAMIC made, and what a SUB_WORKFLOW's child does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from podium_sdk import Task, TaskStatus, Workflow, WorkflowTask

PENDING = ""
"""The status of what has not been scheduled yet."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree; times are milliseconds."""

    branch: str
    """The lines of the tree that lead to the name."""
    path: str
    """The name, after those of the tasks that the row stands under."""
    name: str
    status: str
    note: str = ""
    elapsed: int | None = None
    """How long it has taken so far, None where it has not begun."""
    changed: int = 0
    """When the status came to be, from the start of the topmost workflow."""


@dataclass(frozen=True, slots=True)
class _Node:
    step: WorkflowTask
    attempt: int
    task: Task | None
    inside: tuple[_Node, ...] = ()


def rows(workflow: Workflow, children: Mapping[str, Workflow], now: int) -> list[Row]:
    """Return the tree of a workflow whose sub-workflows are ``children``, by id."""
    elapsed = (workflow.end_time or now) - workflow.start_time
    top = Row(
        branch="",
        path=workflow.workflow_name or "",
        name=workflow.workflow_name or "",
        status=workflow.status,
        note=workflow.reason_for_incompletion or workflow.workflow_id,
        elapsed=elapsed,
        changed=elapsed if workflow.status.is_terminal else 0,
    )
    below = _rows(_nodes(workflow, children), workflow.start_time, now, "", "")
    return [top, *below]


def sub_workflow_ids(workflow: Workflow) -> list[str]:
    """Return the ids of the sub-workflows that have been started."""
    return [task.sub_workflow_id for task in workflow.tasks if task.sub_workflow_id]


# --- the tree ------------------------------------------------------------------------


def _nodes(workflow: Workflow, children: Mapping[str, Workflow]) -> tuple[_Node, ...]:
    definition = workflow.workflow_definition
    if definition is None:
        return ()
    attempts: dict[str, list[Task]] = {}
    for task in sorted(workflow.tasks, key=lambda task: task.seq):
        attempts.setdefault(task.reference_task_name, []).append(task)
    return tuple(_sequence(definition.tasks, attempts, children))


def _sequence(
    steps: Iterable[WorkflowTask],
    attempts: Mapping[str, Sequence[Task]],
    children: Mapping[str, Workflow],
) -> Iterator[_Node]:
    for step in steps:
        tried = attempts.get(step.task_reference_name, ())
        if not tried:
            yield _Node(step, 1, None, tuple(_inside(step, None, attempts, children)))
        for attempt, task in enumerate(tried, start=1):
            inside = tuple(_inside(step, task, attempts, children))
            yield _Node(step, attempt, task, inside)


def _inside(
    step: WorkflowTask,
    task: Task | None,
    attempts: Mapping[str, Sequence[Task]],
    children: Mapping[str, Workflow],
) -> Iterator[_Node]:
    """Yield what stands under a task; a case or branch is known once it is taken."""
    match step.type:
        case "FORK_JOIN":
            for branch in step.fork_tasks:
                yield from _sequence(branch, attempts, children)
        case "SWITCH" if task is not None:
            case = task.output_data.get("selectedCase", "")
            taken = step.decision_cases.get(case, step.default_case)
            yield from _sequence(taken, attempts, children)
        case "FORK_JOIN_DYNAMIC" if task is not None:
            yield from _sequence(_forked(task), attempts, children)
        case "SUB_WORKFLOW" if task is not None:
            child = children.get(task.sub_workflow_id or "")
            if child is not None:
                yield from _nodes(child, children)
        case _:
            pass


def _forked(fork: Task) -> Iterator[WorkflowTask]:
    """Yield the branches of a dynamic fork, whose FORK task lists their references."""
    for reference in fork.input_data.get("forkedTasks", ()):
        yield WorkflowTask(name=reference, task_reference_name=reference)


# --- its rows ------------------------------------------------------------------------


def _rows(
    nodes: Sequence[_Node], started: int, now: int, above: str, path: str
) -> Iterator[Row]:
    for number, node in enumerate(nodes, start=1):
        is_last = number == len(nodes)
        name = node.step.task_reference_name
        yield Row(
            branch=above + ("└─ " if is_last else "├─ "),
            path=path + name,
            name=name,
            status=node.task.status if node.task else PENDING,
            note=", ".join(_notes(node)),
            elapsed=_elapsed(node.task, now),
            changed=_changed(node.task) - started,
        )
        deeper = above + ("   " if is_last else "│  ")
        yield from _rows(node.inside, started, now, deeper, f"{path}{name}/")


def _notes(node: _Node) -> Iterator[str]:
    """Yield what there is to say about a task, besides its status and time."""
    task = node.task
    if task is None:
        return
    if node.attempt > 1:
        yield f"attempt {node.attempt}"
    if task.status is TaskStatus.SCHEDULED and task.start_delay_in_seconds:
        yield f"begins {task.start_delay_in_seconds} s after the failure"
    if not task.status.is_successful and task.reason_for_incompletion:
        yield task.reason_for_incompletion
        return
    match node.step.type:
        case "SWITCH":
            yield str(task.output_data.get("selectedCase", ""))
        case "FORK_JOIN_DYNAMIC":
            yield f"{len(node.inside)} branches"
        case "SUB_WORKFLOW":
            yield str(task.input_data.get("subWorkflowName", ""))
        case "WAIT" if not task.status.is_terminal:
            yield f"waits for {task.input_data.get('duration', 'a signal')}"
        case _:
            pass


def _elapsed(task: Task | None, now: int) -> int | None:
    if task is None or not task.start_time:
        return None
    return (task.end_time or max(now, task.start_time)) - task.start_time


def _changed(task: Task | None) -> int:
    if task is None:
        return 0
    return task.end_time or task.start_time or task.scheduled_time
