"""What can have happened to a workflow: the closed set of journal events.

An entry of the journal holds the events of one decision.  Events are facts: they carry
what was resolved, drawn or answered at the time, so that folding them never evaluates
an expression, reads a clock or asks a definition again (design 4).  Their time is their
entry's time.

JSON payloads stay encoded (:class:`msgspec.Raw`) from the request to the store and
back: most decisions never look inside.  Fields may be added with defaults; they may not
be renamed, because journals outlive code.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec import Raw

from podium.model.task import TaskStatus
from podium.model.task_definition import TimeoutPolicy
from podium.model.workflow import WorkflowStatus

FORMAT = 1
EMPTY = Raw(b"{}")
ON_START = "onStart"
ABSENT = Raw(b"")
"""No payload at all, as opposed to an empty object; it is never written."""


class Recovery(StrEnum):
    """Conductor's words for what brings an ended workflow back (reference 5.2)."""

    RETRIED = "RETRIED"
    RERAN = "RERAN"
    RESTARTED = "RESTARTED"


class _Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"
):
    """Common configuration: immutable, self-describing, defaults left out."""


class TaskLimits(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """The timeouts of a task definition that deadlines are computed from (4.3).

    Seconds, 0 for none; ``policy`` is what happens at task, total and poll timeouts.
    """

    response: int = 0
    task: int = 0
    total: int = 0
    poll: int = 0
    policy: TimeoutPolicy = TimeoutPolicy.TIME_OUT_WF


class TaskQuota(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """How many tasks of a definition may be worked on at once, or be begun (4.7).

    At most ``concurrent`` at once, and ``rate`` within any ``window`` seconds; 0 for no
    limit.
    """

    concurrent: int = 0
    rate: int = 0
    window: int = 1


class WorkflowQuota(msgspec.Struct, frozen=True, array_like=True):
    """At most ``concurrent`` workflows of this key run at once (4.11)."""

    key: str
    concurrent: int


class Remembering(msgspec.Struct, frozen=True, array_like=True):
    """Under which key an output is remembered, for ``seconds`` (4.11)."""

    key: str
    seconds: int


class WorkflowStarted(_Event, frozen=True, tag="started"):
    """The workflow exists.  ``definition`` is the digest of its snapshot.

    One that is ``queued`` runs once it is admitted.
    """

    name: str
    version: int
    definition: str
    input: Raw = EMPTY
    input_path: str | None = None
    variables: Raw = EMPTY
    timeout: int = 0
    correlation_id: str | None = None
    priority: int = 0
    task_to_domain: dict[str, str] = {}
    created_by: str | None = None
    event: str | None = None
    parent_id: str | None = None
    parent_task_id: str | None = None
    idempotency_key: str | None = None
    quota: WorkflowQuota | None = None
    queued: bool = False
    cache: Remembering | None = None


class TaskScheduled(_Event, frozen=True, tag="scheduled"):
    """A task instance exists; for synchronous tasks it may be terminal at once.

    ``ref`` is the reference name in the definition; ``iterations`` are the counters of
    the enclosing loops, outermost first, which make the ``__N`` suffix.  ``definition``
    is the WorkflowTask itself where no snapshot has it (dynamic forks), ``root`` the
    reference of the dynamic task that a task lies in.  ``delay`` is in milliseconds.

    A sequence that is there already is the same task, which begins anew in its place
    under the next ``delivery`` (reference 4.8).
    The output of a task that is ``checked`` is held against its definition's schema.
    """

    seq: int
    ref: str
    type: str
    name: str
    status: TaskStatus = TaskStatus.SCHEDULED
    input: Raw = EMPTY
    output: Raw = ABSENT
    reason: str | None = None
    iterations: tuple[int, ...] = ()
    loop: str | None = None
    root: str | None = None
    definition: Raw = ABSENT
    retry_of: int = 0
    retry_count: int = 0
    first_scheduled_at: int = 0
    delay: int = 0
    parked: bool = False
    callback_after: int = 0
    due: int = 0
    domain: str | None = None
    limits: TaskLimits | None = None
    quota: TaskQuota | None = None
    join_on: tuple[str, ...] = ()
    forked: tuple[str, ...] = ()
    cache: Remembering | None = None
    checked: bool = False
    delivery: int = 1

    @property
    def start_delay(self) -> int:
        """The seconds before the task is offered, without a retry's jitter."""
        return min(self.callback_after, self.delay // 1000)


class TaskUpdated(_Event, frozen=True, tag="updated"):
    """A task's status, output or delivery changed.

    Without ``output`` and ``output_path`` the output stays as it is.  A ``delivery``
    above 0 is a new number under which the task is offered again after
    ``callback_after`` seconds.  ``lease`` is the ``renewed_at`` of the lease that a
    timeout was judged by.  The oldest ``pulled`` messages of the workflow are gone with
    it: into the output, or because they had expired.  ``ended_at`` is when a task ended
    by itself that was found so later, 0 for its entry's time.  A task ``follows`` a
    child that somebody else has started.  Who reported ``by_reference`` need not have
    been given the task.  ``handed_after`` is the task whose report was answered with
    this one.
    """

    seq: int
    status: TaskStatus
    output: Raw = ABSENT
    output_path: str | None = None
    reason: str | None = None
    worker_id: str | None = None
    started_at: int = 0
    poll_count: int = 0
    delivery: int = 0
    callback_after: int = 0
    parked: bool = False
    sub_workflow_id: str | None = None
    lease: int = 0
    execution_metadata: Raw = ABSENT
    pulled: int = 0
    ended_at: int = 0
    follows: bool = False
    by_reference: bool = False
    handed_after: int = 0

    @property
    def has_output(self) -> bool:
        """Whether the event replaces the output, here or by an external document."""
        return bool(self.output) or self.output_path is not None


class TaskReopened(_Event, frozen=True, tag="task_reopened"):
    """A task that was over goes on under its id, with what it has (reference 4.8).

    Of a SUB_WORKFLOW, ``child_run`` is the run of its child whose end is waited for;
    with ``revives_child`` that run is yet to begin, and the child to be told.
    """

    seq: int
    status: TaskStatus
    retry_count: int = 0
    child_run: int = 0
    revives_child: bool = False


class StateChanged(_Event, frozen=True, tag="state_changed"):
    """A task's definition wants this told of its new status (4.11, onStateChange)."""

    seq: int
    on: str
    type: str
    payload: Raw = EMPTY
    delivery: int = 1


class LoopAdvanced(_Event, frozen=True, tag="looped"):
    """A DO_WHILE began iteration ``iteration``; ``output`` has its loop variables."""

    seq: int
    iteration: int
    output: Raw


class TasksUndone(_Event, frozen=True, tag="undone"):
    """A rerun took these tasks out of the workflow, as if they had never been.

    ``restored`` are the states of tasks whose place the undone ones had taken, or whose
    successors went with them: a JSON array of the decider's own task states.
    ``rewound`` are the iterations that loops are in again.
    """

    seqs: tuple[int, ...]
    restored: Raw = ABSENT
    rewound: tuple[LoopAdvanced, ...] = ()


class TaskSettled(_Event, frozen=True, tag="settled"):
    """The decider is done with a terminal task: its successors are scheduled.

    This is Conductor's ``executed`` flag.  A task that is terminal and not settled is
    what a decision that was cut short has left to do.
    """

    seq: int


class TaskUnparked(_Event, frozen=True, tag="unparked"):
    """A task whose delay was beyond a queue's reach is now sent to its queue."""

    seq: int


class VariablesSet(_Event, frozen=True, tag="variables"):
    """Top-level workflow variables were set to these values."""

    values: Raw


class MessagePushed(_Event, frozen=True, tag="message"):
    """A client gave the workflow a message, for a task of it to take.

    So many ``expired`` ones before it are gone.
    """

    id: str
    payload: Raw
    expired: int = 0


class WorkflowFollowed(_Event, frozen=True, tag="followed"):
    """One more parent's task is to be told of the end; it did not start this."""

    parent_id: str
    parent_task_id: str


class WorkflowAdmitted(_Event, frozen=True, tag="admitted"):
    """A workflow that was queued has got its slot; its timeout clock starts now."""


class WorkflowPaused(_Event, frozen=True, tag="paused"):
    """Nothing new is scheduled until the workflow is resumed."""

    reason: str | None = None


class WorkflowResumed(_Event, frozen=True, tag="resumed"):
    """The workflow runs again; its timeout clock starts anew (4.8)."""


class WorkflowRestarted(_Event, frozen=True, tag="restarted"):
    """An ended workflow begins anew under its id: it has no tasks any more (4.8).

    ``run`` counts how often the workflow was brought back.  Without an ``input`` and a
    ``correlation_id`` it keeps those that it has.
    """

    operation: Recovery
    run: int
    version: int
    definition: str
    timeout: int = 0
    input: Raw = ABSENT
    correlation_id: str | None = None


class WorkflowReopened(_Event, frozen=True, tag="reopened"):
    """An ended workflow goes on; what became of its tasks, the events before say (4.8).

    ``child`` is the SUB_WORKFLOW task whose child was brought back, 0 where it was this
    workflow itself.
    """

    operation: Recovery
    run: int
    child: int = 0
    input: Raw = ABSENT
    correlation_id: str | None = None


class WorkflowEnded(_Event, frozen=True, tag="ended"):
    """The workflow reached a terminal status; ``output`` is final.

    ``failed_task`` is the sequence of the task that failed it, 0 for none.
    ``failure_workflow`` is the id of the failure workflow to start.
    """

    status: WorkflowStatus
    reason: str | None = None
    output: Raw = EMPTY
    failed_task: int = 0
    failure_workflow: str | None = None


Event: TypeAlias = (
    WorkflowStarted
    | TaskScheduled
    | TaskUpdated
    | TaskReopened
    | TasksUndone
    | TaskSettled
    | TaskUnparked
    | StateChanged
    | LoopAdvanced
    | VariablesSet
    | MessagePushed
    | WorkflowFollowed
    | WorkflowAdmitted
    | WorkflowPaused
    | WorkflowResumed
    | WorkflowRestarted
    | WorkflowReopened
    | WorkflowEnded
)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of one journal entry.

    ``armed`` is the wake-up that is armed for the workflow once the entry stands,
    ``by`` names who asked (a worker, a client), for the audit trail.
    """

    at: int
    events: tuple[Event, ...]
    armed: int = 0
    by: str | None = None
    format: int = FORMAT


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """Return the entry as JSON text."""
    return _encoder.encode(entry)


def decode_entry(data: bytes) -> Entry:
    """Return the entry that :func:`encode_entry` wrote, by this or older code."""
    return _decoder.decode(data)
