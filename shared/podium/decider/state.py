"""The folded state of a workflow: what deciding needs to know of it.

The state is bounded.  Tasks are kept under their reference name without the ``__N``
suffix of loops, so a new iteration or a new attempt takes the place of the one before;
what left the state is still in the journal.  Payloads stay in the journal too: the
state only knows in which entry they lie, and keeps small outputs at hand.

Maps are persistent (hash tries), so one more event costs the same in a workflow of five
tasks and of five thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

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

    SUB_WORKFLOW: the end of its child counts from ``child_run`` on; with
    ``revives_child`` the child is yet to begin that run.  What it ``follows`` somebody
    else has started: it neither ends that nor brings it back.

    JOIN: ``join_on`` and how many of them are ``remaining``.  DO_WHILE: the present
    ``iteration``, the tasks ``open`` in it and the dynamically ``forked`` ones.

    ``start_told`` is the delivery whose start was told (``onStart``), ``handed_after``
    the task whose report was answered with this one.
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
    quota: ev.TaskQuota | None = None
    updated_in: int = 0
    output: Raw = ev.ABSENT
    output_path: str | None = None
    sub_workflow_id: str | None = None
    follows: bool = False
    child_run: int = 0
    revives_child: bool = False
    settled: bool = False
    wakes_at: int = 0
    join_on: tuple[str, ...] = ()
    remaining: int = 0
    iteration: int = 0
    open: int = 0
    forked: tuple[str, ...] = ()
    cache: ev.Remembering | None = None
    checked: bool = False
    start_told: int = 0
    handed_after: int = 0

    @property
    def full_ref(self) -> str:
        """The reference name as Conductor shows it, with the suffix of its loops.

        In a loop within a loop it has those of both.  Conductor's has the inner one's
        alone, and takes the second turn of the outer loop for the first.
        """
        return self.ref + "".join(f"__{number}" for number in self.iterations)

    @property
    def iteration_number(self) -> int:
        """Conductor's ``iteration``: of a loop its own, of others their loop's."""
        if self.type == "DO_WHILE" and self.iteration:
            return self.iteration
        return self.iterations[-1] if self.iterations else 0

    @property
    def is_unsettled(self) -> bool:
        """Whether the task has ended and its successors are not scheduled yet.

        One that is passed over waits until the flow comes to it.
        """
        is_over = self.status.is_terminal and self.status is not TaskStatus.SKIPPED
        return is_over and not self.settled

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


class MessageAt(msgspec.Struct, frozen=True, array_like=True):
    """A message that waits to be pulled: the entry that it lies in, and its time."""

    id: str
    version: int
    at: int


class WorkflowState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything ``decide`` knows of a workflow, besides facts it asks for.

    ``run`` counts how often the workflow was brought back after its end, the last time
    by ``recovery``.

    ``unsettled`` maps the sequence of each terminal task whose successors are not
    scheduled yet to its reference; ``watchers`` maps a reference to the joins that wait
    for it; ``followers`` are parents and their tasks that are to be told of the end
    besides the one that started the workflow; ``open`` counts tasks that are not
    terminal; ``armed`` is the wake-up that was armed last.
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
    followers: tuple[tuple[str, str], ...] = ()
    quota: ev.WorkflowQuota | None = None
    queued: bool = False
    cache: ev.Remembering | None = None
    input: Raw = ev.ABSENT
    input_in: int = 1
    input_path: str | None = None
    variables: Raw = ev.EMPTY
    messages: tuple[MessageAt, ...] = ()
    output_in: int = 0
    failed_task: int = 0
    failed_refs: tuple[str, ...] = ()
    failed_names: tuple[str, ...] = ()
    failure_workflow: str | None = None
    run: int = 0
    recovery: ev.Recovery | None = None
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


def shares_iteration(task: TaskState, join: TaskState) -> bool:
    """Tell whether ``task`` belongs to the loop iterations that ``join`` lies in."""
    return task.iterations[: len(join.iterations)] == join.iterations
