"""Journal entries: one row per decision, its primary key the workflow's lock."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from podium import ids
from podium.adapters.sqlite.database import Database, Row
from podium.adapters.sqlite.signals import EVERYBODY, Signals, Topic
from podium.errors import VersionConflict
from podium.ports import JournalEntry

_APPEND = """INSERT INTO journal (workflow_id, version, at, data, keyframe)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_READ_TAIL = """SELECT version, at, data, keyframe FROM journal
    WHERE workflow_id = ?1 AND version > max(?2, (
        SELECT coalesce(max(version), 1) - 1 FROM journal INDEXED BY keyframes
        WHERE workflow_id = ?1 AND keyframe IS NOT NULL))
    ORDER BY version"""

_READ_RANGE = """SELECT version, at, data FROM journal
    WHERE workflow_id = ? AND version BETWEEN ? AND ? ORDER BY version"""

_READ_VERSION = """SELECT version, at, data FROM journal
    WHERE workflow_id = ? AND version = ?"""

_LAST_VERSION = "SELECT max(version) FROM journal WHERE workflow_id = ?"

_DELETE_LOGS = "DELETE FROM task_logs WHERE task_id BETWEEN ? AND ?"

_NO_END = (1 << 63) - 1


def topic_of(workflow_id: str) -> Topic:
    """Return the topic that is signalled when a workflow's journal grows."""
    return ("workflow", workflow_id)


class SqliteJournal:
    """The port ``Journal``."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals

    def append(
        self,
        entry: JournalEntry,
        expires: int = 0,  # noqa: ARG002 - nothing expires by itself here
    ) -> None:
        """Write the entry if its version is absent."""
        workflow_id = entry.workflow_id
        values = (workflow_id, entry.version, entry.at, entry.data, entry.keyframe)
        if not self._database.change(_APPEND, values):
            raise VersionConflict(workflow_id, entry.version)
        self._database.after_commit(
            partial(self._signals.publish, topic_of(workflow_id), EVERYBODY)
        )

    def read_tail(
        self,
        workflow_id: str,
        after: int,
        *,
        may_lag: bool = False,  # noqa: ARG002 - nothing lags here
    ) -> list[JournalEntry]:
        """Return what is needed to fold the state, oldest first."""
        rows = self._database.rows(_READ_TAIL, (workflow_id, after))
        return _entries(workflow_id, rows) if rows else []

    def read_versions(
        self, workflow_id: str, versions: Iterable[int]
    ) -> list[JournalEntry]:
        """Return the entries of these versions, without keyframes, oldest first."""
        rows: list[Row] = []
        for version in sorted(set(versions)):
            rows += self._database.rows(_READ_VERSION, (workflow_id, version))
        return _entries(workflow_id, rows)

    def read_range(
        self, workflow_id: str, first: int, last: int | None = None
    ) -> list[JournalEntry]:
        """Return entries ``first``..``last``, without keyframes, oldest first."""
        end = _NO_END if last is None else last
        rows = self._database.rows(_READ_RANGE, (workflow_id, first, end))
        return _entries(workflow_id, rows)

    def last_version(self, workflow_id: str) -> int:
        """Return the newest version, 0 where there is no such workflow."""
        found = self._database.row(_LAST_VERSION, (workflow_id,))
        return (found[0] or 0) if found else 0

    def delete(self, workflow_id: str) -> None:
        """Remove the workflow's journal, leases and logs."""
        with self._database.atomic():
            for table in ("journal", "leases"):
                self._database.change(
                    f"DELETE FROM {table} WHERE workflow_id = ?",  # noqa: S608 - ours
                    (workflow_id,),
                )
            self._database.change(_DELETE_LOGS, ids.span_of(workflow_id))


def _entries(workflow_id: str, rows: Iterable[Row]) -> list[JournalEntry]:
    return [JournalEntry(workflow_id, *row) for row in rows]
