"""The folded state of a workflow: what deciding needs, and its fold ``evolve``.

The state is bounded.  Tasks are kept under their reference name without the ``__N``
suffix of loops, so a new iteration or a new attempt takes the place of the one before;
what left the state is still in the journal.  Payloads stay in the journal too: the
state only knows in which entry they lie, and keeps small outputs at hand.

Maps are persistent (hash tries), so one more event costs the same in a workflow of five
tasks and of five thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from rpds import HashTrieMap

from podium.decider import events as ev
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

INLINE_OUTPUT = 512
INLINE_BUDGET = 32 * 1024
FAILURES = frozenset({TaskStatus.FAILED, TaskStatus.FAILED_WITH_TERMINAL_ERROR})
"""What puts a task among the workflow's failed names (reference 4.9)."""


class TaskState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The latest attempt of one reference name.

    Times are epoch milliseconds, ``callback_after`` and ``start_delay`` seconds.
    ``scheduled_in`` and ``updated_in`` are the journal versions where input and output
    lie; ``output`` is the output itself where it is small.  ``due`` is when a worker
    may have the task, ``wakes_at`` when a WAIT is over (0: only by an update).

    JOIN: ``join_on`` and how many of them are ``remaining``.  DO_WHILE: the present
    ``iteration``, the tasks ``open`` in it and the dynamically ``forked`` ones.
    """

    seq: int
    ref: str
    type: str
    name: str
    status: TaskStatus
    scheduled_in: int
    scheduled_at: int
    first_scheduled_at: int
    updated_at: int
    iterations: tuple[int, ...] = ()
    loop: str | None = None
    root: str | None = None
    retry_count: int = 0
    delivery: int = 1
    due: int = 0
    start_delay: int = 0
    parked: bool = False
    started_at: int = 0
    ended_at: int = 0
    callback_after: int = 0
    poll_count: int = 0
    worker_id: str | None = None
    reason: str | None = None
    domain: str | None = None
    limits: ev.TaskLimits | None = None
    updated_in: int = 0
    output: Raw = ev.ABSENT
    output_path: str | None = None
    sub_workflow_id: str | None = None
    settled: bool = False
    wakes_at: int = 0
    join_on: tuple[str, ...] = ()
    remaining: int = 0
    iteration: int = 0
    open: int = 0
    forked: tuple[str, ...] = ()

    @property
    def full_ref(self) -> str:
        """The reference name as Conductor shows it, with the suffix of its loops."""
        return self.ref + "".join(f"__{number}" for number in self.iterations)

    @property
    def iteration_number(self) -> int:
        """Conductor's ``iteration``: of a loop its own, of others their loop's."""
        if self.type == "DO_WHILE" and self.iteration:
            return self.iteration
        return self.iterations[-1] if self.iterations else 0

    @property
    def is_unsettled(self) -> bool:
        """Whether the task has ended and its successors are not scheduled yet."""
        return self.status.is_terminal and not self.settled

    @property
    def is_open(self) -> bool:
        """Whether the task can still be worked on."""
        return not self.status.is_terminal


# rpds' maps take type parameters only in their stubs.
if TYPE_CHECKING:
    TaskMap: TypeAlias = HashTrieMap[str, TaskState]
    RefMap: TypeAlias = HashTrieMap[int, str]
    WatcherMap: TypeAlias = HashTrieMap[str, tuple[str, ...]]
else:
    TaskMap = RefMap = WatcherMap = HashTrieMap

_NO_TASKS: TaskMap = HashTrieMap()
_NO_REFS: RefMap = HashTrieMap()
_NO_WATCHERS: WatcherMap = HashTrieMap()


class WorkflowState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything ``decide`` knows of a workflow, besides facts it asks for.

    ``unsettled`` maps the sequence of each terminal task whose successors are not
    scheduled yet to its reference; ``watchers`` maps a reference to the joins that wait
    for it; ``open`` counts tasks that are not terminal; ``armed`` is the wake-up that
    was armed last.
    """

    workflow_id: str
    name: str
    definition_version: int
    definition: str
    created_at: int
    version: int = 0
    at: int = 0
    armed: int = 0
    status: WorkflowStatus = WorkflowStatus.RUNNING
    timeout: int = 0
    timeout_from: int = 0
    ended_at: int = 0
    updated_at: int = 0
    reason: str | None = None
    correlation_id: str | None = None
    priority: int = 0
    task_to_domain: dict[str, str] = {}
    created_by: str | None = None
    event: str | None = None
    parent_id: str | None = None
    parent_task_id: str | None = None
    idempotency_key: str | None = None
    input: Raw = ev.ABSENT
    input_in: int = 1
    input_path: str | None = None
    variables: Raw = ev.EMPTY
    output_in: int = 0
    failed_task: int = 0
    failed_refs: tuple[str, ...] = ()
    failed_names: tuple[str, ...] = ()
    failure_workflow: str | None = None
    last_seq: int = 0
    latest_ref: str | None = None
    open: int = 0
    inlined: int = 0
    tasks: TaskMap = _NO_TASKS
    refs: RefMap = _NO_REFS
    unsettled: RefMap = _NO_REFS
    watchers: WatcherMap = _NO_WATCHERS

    def task_of(self, seq: int) -> TaskState | None:
        """Return the task with this sequence, unless it was superseded."""
        ref = self.refs.get(seq)
        return None if ref is None else self.tasks.get(ref)


