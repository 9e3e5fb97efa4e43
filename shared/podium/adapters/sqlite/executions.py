"""What was done about events, a row per message and action."""

from __future__ import annotations

import msgspec

from podium.adapters.sqlite.database import Database
from podium.clock import Clock
from podium.model.event_handler import EventExecution

_ADD = """INSERT INTO event_executions
    (handler, sent_at, id, created, expires, document)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_STANDING = """SELECT document FROM event_executions
    WHERE handler = ? AND sent_at = ? AND id = ?"""

_TAKE_OVER = """UPDATE event_executions SET created = ?, expires = ?, document = ?
    WHERE handler = ? AND sent_at = ? AND id = ? AND created = ?
    AND json_extract(document, '$.status') = 'IN_PROGRESS'"""

_FINISH = """INSERT INTO event_executions
    (handler, sent_at, id, created, expires, document)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document"""

_FIND = """SELECT document FROM event_executions WHERE handler = ?
    ORDER BY sent_at DESC, id LIMIT ? OFFSET ?"""

_EXPIRE = """DELETE FROM event_executions WHERE (handler, sent_at, id) IN
    (SELECT handler, sent_at, id FROM event_executions
    WHERE expires > 0 AND expires <= ? LIMIT 10)"""


class SqliteEventExecutions:
    """The port ``EventExecutions``; whoever adds a row removes some that expired."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(
        self, execution: EventExecution, sent_at: int, expires: int = 0
    ) -> EventExecution | None:
        """Write a record if there is none; otherwise return the one that stands."""
        with self._database.atomic():
            if self._database.change(_ADD, _row(execution, sent_at, expires)):
                self._database.change(_EXPIRE, (self._clock.now(),))
                return None
            row = self._database.row(_STANDING, _key(execution, sent_at))
        return None if row is None else _read(row[0])

    def take_over(
        self,
        dead: EventExecution,
        execution: EventExecution,
        sent_at: int,
        expires: int = 0,
    ) -> bool:
        """Put a record in the place of one whose attempt died; False if it did not."""
        changed = (execution.created, expires, _document(execution))
        row = (*changed, *_key(execution, sent_at), dead.created)
        return self._database.change(_TAKE_OVER, row) == 1

    def finish(self, execution: EventExecution, sent_at: int, expires: int = 0) -> None:
        """Write how an action ended, whatever stands there."""
        self._database.change(_FINISH, _row(execution, sent_at, expires))

    def find(self, handler: str, start: int, size: int) -> list[EventExecution]:
        """Return records of a handler, that of the latest message first."""
        rows = self._database.rows(_FIND, (handler, size, start))
        return [_read(row[0]) for row in rows]


def _key(execution: EventExecution, sent_at: int) -> tuple[str, int, str]:
    return execution.name, sent_at, execution.id


def _row(execution: EventExecution, sent_at: int, expires: int) -> tuple[object, ...]:
    document = _document(execution)
    return (*_key(execution, sent_at), execution.created, expires, document)


def _document(execution: EventExecution) -> str:
    return msgspec.json.encode(execution.to_json()).decode()


def _read(document: str) -> EventExecution:
    return EventExecution.from_json(msgspec.json.decode(document))
