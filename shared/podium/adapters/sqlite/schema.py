"""The tables of the embedded home, version by version, and how a file gets them.

A table whose rows are small is WITHOUT ROWID: its key is its only tree.  Tables of
documents keep the rowid, so that looking for a key does not drag documents along.
"""

from __future__ import annotations

import sqlite3

from podium.errors import InvalidInput

APPLICATION_ID = 0x506F6469
"""``Podi``: what marks a file as ours (``PRAGMA application_id``)."""

_FIRST = (
    # One row per decision.  The keyframe stands last, so that reading a row's data
    # does not walk through it.
    """CREATE TABLE journal (
        workflow_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        data BLOB NOT NULL,
        keyframe BLOB,
        PRIMARY KEY (workflow_id, version)
    ) WITHOUT ROWID""",
    """CREATE INDEX keyframes ON journal (workflow_id, version)
        WHERE keyframe IS NOT NULL""",
    """CREATE TABLE leases (
        workflow_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        delivery INTEGER NOT NULL,
        worker_id TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        renewed_at INTEGER NOT NULL,
        PRIMARY KEY (workflow_id, seq, delivery)
    ) WITHOUT ROWID""",
    "CREATE TABLE queues (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID",
    # A message is ready, delayed (no receipt) or in flight; the last two until `due`.
    # Each of the two small indexes holds the messages of one kind, so that neither
    # 100,000 delayed messages nor 100,000 ready ones make a poll slow.
    """CREATE TABLE messages (
        queue TEXT NOT NULL,
        task_id TEXT NOT NULL,
        delivery INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        due INTEGER NOT NULL,
        is_ready INTEGER NOT NULL,
        receipt INTEGER,
        PRIMARY KEY (queue, task_id, delivery)
    ) WITHOUT ROWID""",
    """CREATE INDEX ready_messages ON messages (queue, priority DESC, due)
        WHERE is_ready = 1""",
    "CREATE INDEX hidden_messages ON messages (queue, due) WHERE is_ready = 0",
    # `is_head` marks the oldest command of each workflow: the only one to be received.
    """CREATE TABLE commands (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workflow_id TEXT NOT NULL,
        command BLOB NOT NULL,
        due INTEGER NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        is_head INTEGER NOT NULL
    )""",
    "CREATE INDEX commands_of_workflow ON commands (workflow_id, id)",
    "CREATE INDEX head_commands ON commands (id, due) WHERE is_head = 1",
    """CREATE TABLE dead_commands (
        id INTEGER PRIMARY KEY,
        workflow_id TEXT NOT NULL,
        command BLOB NOT NULL,
        tries INTEGER NOT NULL,
        died_at INTEGER NOT NULL
    )""",
    """CREATE TABLE timers (
        due INTEGER NOT NULL,
        workflow_id TEXT NOT NULL,
        PRIMARY KEY (due, workflow_id)
    ) WITHOUT ROWID""",
    # A definition's stamp changes with every write: what is parsed is kept under it.
    """CREATE TABLE workflow_definitions (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        stamp INTEGER NOT NULL,
        definition TEXT NOT NULL,
        PRIMARY KEY (name, version)
    )""",
    """CREATE TABLE task_definitions (
        name TEXT NOT NULL PRIMARY KEY,
        stamp INTEGER NOT NULL,
        definition TEXT NOT NULL
    )""",
    """CREATE TABLE event_handlers (
        name TEXT NOT NULL PRIMARY KEY,
        event TEXT NOT NULL,
        stamp INTEGER NOT NULL,
        definition TEXT NOT NULL
    )""",
    """CREATE TABLE snapshots (
        digest TEXT NOT NULL PRIMARY KEY,
        definition BLOB NOT NULL
    )""",
    """CREATE TABLE summaries (
        workflow_id TEXT NOT NULL PRIMARY KEY,
        version_seen INTEGER NOT NULL,
        workflow_type TEXT NOT NULL,
        version INTEGER NOT NULL,
        status TEXT NOT NULL,
        start_time INTEGER NOT NULL,
        update_time INTEGER NOT NULL,
        end_time INTEGER NOT NULL,
        correlation_id TEXT,
        input TEXT NOT NULL,
        output TEXT NOT NULL,
        reason_for_incompletion TEXT,
        event TEXT,
        failed_reference_task_names TEXT NOT NULL,
        failed_task_names TEXT NOT NULL,
        external_input_payload_storage_path TEXT,
        external_output_payload_storage_path TEXT,
        priority INTEGER NOT NULL,
        created_by TEXT,
        task_to_domain TEXT,
        idempotency_key TEXT,
        parent_workflow_id TEXT NOT NULL,
        classifier TEXT NOT NULL
    )""",
    "CREATE INDEX summaries_by_start ON summaries (start_time)",
    "CREATE INDEX summaries_by_type ON summaries (workflow_type, start_time)",
    "CREATE INDEX summaries_by_status ON summaries (status, start_time)",
    """CREATE INDEX summaries_by_correlation ON summaries (correlation_id, start_time)
        WHERE correlation_id IS NOT NULL""",
    "CREATE INDEX summaries_by_parent ON summaries (parent_workflow_id, start_time)",
    """CREATE TABLE payloads (
        path TEXT NOT NULL PRIMARY KEY,
        document BLOB NOT NULL
    )""",
    """CREATE TABLE task_logs (
        id INTEGER PRIMARY KEY,
        task_id TEXT NOT NULL,
        created_time INTEGER NOT NULL,
        log TEXT NOT NULL
    )""",
    "CREATE INDEX logs_of_task ON task_logs (task_id)",
    """CREATE TABLE polls (
        queue TEXT NOT NULL,
        domain TEXT NOT NULL,
        worker_id TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (queue, domain)
    ) WITHOUT ROWID""",
    """CREATE TABLE idempotency_keys (
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        workflow_id TEXT NOT NULL,
        PRIMARY KEY (name, key)
    ) WITHOUT ROWID""",
)