def without_maps(state: WorkflowState) -> WorkflowState:
    """Return the state with its maps left out, as a keyframe's header."""
    return replace(
        state,
        tasks=_NO_TASKS,
        refs=_NO_REFS,
        unsettled=_NO_REFS,
        watchers=_NO_WATCHERS,
    )


def with_maps(
    header: WorkflowState,
    tasks: Iterable[TaskState],
    watchers: Mapping[str, tuple[str, ...]],
) -> WorkflowState:
    """Return the state with its maps; those by sequence follow from the tasks."""
    listed = list(tasks)
    return replace(
        header,
        tasks=HashTrieMap({task.ref: task for task in listed}),
        refs=HashTrieMap({task.seq: task.ref for task in listed}),
        unsettled=HashTrieMap(
            {task.seq: task.ref for task in listed if task.is_unsettled}
        ),
        watchers=HashTrieMap(watchers),
    )


# --- folding -----------------------------------------------------------------------


def fold(
    state: WorkflowState | None, version: int, entry: ev.Entry, workflow_id: str
) -> WorkflowState:
    """Return the state after one more journal entry."""
    for event in entry.events:
        state = evolve(state, event, workflow_id, version, entry.at)
    if state is None:
        raise ValueError(f"the first entry of {workflow_id} does not start a workflow")
    return replace(state, version=version, at=entry.at, armed=entry.armed)


def evolve(
    state: WorkflowState | None,
    event: ev.Event,
    workflow_id: str,
    version: int,
    at: int,
) -> WorkflowState:
    """Return the state after one more event of entry ``version``, made at ``at``."""
    if state is None:
        if not isinstance(event, ev.WorkflowStarted):
            raise ValueError(f"{type(event).__name__} before the workflow started")
        return _start(event, workflow_id, at)
    return _FOLDS[type(event)](state, event, version, at)


def _start(event: ev.WorkflowStarted, workflow_id: str, at: int) -> WorkflowState:
    at_hand, inlined = _at_hand(event.input, 0)
    return WorkflowState(
        workflow_id=workflow_id,
        name=event.name,
        definition_version=event.version,
        definition=event.definition,
        created_at=at,
        updated_at=at,
        timeout_from=at,
        timeout=event.timeout,
        correlation_id=event.correlation_id,
        priority=event.priority,
        task_to_domain=event.task_to_domain,
        created_by=event.created_by,
        event=event.event,
        parent_id=event.parent_id,
        parent_task_id=event.parent_task_id,
        idempotency_key=event.idempotency_key,
        input=at_hand,
        inlined=inlined,
        input_path=event.input_path,
        variables=event.variables,
    )


def _schedule(
    state: WorkflowState, event: ev.TaskScheduled, version: int, at: int
) -> WorkflowState:
    replaced = state.tasks.get(event.ref)
    if replaced is not None:
        if event.retry_of == replaced.seq:
            state = _note_failures(state, [replaced])
        state = _forget(state, replaced)
    refs, unsettled = state.refs, state.unsettled
    terminal = event.status.is_terminal
    output, inlined = _at_hand(event.output, state.inlined)
    task = TaskState(
        seq=event.seq,
        ref=event.ref,
        type=event.type,
        name=event.name,
        status=event.status,
        scheduled_in=version,
        scheduled_at=at,
        first_scheduled_at=event.first_scheduled_at or at,
        updated_at=at,
        iterations=event.iterations,
        loop=event.loop,
        root=event.root,
        retry_count=event.retry_count,
        due=at + event.delay,
        start_delay=event.start_delay,
        parked=event.parked,
        callback_after=event.callback_after,
        started_at=at if event.status is not TaskStatus.SCHEDULED else 0,
        ended_at=at if terminal else 0,
        reason=event.reason,
        domain=event.domain,
        limits=event.limits,
        updated_in=version if event.output else 0,
        output=output,
        join_on=event.join_on,
        wakes_at=event.due,
    )
    watchers = state.watchers
    if event.join_on:
        pending = [ref for ref in event.join_on if not _is_settled(state, ref, task)]
        task = replace(task, remaining=len(pending))
        for ref in event.join_on:
            others = watchers.get(ref, ())
            if event.ref not in others:
                watchers = watchers.insert(ref, (*others, event.ref))
    tasks = state.tasks.insert(event.ref, task)
    if terminal:
        unsettled = unsettled.insert(event.seq, event.ref)
    else:
        tasks = _count_open(tasks, event.loop, 1)
    if event.forked and event.loop is not None:
        owner = tasks[event.loop]
        forked = (*owner.forked, *event.forked)
        tasks = tasks.insert(owner.ref, replace(owner, forked=forked))
    return replace(
        state,
        tasks=tasks,
        refs=refs.insert(event.seq, event.ref),
        unsettled=unsettled,
        watchers=watchers,
        open=state.open + (0 if terminal else 1),
        inlined=inlined,
        last_seq=max(state.last_seq, event.seq),
        latest_ref=event.ref,
        updated_at=at,
    )


