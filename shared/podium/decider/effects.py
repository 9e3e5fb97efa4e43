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

from msgspec import Raw

from podium.decider import events as ev
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import LAUNCHING, OUTBOUND, SYSTEM, queue_type
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


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
    """End a child whose SUB_WORKFLOW task was ended, where that task started it.

    One that was brought back after its ``run`` is wanted again.
    """

    seq: int
    child_id: str
    reason: str
    run: int = 0


@dataclass(frozen=True, slots=True)
class ReviveChild:
    """Have a child go on whose SUB_WORKFLOW task does, if it has not since ``run``."""

    seq: int
    child_id: str
    run: int


@dataclass(frozen=True, slots=True)
class ReviveParent:
    """Tell the parent that this workflow was brought back."""

    parent_id: str
    parent_task_id: str
    run: int
    operation: ev.Recovery


@dataclass(frozen=True, slots=True)
class AskChild:
    """Look whether the child of a SUB_WORKFLOW task has ended."""

    seq: int
    child_id: str


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep the output of a completed task for later ones, for ``seconds``.

    Of a workflow the ``name`` is its definition's digest.
    """

    name: str
    key: str
    seconds: int
    output: Raw


@dataclass(frozen=True, slots=True)
class NotifyParent:
    """Tell the parent that this workflow has ended."""

    parent_id: str
    parent_task_id: str


@dataclass(frozen=True, slots=True)
class StartFailureWorkflow:
    """Start the failure workflow under the id that was decided for it."""

    workflow_id: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a delivery out of its queue that nobody is to have any more."""

    queue: str
    seq: int
    delivery: int


@dataclass(frozen=True, slots=True)
class FreeTaskSlot:
    """Give back the slot that a delivery of a task may have (4.7)."""

    name: str
    seq: int
    delivery: int


@dataclass(frozen=True, slots=True)
class StandInLine:
    """Have a workflow stand in line for a slot of its quota (4.11)."""

    quota: ev.WorkflowQuota


@dataclass(frozen=True, slots=True)
class ShareSlot:
    """Have children go on that wait for a slot of the quota: this workflow has one."""

    quota: ev.WorkflowQuota


@dataclass(frozen=True, slots=True)
class FreeWorkflowSlot:
    """Give back the slot that a workflow may have."""

    quota: ev.WorkflowQuota


SlotEffect: TypeAlias = FreeTaskSlot | StandInLine | ShareSlot | FreeWorkflowSlot
"""What concerns the slots of a limit."""

Notice: TypeAlias = (
    Launch
    | TerminateChild
    | ReviveChild
    | ReviveParent
    | AskChild
    | NotifyParent
    | StartFailureWorkflow
)
"""What is told to a workflow, this one or another."""

Effect: TypeAlias = Enqueue | Withdraw | SlotEffect | Remember | Notice


def queue_name(
    task_type: str,
    domain: str | None,
    namespace: str | None = None,
    isolation_group: str | None = None,
) -> str:
    """Return the name of the queue of a task type and domain (reference 4.7).

    Execution namespace and isolation group are parts of names that clients may ask
    for: workers cannot poll by them, so no task is put there.
    """
    name = f"{domain}:{task_type}" if domain else task_type
    name += f"@{namespace}" if namespace else ""
    return f"{name}-{isolation_group}" if isolation_group else name


def effects(
    before: WorkflowState | None, events: Iterable[ev.Event], state: WorkflowState
) -> Iterator[Effect]:
    """Yield what these events call for, which led from ``before`` to ``state``."""
    for event in events:
        match event:
            case ev.TaskScheduled() | ev.TaskUnparked():
                yield from _offer(state, event.seq)
            case ev.TaskUpdated(delivery=delivery) if delivery:
                yield from _let_go(_task_before(before, event), event)
                yield from _offer(state, event.seq)
            case ev.TaskUpdated(status=status) if status.is_terminal:
                yield from _after_task(_task_before(before, event), event, state)
            case ev.WorkflowStarted() | ev.WorkflowFollowed():
                yield from _entry(state)
            case ev.WorkflowAdmitted():
                yield from _offers(before, state)
                yield from _share(state)
            case ev.TaskReopened(revives_child=True):
                yield from _revive_child(state, state.task_of(event.seq))
            case ev.WorkflowRestarted() | ev.WorkflowReopened():
                yield from _entry(state)
                yield from _revive_parents(state)
            case ev.WorkflowEnded():
                yield from _remember_workflow(event, state)
                yield from _after_end(state)


def _task_before(
    before: WorkflowState | None, event: ev.TaskUpdated
) -> TaskState | None:
    return before.task_of(event.seq) if before is not None else None


def _after_task(
    task: TaskState | None, event: ev.TaskUpdated, state: WorkflowState
) -> Iterator[Effect]:
    """Yield what the end of a task calls for; ``task`` is what it was before."""
    if task is not None:
        yield from _let_go(task, event)
        yield from _end_child(task, event, state)
        yield from _remember(task, event)


def outstanding(state: WorkflowState) -> Iterator[Effect]:
    """Yield every effect that the state calls for, whoever was to carry it out."""
    yield from _revive_parents(state)
    if state.status.is_terminal:
        yield from _after_end(state)
    else:
        yield from _entry(state)
    for task in state.tasks.values():
        if not task.is_open:
            yield from _slot_of(task)
        child = task.sub_workflow_id if task.type == "SUB_WORKFLOW" else None
        if task.is_open:
            yield from _offer(state, task.seq)
            yield from _revive_child(state, task)
            if child is not None:
                yield AskChild(task.seq, child)
        elif child and not task.follows and task.status in LEAVES_CHILD_BEHIND:
            why = why_child_ends(task.status, state)
            yield TerminateChild(task.seq, child, why, task.child_run)


