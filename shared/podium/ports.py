"""The ports: what the engine needs from the world, as small Protocols.

Every operation is one that DynamoDB, SQS or S3 can do in one request (a conditional
put, a reverse range query, a batch of ten), so that the same engine runs on SQLite and
on AWS.  Each port has one contract suite in ``tests/contracts``.

All times are epoch milliseconds, all durations milliseconds, all payloads JSON text as
bytes.  A store that cannot answer raises :class:`podium.errors.Unavailable`.

``expires`` is when a store may let go by itself of what is written, 0 for never; a home
without such a thing keeps it until it is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from pydantic.alias_generators import to_snake

from podium.access.stores import Applications, SigningKeys
from podium.caches import OutputCache
from podium.clock import Clock
from podium.eventing import EventExecutions
from podium.limits import Limits
from podium.model.event_handler import EventHandler
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.schedules.store import Schedules
from podium.search import WORKFLOW_FIELDS, Expression, SortKey
from podium.secret_store import NoSecrets, Secrets
from podium.sinks import Archive, ArchivedAt, StatusEvents

# --- journal -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The events of one decision; the condition on its absence is the workflow's lock.

    ``keyframe`` also holds the folded state, so that loading stops there (design 4).
    """

    workflow_id: str
    version: int
    at: int
    data: bytes
    keyframe: bytes | None = None


class Journal(Protocol):
    """One append-only partition per workflow, versions 1, 2, 3... without gaps."""

    def append(self, entry: JournalEntry, expires: int = 0) -> None:
        """Write the entry if its version is absent.

        Raises :class:`podium.errors.VersionConflict` where somebody else was first.
        """
        ...

    def read_tail(
        self, workflow_id: str, after: int, *, may_lag: bool = False
    ) -> list[JournalEntry]:
        """Return the newest entries, oldest first, that are needed to fold the state.

        Reads backward and stops at the newest keyframe (which is included) or at
        version ``after`` (which is not).  An unknown workflow gives an empty list.

        What ``may_lag`` may be without the last entries, where that costs less.
        """
        ...

    def read_versions(
        self, workflow_id: str, versions: Iterable[int]
    ) -> list[JournalEntry]:
        """Return the entries of these versions, without keyframes, oldest first."""
        ...

    def read_range(
        self, workflow_id: str, first: int, last: int | None = None
    ) -> list[JournalEntry]:
        """Return entries ``first``..``last`` (or to the end) in the same form."""
        ...

    def delete(self, workflow_id: str) -> None:
        """Remove the whole partition: journal, leases and logs of the workflow."""
        ...


# --- leases ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on delivery ``delivery`` of task ``seq``, since when (design 9)."""

    workflow_id: str
    seq: int
    delivery: int
    worker_id: str
    started_at: int
    renewed_at: int


class Leases(Protocol):
    """At most one lease per (workflow, task sequence, delivery)."""

    def take(self, lease: Lease, expires: int = 0) -> bool:
        """Write the lease if there is none; False where a second delivery loses."""
        ...

    def renew(self, workflow_id: str, seq: int, delivery: int, at: int) -> bool:
        """Move ``renewed_at`` of an existing lease; False where there is none."""
        ...

    def find(self, workflow_id: str, seq: int, delivery: int) -> Lease | None:
        """Return the lease of one delivery, strongly consistent."""
        ...

    def find_all(self, workflow_id: str) -> list[Lease]:
        """Return every lease of the workflow, in order of sequence and delivery."""
        ...