def _forget(state: WorkflowState, task: TaskState) -> WorkflowState:
    """Let go of the attempt that a new one of the same reference takes the place of."""
    state = _forget_dynamic_tasks(state, task)
    return replace(
        state,
        refs=state.refs.discard(task.seq),
        unsettled=state.unsettled.discard(task.seq),
        inlined=state.inlined - _inlined(task),
    )


def _inlined(task: TaskState) -> int:
    return len(memoryview(task.output))


def _is_settled(state: WorkflowState, ref: str, join: TaskState) -> bool:
    """Tell whether a joined task of the same loop iteration is done for good."""
    task = state.tasks.get(ref)
    return task is not None and task.settled and shares_iteration(task, join)


def shares_iteration(task: TaskState, join: TaskState) -> bool:
    """Tell whether ``task`` belongs to the loop iterations that ``join`` lies in."""
    return task.iterations[: len(join.iterations)] == join.iterations


def _count_open(tasks: TaskMap, loop: str | None, change: int) -> TaskMap:
    """Count a task in or out of the loop it lies in."""
    owner = tasks.get(loop) if loop is not None else None
    if owner is None:
        return tasks
    return tasks.insert(owner.ref, replace(owner, open=owner.open + change))


def _at_hand(output: Raw, inlined: int) -> tuple[Raw, int]:
    """Keep a small output in the state while the budget for such lasts."""
    size = len(memoryview(output))
    if size > INLINE_OUTPUT or inlined + size > INLINE_BUDGET:
        return ev.ABSENT, inlined
    return output, inlined + size


def _note_failures(
    state: WorkflowState, tasks: Iterable[TaskState]
) -> WorkflowState:
    """Add what failed for good to the failed names (reference 4.9).

    A failure is for good once another attempt takes its place, the flow goes on
    without success, or the workflow ends; an optional task's is not.
    """
    refs, names = dict.fromkeys(state.failed_refs), dict.fromkeys(state.failed_names)
    for task in tasks:
        if task.status in FAILURES:
            refs[task.full_ref] = names[task.name] = None
    return replace(state, failed_refs=tuple(refs), failed_names=tuple(names))


def _update(
    state: WorkflowState, event: ev.TaskUpdated, version: int, at: int
) -> WorkflowState:
    task = state.task_of(event.seq)
    if task is None:
        return state
    closes = task.is_open and event.status.is_terminal
    changes = _reported(task, event, at)
    inlined = state.inlined
    if event.has_output:
        changes["output"], inlined = _at_hand(event.output, inlined - _inlined(task))
        changes["updated_in"] = version
        changes["output_path"] = event.output_path
    if closes:
        changes["ended_at"] = at
        changes["started_at"] = changes.get("started_at") or task.started_at or at
    task = replace(task, **changes)
    tasks = state.tasks.insert(task.ref, task)
    unsettled, still_open = state.unsettled, state.open
    if closes:
        tasks = _count_open(tasks, task.loop, -1)
        unsettled = unsettled.insert(task.seq, task.ref)
        still_open -= 1
    return replace(
        state,
        tasks=tasks,
        unsettled=unsettled,
        open=still_open,
        inlined=inlined,
        updated_at=at,
    )


_TAKEN_IF_SET = ("worker_id", "poll_count", "sub_workflow_id")