def _entry(state: WorkflowState) -> Iterator[StandInLine]:
    """Yield what a workflow waits for that began, or goes on, beyond its limit."""
    if state.queued and state.quota is not None and not state.status.is_terminal:
        yield StandInLine(state.quota)


def _share(state: WorkflowState) -> Iterator[ShareSlot]:
    if state.quota is not None and not state.status.is_terminal:
        yield ShareSlot(state.quota)


def _offers(before: WorkflowState | None, state: WorkflowState) -> Iterator[Effect]:
    """Yield the offers of what was scheduled while the workflow was queued."""
    for task in before.tasks.values() if before is not None else ():
        if task.is_open:
            yield from _offer(state, task.seq)


def _offer(state: WorkflowState, seq: int) -> Iterator[Effect]:
    task = state.task_of(seq)
    if task is None or task.status is not TaskStatus.SCHEDULED or task.parked:
        return
    if state.status.is_terminal or state.queued:
        return
    if task.type in LAUNCHING and task.quota is None:
        yield Launch(task.seq)
    elif task.type in LAUNCHING | OUTBOUND or task.type not in SYSTEM:
        yield _enqueue(state, task)


def _enqueue(state: WorkflowState, task: TaskState) -> Enqueue:
    queue = queue_name(queue_type(task.type), task.domain)
    return Enqueue(queue, task.seq, task.delivery, state.priority, task.due)


def _let_go(task: TaskState | None, event: ev.TaskUpdated) -> Iterator[Effect]:
    """Yield what a delivery leaves behind that is over: its message, its slot."""
    if task is None or not task.is_open:
        return
    is_offered = task.status is TaskStatus.SCHEDULED and not task.parked
    if is_offered and task.type not in SYSTEM and not _has_taken(event):
        queue = queue_name(task.type, task.domain)
        yield Withdraw(queue, task.seq, task.delivery)
    yield from _slot_of(task)


def _has_taken(event: ev.TaskUpdated) -> bool:
    """Tell whether who reported has taken the delivery's message.

    He has who reports with a lease.  It is looked up where the task is to be offered
    again; who ends one by its id and names himself is believed to be its worker.
    """
    is_by_worker = event.worker_id is not None and not event.by_reference
    return event.poll_count > 0 or (is_by_worker and not event.delivery)


def _remember(task: TaskState, event: ev.TaskUpdated) -> Iterator[Effect]:
    """Yield what is to be remembered of a task, where its output is at hand."""
    if task.cache is None or event.status is not TaskStatus.COMPLETED:
        return
    output = event.output or task.output
    if output and event.output_path is None:
        yield Remember(task.name, task.cache.key, task.cache.seconds, output)


def _remember_workflow(
    event: ev.WorkflowEnded, state: WorkflowState
) -> Iterator[Remember]:
    """Yield what is to be remembered of a workflow that completed.

    One without tasks was completed with what had been remembered.
    """
    cache, is_done = state.cache, event.status is WorkflowStatus.COMPLETED
    if cache is not None and is_done and state.tasks:
        yield Remember(state.definition, cache.key, cache.seconds, event.output)


def _slot_of(task: TaskState) -> Iterator[FreeTaskSlot]:
    if task.quota is not None and task.quota.concurrent:
        yield FreeTaskSlot(task.name, task.seq, task.delivery)


def _end_child(
    task: TaskState, event: ev.TaskUpdated, state: WorkflowState
) -> Iterator[Effect]:
    """Yield the end of a child that is not wanted any more, unless it reported it.

    Its task may be superseded already; who the child is, the state before knows.
    """
    if task.type != "SUB_WORKFLOW" or event.sub_workflow_id:
        return
    child = task.sub_workflow_id
    if child is None or task.follows or event.status not in LEAVES_CHILD_BEHIND:
        return
    why = why_child_ends(event.status, state)
    yield TerminateChild(event.seq, child, why, task.child_run)


def _revive_child(state: WorkflowState, task: TaskState | None) -> Iterator[Effect]:
    """Yield the revival of a child; with limits it waits like a launch."""
    if task is None or not task.revives_child or task.sub_workflow_id is None:
        return
    if task.quota is None:
        yield ReviveChild(task.seq, task.sub_workflow_id, task.child_run - 1)
    else:
        yield _enqueue(state, task)


def _revive_parents(state: WorkflowState) -> Iterator[ReviveParent]:
    """Yield who is to know that the workflow was brought back, if it ever was."""
    if state.recovery is None:
        return
    for parent_id, task_id in parents_of(state):
        yield ReviveParent(parent_id, task_id, state.run, state.recovery)


def parents_of(state: WorkflowState) -> Iterator[tuple[str, str]]:
    """Yield the tasks that wait for a workflow's end, and whose they are."""
    if state.parent_id is not None and state.parent_task_id is not None:
        yield state.parent_id, state.parent_task_id
    yield from state.followers


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
    if state.quota is not None:
        yield FreeWorkflowSlot(state.quota)
    for parent_id, task_id in parents_of(state):
        yield NotifyParent(parent_id, task_id)
    if state.failure_workflow is not None:
        yield StartFailureWorkflow(state.failure_workflow)