# --- task queues -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskMessage:
    """What a queue carries: which delivery of which task.

    ``offer`` is what a native worker needs to begin with it (see
    :mod:`podium.service.offers`), in homes whose ``offers_travel``.
    """

    task_id: str
    delivery: int
    priority: int = 0
    delay: int = 0
    offer: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message in flight and the receipt that deletes or releases it.

    One that ``came_again`` somebody may have received before.
    """

    message: TaskMessage
    receipt: str
    came_again: bool = False


class TaskQueues(Protocol):
    """One queue per task type and domain, made on first use; at-least-once delivery."""

    def send(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Add messages, each visible after its ``delay`` (at most 15 minutes)."""
        ...

    def receive(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Take up to ``limit`` messages, higher priority first, then oldest due first.

        Waits up to ``wait`` for the first one.  A received message is invisible for
        ``visibility`` and then comes back, unless deleted.
        """
        ...

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages; a stale receipt is ignored."""
        ...

    def forget(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages whose tasks are leased or gone.

        They may be removed later than at once, and may come once more before that:
        whoever gets one again finds its lease taken.
        """
        ...

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again after ``delay``."""
        ...

    def send_again(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Have messages come after their ``delay``, wherever they are now.

        One that was received may be deleted afterwards: it comes all the same.
        """
        ...

    def withdraw(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Remove messages that nobody has received, where the home can do that.

        Elsewhere they stay until somebody receives them and finds nothing to do.
        """
        ...

    def sizes(self, queue: str | None = None) -> dict[str, int]:
        """Return the approximate number of waiting messages of every known queue.

        Where one ``queue`` is named, of that alone.
        """
        ...

    def in_flight(self) -> dict[str, int]:
        """Return about how many messages of every known queue are received just now."""
        ...


# --- commands and timers -----------------------------------------------------------


class CommandQueue(Protocol):
    """The decider's queue: commands for workflows, in order per workflow."""

    def send(self, workflow_id: str, command: bytes) -> None:
        """Add an encoded command; it is delivered at least once."""
        ...

    def send_each(self, commands: Sequence[tuple[str, bytes]]) -> None:
        """Add commands, each with its workflow, in as few requests as may be.

        What fails half-way may have added some of them.
        """
        ...

    def size(self) -> int:
        """Return the approximate number of commands that wait."""
        ...


class Timers(Protocol):
    """Wake-ups of workflows: durable, at least once, never early.

    A schedule's name, as :func:`podium.schedules.store.subject_of` puts it, may stand
    in the place of a workflow's id.
    """

    def arm(self, workflow_id: str, due: int, *, is_guard: bool = False) -> None:
        """See to it that the workflow is woken at ``due`` or within moments after.

        Where ``is_guard`` the moments may be seconds: it only looks, and nothing is due
        then as far as anybody knows.
        """
        ...

    def arm_guards(self, timers: Sequence[tuple[str, int]]) -> None:
        """Arm guards, each with its workflow, in as few requests as may be."""
        ...


# --- metadata ----------------------------------------------------------------------


class Metadata(Protocol):
    """Definitions as registered, and the snapshots that running workflows point to."""

    def put_workflow(self, definition: WorkflowDef, *, overwrite: bool) -> None:
        """Store name and version; AlreadyExists where taken and not ``overwrite``."""
        ...

    def find_workflow(self, name: str, version: int | None) -> WorkflowDef | None:
        """Return that version, or the highest one."""
        ...

    def list_workflows(self, name: str | None = None) -> list[WorkflowDef]:
        """Return all versions (of one name), by name and version."""
        ...

    def delete_workflow(self, name: str, version: int) -> bool:
        """Remove one version; False where it was not there."""
        ...

    def put_task(self, definition: TaskDef) -> None:
        """Store or replace a task definition."""
        ...

    def find_task(self, name: str) -> TaskDef | None:
        """Return the task definition of that name."""
        ...

    def list_tasks(self) -> list[TaskDef]:
        """Return all task definitions by name."""
        ...

    def delete_task(self, name: str) -> bool:
        """Remove a task definition; False where it was not there."""
        ...

    def put_handler(self, handler: EventHandler, *, overwrite: bool) -> bool:
        """Store an event handler.

        Without ``overwrite`` False means that the name is taken; with it False means
        that there was none to replace, and nothing is written in either case.
        """
        ...

    def list_handlers(self, event: str | None = None) -> list[EventHandler]:
        """Return all handlers (of one event), by name."""
        ...

    def delete_handler(self, name: str) -> bool:
        """Remove an event handler; False where it was not there."""
        ...

    def put_snapshot(self, digest: str, definition: bytes) -> None:
        """Keep a definition under the digest of its content; again is a no-op."""
        ...

    def find_snapshot(self, digest: str) -> bytes | None:
        """Return the definition a running workflow points to."""
        ...


# --- search, payloads, logs --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """The search row of one workflow (reference 2.9); times in epoch milliseconds.

    ``version_seen`` is the journal version it was made from: an older row never
    replaces a newer one.  ``retention_days`` is what its definition says of how long
    its journal is kept, None where it leaves that to the deployment.  ``archived`` is
    where the archive has the workflow as of that version.
    """

    workflow_id: str
    version_seen: int
    workflow_type: str
    version: int
    status: str
    start_time: int
    update_time: int
    end_time: int = 0
    correlation_id: str | None = None
    input: str = "{}"
    output: str = "{}"
    reason_for_incompletion: str | None = None
    event: str | None = None
    failed_reference_task_names: str = ""
    failed_task_names: tuple[str, ...] = ()
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int = 0
    created_by: str | None = None
    task_to_domain: Mapping[str, str] | None = None
    idempotency_key: str | None = None
    parent_workflow_id: str = ""
    classifier: str = "workflow"
    retention_days: int | None = None
    archived: ArchivedAt | None = None


ROW_ATTRIBUTES: Mapping[str, str] = {
    field: to_snake(field) for field in WORKFLOW_FIELDS if field != "executionTime"
}
"""Which attribute of a row answers a search field; one follows from two others."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of rows and the true total (reference 6.2)."""

    total: int
    rows: tuple[SummaryRow, ...]


class SearchIndex(Protocol):
    """Summary rows and the queries over them; may follow the journal by seconds."""

    def put(self, row: SummaryRow) -> None:
        """Store the row unless a newer one is there."""
        ...

    def delete(self, workflow_id: str) -> None:
        """Remove the row."""
        ...

    def find(self, workflow_ids: Sequence[str]) -> dict[str, SummaryRow]:
        """Return those of the rows that are there, by id, strongly consistent."""
        ...

    def search(
        self,
        query: Expression,
        free_text: str | None,
        sort: Sequence[SortKey],
        start: int,
        size: int,
    ) -> SearchPage:
        """Return rows ``start``..``start + size`` of those that match, and the total.

        Fields outside :data:`podium.search.WORKFLOW_FIELDS` match everything.
        Without a sort the newest start comes first.
        """
        ...

    def correlated(
        self, name: str, correlation_ids: Sequence[str], *, include_closed: bool
    ) -> list[SummaryRow]:
        """Return the rows of a workflow name with one of these correlation ids."""
        ...


class Payloads(Protocol):
    """Documents too large for a journal entry, by path."""

    def put(self, path: str, document: bytes) -> None:
        """Store or replace a document."""
        ...

    def get(self, path: str) -> bytes | None:
        """Return a document, or None where there is none."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Remove documents, there or not."""
        ...


class PayloadLinks(Protocol):
    """URLs by which clients read and write payloads, for a short time."""

    def link(self, method: str, path: str, base: str) -> str:
        """Return the URL of a payload, for GET or PUT.

        ``base`` is what the client calls the server by, where that has the payloads.
        """
        ...

    def opened(self, method: str, token: str) -> str | None:
        """Return the path that a token of this server's own URLs is good for now."""
        ...


@dataclass(frozen=True, slots=True)
class TaskLog:
    """One line a worker logged."""

    task_id: str
    created_time: int
    log: str


class TaskLogs(Protocol):
    """Log lines of tasks, in the order in which they came."""

    def append(self, lines: Sequence[TaskLog], expires: int = 0) -> None:
        """Add lines."""
        ...

    def read(self, task_id: str) -> list[TaskLog]:
        """Return a task's lines, oldest first."""
        ...


# --- whole workflows ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkflowRecord:
    """Everything that is kept of one workflow, oldest first."""

    workflow_id: str
    entries: tuple[JournalEntry, ...] = ()
    leases: tuple[Lease, ...] = ()
    logs: tuple[TaskLog, ...] = ()
    row: SummaryRow | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no entry is missing, as it is while a journal comes or goes."""
        versions = [entry.version for entry in self.entries]
        return bool(versions) and versions == list(range(1, len(versions) + 1))


class Records(Protocol):
    """Workflows as they lie in the store, each read at once."""

    def read(self, workflow_id: str, *, with_logs: bool = False) -> WorkflowRecord:
        """Return what there is of a workflow, strongly consistent, without keyframes.

        Log lines only where they are asked for.
        """
        ...

    def expires(self, workflow_id: str) -> int:
        """Return when the first entry expires, the earliest to do so; 0 for never."""
        ...

    def restamp(self, workflow_id: str, expires: int) -> None:
        """Have everything but the search row expire then, the first entry last."""
        ...


# --- polls -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Poll:
    """The last poll of a worker on a queue (reference 2.8, PollData)."""

    queue: str
    domain: str | None
    worker_id: str
    at: int


class Polls(Protocol):
    """When each queue and domain was last polled; a record may lag by ten seconds."""

    def record(self, poll: Poll) -> None:
        """Remember a poll, an empty one too."""
        ...

    def find(self, task_type: str) -> list[Poll]:
        """Return the last polls of a task type, one per domain."""
        ...

    def find_all(self) -> list[Poll]:
        """Return the last polls of every task type and domain."""
        ...


class IdempotencyKeys(Protocol):
    """Which workflow a start's idempotency key belongs to (design 9).

    Or which task it is that a message about a reference ends.
    """

    def reserve(self, name: str, key: str, workflow_id: str) -> str:
        """Bind the key if it is free; return the workflow id it is bound to."""
        ...

    def rebind(self, name: str, key: str, old: str, new: str) -> bool:
        """Move a key from an ended workflow to a new one, if nobody else has."""
        ...


class Changes(Protocol):
    """Lets a synchronous call wait for a workflow's next entry."""

    def wait(self, workflow_id: str, version: int, timeout: int) -> None:
        """Return when the journal has passed ``version``, or after ``timeout``.

        It may return early; callers look again.
        """
        ...


# --- the home ----------------------------------------------------------------------


def _at_once(callback: Callable[[], None]) -> None:
    callback()


@dataclass(frozen=True, slots=True)
class Home:
    """Every port of one home, embedded or AWS.

    ``atomic()`` opens the home's unit of work: on SQLite one transaction that holds the
    append and its dispatch; on AWS nothing, because there the guard heals what a crash
    between two calls leaves behind (design 5).  ``after_commit(callback)`` calls back
    once what was written so far stands: at once outside a unit of work, never after one
    that failed.  ``draw(bits)`` gives random bits.

    ``guard_after`` is after how many milliseconds the guard first looks at a workflow,
    0 where units of work leave it nothing to find.  ``projects_inline`` tells whether
    search rows are written with the decision; elsewhere a projector follows the
    journal.  After ``max_conflicts`` lost appends a command is left to the decider's
    queue.  ``retention_days`` is how long journals are kept whose definitions do not
    say it, 0 for ever.  ``requests_at_once`` is how many threads of one request may ask
    the home at the same time to any profit.  ``offers_travel`` tells whether messages
    carry what a worker needs, where asking for it would cost more.
    """

    clock: Clock
    draw: Callable[[int], int]
    atomic: Callable[[], AbstractContextManager[None]]
    journal: Journal
    leases: Leases
    queues: TaskQueues
    limits: Limits
    commands: CommandQueue
    timers: Timers
    metadata: Metadata
    index: SearchIndex
    payloads: Payloads
    payload_links: PayloadLinks
    logs: TaskLogs
    polls: Polls
    keys: IdempotencyKeys
    outputs: OutputCache
    changes: Changes
    applications: Applications
    signing_keys: SigningKeys
    schedules: Schedules
    records: Records
    archive: Archive
    status_events: StatusEvents
    executions: EventExecutions
    secrets: Secrets = field(default_factory=NoSecrets)
    after_commit: Callable[[Callable[[], None]], None] = _at_once
    guard_after: int = 0
    projects_inline: bool = True
    max_conflicts: int = 50
    retention_days: int = 0
    requests_at_once: int = 1
    offers_travel: bool = False