def _reported(task: TaskState, event: ev.TaskUpdated, at: int) -> dict[str, Any]:
    """Return what a report changes besides the output."""
    changes: dict[str, Any] = {
        "status": event.status,
        "updated_at": at,
        "callback_after": event.callback_after,
        "reason": event.reason,
    }
    for field in _TAKEN_IF_SET:
        value = getattr(event, field)
        if value:
            changes[field] = value
    if event.started_at and not task.started_at:
        changes["started_at"] = event.started_at
    if event.delivery:
        changes["delivery"] = event.delivery
        changes["due"] = at + event.callback_after * 1000
        changes["parked"] = event.parked
    return changes


def _settle(
    state: WorkflowState, event: ev.TaskSettled, _version: int, _at: int
) -> WorkflowState:
    task = state.task_of(event.seq)
    if task is None or task.settled:
        return state
    if task.status in FAILURES:
        state = _note_failures(state, [task])
    tasks = state.tasks.insert(task.ref, replace(task, settled=True))
    for ref in state.watchers.get(task.ref, ()):
        join = tasks.get(ref)
        if join is not None and join.is_open and shares_iteration(task, join):
            tasks = tasks.insert(ref, replace(join, remaining=join.remaining - 1))
    return replace(state, tasks=tasks, unsettled=state.unsettled.discard(event.seq))


def _unpark(
    state: WorkflowState, event: ev.TaskUnparked, _version: int, _at: int
) -> WorkflowState:
    task = state.task_of(event.seq)
    if task is None:
        return state
    tasks = state.tasks.insert(task.ref, replace(task, parked=False))
    return replace(state, tasks=tasks)


def _advance(
    state: WorkflowState, event: ev.LoopAdvanced, version: int, at: int
) -> WorkflowState:
    loop = state.task_of(event.seq)
    if loop is None:
        return state
    state = _forget_dynamic_tasks(state, loop)
    output, inlined = _at_hand(event.output, state.inlined - _inlined(loop))
    loop = replace(
        state.tasks[loop.ref],
        iteration=event.iteration,
        output=output,
        updated_in=version,
        updated_at=at,
    )
    return replace(
        state,
        tasks=state.tasks.insert(loop.ref, loop),
        inlined=inlined,
        updated_at=at,
    )


def _forget_dynamic_tasks(state: WorkflowState, loop: TaskState) -> WorkflowState:
    """Drop what dynamic forks of the finished iteration made.

    Their reference names differ from iteration to iteration, so nothing would ever
    replace them.  What a static reference of the loop left is replaced by the next
    iteration instead.
    """
    if not loop.forked:
        return state
    tasks, refs, watchers = state.tasks, state.refs, state.watchers
    inlined = state.inlined
    doomed = frozenset(loop.forked)
    for task in list(tasks.values()):
        if task.root in doomed:
            tasks, refs = tasks.discard(task.ref), refs.discard(task.seq)
            watchers = watchers.discard(task.ref)
            inlined -= _inlined(task)
    tasks = tasks.insert(loop.ref, replace(loop, forked=()))
    return replace(state, tasks=tasks, refs=refs, watchers=watchers, inlined=inlined)


def _set_variables(
    state: WorkflowState, event: ev.VariablesSet, _version: int, at: int
) -> WorkflowState:
    merged = msgspec.json.decode(state.variables) | msgspec.json.decode(event.values)
    return replace(state, variables=Raw(msgspec.json.encode(merged)), updated_at=at)


def _pause(
    state: WorkflowState, event: ev.WorkflowPaused, _version: int, at: int
) -> WorkflowState:
    return replace(
        state, status=WorkflowStatus.PAUSED, reason=event.reason, updated_at=at
    )


def _resume(
    state: WorkflowState, _event: ev.WorkflowResumed, _version: int, at: int
) -> WorkflowState:
    return replace(
        state,
        status=WorkflowStatus.RUNNING,
        reason=None,
        timeout_from=at,
        updated_at=at,
    )


def _end(
    state: WorkflowState, event: ev.WorkflowEnded, version: int, at: int
) -> WorkflowState:
    state = _note_failures(
        state, (state.tasks[ref] for _, ref in sorted(state.unsettled.items()))
    )
    return replace(
        state,
        status=event.status,
        reason=event.reason,
        failed_task=event.failed_task,
        output_in=version,
        failure_workflow=event.failure_workflow,
        ended_at=at,
        updated_at=at,
    )


_FOLDS: dict[type, Callable[[WorkflowState, Any, int, int], WorkflowState]] = {
    ev.TaskScheduled: _schedule,
    ev.TaskUpdated: _update,
    ev.TaskSettled: _settle,
    ev.TaskUnparked: _unpark,
    ev.LoopAdvanced: _advance,
    ev.VariablesSet: _set_variables,
    ev.WorkflowPaused: _pause,
    ev.WorkflowResumed: _resume,
    ev.WorkflowEnded: _end,
}