_ACCESS = (
    """CREATE TABLE applications (
        name TEXT NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        document BLOB NOT NULL
    )""",
    """CREATE TABLE signing_keys (
        kid TEXT NOT NULL PRIMARY KEY,
        active_from INTEGER NOT NULL,
        secret BLOB NOT NULL
    )""",
)

_ARCHIVE = (
    "ALTER TABLE summaries ADD COLUMN retention_days INTEGER",
    "ALTER TABLE summaries ADD COLUMN archived TEXT",
    # What the janitor goes through: not what it has archived long ago.
    """CREATE INDEX ended_summaries ON summaries (end_time)
        WHERE end_time > 0 AND archived IS NULL""",
)

_EVENTS = (
    """CREATE TABLE event_executions (
        handler TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        id TEXT NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (handler, sent_at, id)
    ) WITHOUT ROWID""",
    """CREATE INDEX expiring_event_executions ON event_executions (expires)
        WHERE expires > 0""",
)

_LIMITS = (
    """CREATE TABLE limit_places (
        name TEXT NOT NULL,
        number INTEGER NOT NULL,
        holder TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (name, number)
    ) WITHOUT ROWID""",
    # `rank` is the priority, the higher the smaller.
    """CREATE TABLE limit_lines (
        name TEXT NOT NULL,
        rank INTEGER NOT NULL,
        since INTEGER NOT NULL,
        holder TEXT NOT NULL,
        most INTEGER NOT NULL,
        queue TEXT NOT NULL,
        PRIMARY KEY (name, rank, since, holder)
    ) WITHOUT ROWID""",
)

_SCHEDULES = (
    """CREATE TABLE schedules (
        name TEXT NOT NULL PRIMARY KEY,
        due INTEGER,
        stamp INTEGER NOT NULL,
        document BLOB NOT NULL
    )""",
    """CREATE TABLE schedule_executions (
        schedule TEXT NOT NULL,
        slot INTEGER NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (schedule, slot)
    )""",
    "CREATE TABLE scheduler_halted (halted INTEGER NOT NULL PRIMARY KEY)",
)

_OUTPUTS = (
    """CREATE TABLE outputs (
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        output BLOB NOT NULL,
        expires INTEGER NOT NULL,
        PRIMARY KEY (name, key)
    )""",
    "CREATE INDEX expiring_outputs ON outputs (expires)",
)

_VERSIONS = (_FIRST, _ACCESS, _ARCHIVE, _EVENTS, _LIMITS, _SCHEDULES, _OUTPUTS)
"""What each version of the schema added to the one before; a version never changes."""

SCHEMA_VERSION = len(_VERSIONS)
"""``PRAGMA user_version`` of what this code reads and writes."""


def prepare(connection: sqlite3.Connection, path: str) -> None:
    """Make the tables that a file does not have; refuse one that is not ours or newer.

    Runs in a transaction of its own: two processes may open a file at once.
    """
    if _version(connection, path) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for added in _VERSIONS[_version(connection, path) :]:
            for statement in added:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection, path: str) -> int:
    """Return the version of a file's tables, 0 where there are none.

    InvalidInput where they are somebody else's, or newer than this code.
    """
    ours = _number(connection, "PRAGMA application_id") == APPLICATION_ID
    if not ours and _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise InvalidInput(f"{path} is a SQLite file, but not a Podium database")
    version = _number(connection, "PRAGMA user_version") if ours else 0
    if version > SCHEMA_VERSION:
        raise InvalidInput(
            f"{path} has schema version {version}; this Podium knows up to "
            f"{SCHEMA_VERSION}"
        )
    return version


def _number(connection: sqlite3.Connection, statement: str) -> int:
    number: int = connection.execute(statement).fetchone()[0]
    return number
