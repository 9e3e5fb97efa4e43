"""The embedded home: every port over one file, and what only the embedded home has."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from podium.adapters.sqlite.access import SqliteApplications, SqliteSigningKeys
from podium.adapters.sqlite.alarms import Alarms
from podium.adapters.sqlite.archive import FileArchive, MemoryArchive
from podium.adapters.sqlite.changes import SqliteChanges
from podium.adapters.sqlite.commands import SqliteCommandQueue
from podium.adapters.sqlite.database import Database
from podium.adapters.sqlite.executions import SqliteEventExecutions
from podium.adapters.sqlite.idempotency import SqliteIdempotencyKeys
from podium.adapters.sqlite.index import SqliteSearchIndex
from podium.adapters.sqlite.journal import SqliteJournal
from podium.adapters.sqlite.leases import SqliteLeases
from podium.adapters.sqlite.limits import SqliteLimits
from podium.adapters.sqlite.logs import SqliteTaskLogs
from podium.adapters.sqlite.metadata import SqliteMetadata
from podium.adapters.sqlite.outputs import SqliteOutputCache
from podium.adapters.sqlite.payloads import SqlitePayloads
from podium.adapters.sqlite.polls import SqlitePolls
from podium.adapters.sqlite.queues import SqliteTaskQueues
from podium.adapters.sqlite.records import SqliteRecords
from podium.adapters.sqlite.schedules import SqliteSchedules
from podium.adapters.sqlite.signals import Signals
from podium.adapters.sqlite.timers import SqliteTimers
from podium.adapters.token_links import KEY_BITS, TokenLinks
from podium.clock import Clock
from podium.errors import Unavailable
from podium.ports import Home
from podium.secret_store import NoSecrets, Secrets
from podium.sinks import Archive, NoStatusEvents

logger = logging.getLogger(__name__)

IN_MEMORY = ":memory:"
"""The path of a home that lives as long as its process: the twin that tests use."""


@dataclass(frozen=True, slots=True)
class SqliteHome:
    """The ports (``home``), and the other side of those that the embedded pump serves.

    ``queues``, ``commands``, ``timers``, ``index`` and ``payloads`` are the same
    objects as in ``home``, with what the port does not have: being called back,
    receiving, firing, clearing up.
    """

    home: Home
    signals: Signals
    queues: SqliteTaskQueues
    commands: SqliteCommandQueue
    timers: SqliteTimers
    polls: SqlitePolls
    index: SqliteSearchIndex
    payloads: SqlitePayloads
    alarms: Alarms
    database: Database

    def release_in_flight(self) -> None:
        """Take back what a killed process had received; call it before serving.

        Only a process that has the file to itself may do so.
        """
        self.queues.release_in_flight()
        self.commands.release_in_flight()

    def close(self) -> None:
        """End all waiting, write what is still in memory, close the file."""
        if self.database.is_closed:
            return
        self.signals.release_all()
        self.alarms.close()
        try:
            self.polls.flush()
        except Unavailable as failure:
            # Only when workers last asked: it is no reason not to end.
            logger.warning("polls_not_written", extra={"reason": failure.message})
        finally:
            self.database.close()


def open_home(  # noqa: PLR0913 - most have a default
    path: Path | str,
    *,
    clock: Clock,
    draw: Callable[[int], int],
    full_sync: bool = False,
    busy_timeout: int = 5_000,
    retention_days: int = 0,
    secrets: Secrets | None = None,
) -> SqliteHome:
    """Open the home in a file, made where there is none, or in memory.

    ``full_sync`` makes every commit survive a power cut; without it a killed process
    loses nothing all the same.  ``busy_timeout`` is how long another process's
    transaction is waited for, in milliseconds.  ``retention_days`` is how long a
    janitor leaves journals where they are; the archive is a folder beside the file.
    ``secrets`` are whatever keeps them: none are in the file.

    Raises InvalidInput where the file is something else or of a newer Podium, and
    Unavailable where it cannot be opened.
    """
    database = Database(str(path), draw, full_sync=full_sync, busy_timeout=busy_timeout)
    signals = Signals()
    alarms = Alarms(clock, signals)
    journal = SqliteJournal(database, signals)
    queues = SqliteTaskQueues(database, clock, signals, alarms)
    commands = SqliteCommandQueue(database, clock, signals, alarms)
    timers = SqliteTimers(database, clock, signals, alarms)
    polls = SqlitePolls(database)
    leases, index = SqliteLeases(database), SqliteSearchIndex(database)
    payloads = SqlitePayloads(database)
    home = Home(
        clock=clock,
        draw=draw,
        atomic=database.atomic,
        journal=journal,
        leases=leases,
        queues=queues,
        limits=SqliteLimits(database),
        commands=commands,
        timers=timers,
        metadata=SqliteMetadata(database),
        index=index,
        payloads=payloads,
        payload_links=TokenLinks(clock, draw(KEY_BITS)),
        logs=SqliteTaskLogs(database),
        polls=polls,
        keys=SqliteIdempotencyKeys(database),
        outputs=SqliteOutputCache(database, clock),
        changes=SqliteChanges(database, journal, signals),
        records=SqliteRecords(database, journal, leases, index),
        archive=_archive_beside(str(path)),
        status_events=NoStatusEvents(),
        executions=SqliteEventExecutions(database, clock),
        secrets=secrets or NoSecrets(),
        applications=SqliteApplications(database),
        signing_keys=SqliteSigningKeys(database),
        schedules=SqliteSchedules(database),
        after_commit=database.after_commit,
        retention_days=retention_days,
    )
    return SqliteHome(
        home,
        signals,
        queues,
        commands,
        timers,
        polls,
        index,
        payloads,
        alarms,
        database,
    )


def _archive_beside(path: str) -> Archive:
    if path == IN_MEMORY:
        return MemoryArchive()
    return FileArchive(Path(f"{path}.archive"))
