"""Every port of one home, in one value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from podium.access.stores import Applications, SigningKeys
from podium.caches import OutputCache
from podium.clock import Clock
from podium.eventing import EventExecutions
from podium.limits import Limits
from podium.ports.journal import Journal, Leases
from podium.ports.metadata import IdempotencyKeys, Metadata, Polls
from podium.ports.payloads import PayloadLinks, Payloads, TaskLogs
from podium.ports.queues import Changes, CommandQueue, TaskQueues, Timers
from podium.ports.records import Records
from podium.ports.search import SearchIndex
from podium.schedules.store import Schedules
from podium.secret_store import NoSecrets, Secrets
from podium.sinks import Archive, StatusEvents


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
