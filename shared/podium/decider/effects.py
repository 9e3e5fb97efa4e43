"""What is to be done in the world once a decision stands: a closed set of values.

Effects follow from events and the state after them, so a process that comes later can
derive the same ones from the state alone (:func:`outstanding`).  Each may be carried
out twice without harm: a lease is conditional, a child's id is derived from its parent,
an ended task ignores a second end (design 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from podium.decider import events as ev
from podium.decider.state import WorkflowState
from podium.decider.task_types import LAUNCHING, OUTBOUND, SYSTEM
from podium.model.task import TaskStatus


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Offer a delivery of a task to workers, not before ``due``."""

    queue: str
    seq: int
    delivery: int
    priority: int
    due: int


@dataclass(frozen=True, slots=True)
class Launch:
    """Start the workflow of a SUB_WORKFLOW or START_WORKFLOW task."""

    seq: int


@dataclass(frozen=True, slots=True)
class TerminateChild:
    """End a child whose SUB_WORKFLOW task was ended."""

    child_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AskChild:
    """Look whether the child of a SUB_WORKFLOW task has ended."""

    seq: int
    child_id: str


@dataclass(frozen=True, slots=True)
class NotifyParent:
    """Tell the parent that this workflow has ended."""

    parent_id: str
    parent_task_id: str


@dataclass(frozen=True, slots=True)
class StartFailureWorkflow:
    """Start the failure workflow under the id that was decided for it."""

    workflow_id: str


Notice: TypeAlias = (
    Launch | TerminateChild | AskChild | NotifyParent | StartFailureWorkflow
)
"""What is told to a workflow, this one or another."""

Effect: TypeAlias = Enqueue | Notice


def queue_name(task_type: str, domain: str | None) -> str:
    """Return the name of the queue of a task type and domain (reference 4.7)."""
    return f"{domain}:{task_type}" if domain else task_type


def effects(
    before: WorkflowState | None, events: Iterable[ev.Event], state: WorkflowState
) -> Iterator[Effect]:
    """Yield what these events call for, which led from ``before`` to ``state``."""
    for event in events:
        match event:
            case ev.TaskScheduled() | ev.TaskUnparked():
                yield from _offer(state, event.seq)
            case ev.TaskUpdated(delivery=delivery) if delivery:
                yield from _offer(state, event.seq)
            case ev.TaskUpdated(status=status) if status.is_terminal:
                yield from _end_child(before, event, state)
            case ev.WorkflowEnded():
                yield from _after_end(state)


def outstanding(state: WorkflowState) -> Iterator[Effect]:
    """Yield every effect that the state calls for, whoever was to carry it out."""
    if state.status.is_terminal:
        yield from _after_end(state)
    for task in state.tasks.values():
        child = task.sub_workflow_id if task.type == "SUB_WORKFLOW" else None
        if task.is_open:
            yield from _offer(state, task.seq)
            if child is not None:
                yield AskChild(task.seq, child)
        elif child is not None and task.status in LEAVES_CHILD_BEHIND:
            yield TerminateChild(child, why_child_ends(task.status, state))


def _offer(state: WorkflowState, seq: int) -> Iterator[Effect]:
    task = state.task_of(seq)
    if task is None or task.status is not TaskStatus.SCHEDULED or task.parked:
        return
    if state.status.is_terminal:
        return
    if task.type in LAUNCHING:
        yield Launch(task.seq)
    elif task.type in OUTBOUND or task.type not in SYSTEM:
        yield Enqueue(
            queue_name(task.type, task.domain),
            task.seq,
            task.delivery,
            state.priority,
            task.due,
        )


def _end_child(
    before: WorkflowState | None, event: ev.TaskUpdated, state: WorkflowState
) -> Iterator[Effect]:
    """Yield the end of a child that is not wanted any more, unless it reported it.

    Its task may be superseded already; who the child is, the state before knows.
    """
    task = before.task_of(event.seq) if before is not None else None
    if task is None or task.type != "SUB_WORKFLOW" or event.sub_workflow_id:
        return
    child = task.sub_workflow_id
    if child is None or event.status not in LEAVES_CHILD_BEHIND:
        return
    yield TerminateChild(child, why_child_ends(event.status, state))


def why_child_ends(status: TaskStatus, parent: WorkflowState) -> str:
    """Return why a child is not wanted any more whose task ended with a status."""
    if not parent.status.is_terminal:
        return f"Parent task has ended with status {status}"
    if parent.reason:
        return f"Parent workflow has been terminated with reason: {parent.reason}"
    return f"Parent workflow has been terminated with status {parent.status}"


LEAVES_CHILD_BEHIND = frozenset({TaskStatus.CANCELED, TaskStatus.TIMED_OUT})
"""What a SUB_WORKFLOW ends with while its child runs on, unless it is ended too."""


def _after_end(state: WorkflowState) -> Iterator[Effect]:
    if state.parent_id is not None and state.parent_task_id is not None:
        yield NotifyParent(state.parent_id, state.parent_task_id)
    if state.failure_workflow is not None:
        yield StartFailureWorkflow(state.failure_workflow)
