"""The decider's queue: commands in order per workflow, and what the pump needs of it.

Only the oldest command of a workflow can be received; the next one follows when it is
deleted, or dead after :data:`MAX_TRIES` failures (design 9).  What is in flight is
known in memory alone, so after a crash everything that was not deleted is there again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from podium.adapters.sqlite.alarms import Alarms
from podium.adapters.sqlite.database import Database, Row
from podium.adapters.sqlite.signals import Callback, Signals, Topic
from podium.clock import Clock

MAX_TRIES = 5
TOPIC: Topic = ("commands",)

_SEND = """INSERT INTO commands (workflow_id, command, due, is_head)
    VALUES (?1, ?2, 0,
        NOT EXISTS (SELECT 1 FROM commands WHERE workflow_id = ?1))"""

_HEADS = """SELECT id, workflow_id, command, tries FROM commands
    WHERE is_head = 1 AND due <= ? AND id > ? ORDER BY id LIMIT ?"""

_READ = "SELECT id, workflow_id, tries FROM commands WHERE id = ?"

_DELETE = "DELETE FROM commands WHERE id = ?"

_MAKE_HEAD = """UPDATE commands SET is_head = 1
    WHERE id = (SELECT min(id) FROM commands WHERE workflow_id = ?)"""

_POSTPONE = "UPDATE commands SET tries = ?, due = ? WHERE id = ?"

_BURY = """INSERT INTO dead_commands (id, workflow_id, command, tries, died_at)
    SELECT id, workflow_id, command, ?, ? FROM commands WHERE id = ?"""

_DEAD = """SELECT workflow_id, command, tries, died_at FROM dead_commands
    ORDER BY id"""

_SIZE = "SELECT count(*) FROM commands"

_NEXT_DUE = "SELECT min(due) FROM commands WHERE is_head = 1 AND due > ?"


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """A command in flight; ``tries`` counts earlier failures."""

    workflow_id: str
    command: bytes
    receipt: str
    tries: int


@dataclass(frozen=True, slots=True)
class DeadCommand:
    """A command that failed too often; it blocks its workflow no longer."""

    workflow_id: str
    command: bytes
    tries: int
    died_at: int


class SqliteCommandQueue:
    """The port ``CommandQueue``, and the receiving side for the embedded pump."""

    def __init__(
        self, database: Database, clock: Clock, signals: Signals, alarms: Alarms
    ) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals
        self._alarms = alarms
        self._lock = threading.Lock()
        self._in_flight: set[int] = set()
        alarms.ask(TOPIC[0], lambda _: self.next_due())

    def send(self, workflow_id: str, command: bytes) -> None:
        """Add an encoded command."""
        self._database.change(_SEND, (workflow_id, command))
        self._database.after_commit(partial(self._signals.publish, TOPIC))

    def send_each(self, commands: Sequence[tuple[str, bytes]]) -> None:
        """Add commands, each with its workflow."""
        with self._database.atomic():
            for workflow_id, command in commands:
                self.send(workflow_id, command)

    def size(self) -> int:
        """Return the number of commands that are not done."""
        row = self._database.row(_SIZE)
        return row[0] if row else 0

    def watch(self, callback: Callback) -> Callable[[], None]:
        """Have ``callback`` called when there is something to receive."""
        unsubscribe = self._signals.subscribe(TOPIC, callback)
        due = self.next_due()
        if due is not None:
            self._alarms.set(TOPIC, due)
        return unsubscribe

    # --- receiving -------------------------------------------------------------

    def receive(self, limit: int, busy: Collection[str] = ()) -> list[ReceivedCommand]:
        """Take the oldest commands that are due, at most one per workflow.

        Workflows in ``busy``, and those with a command in flight, are left out.
        """
        received: list[ReceivedCommand] = []
        if limit <= 0:
            return received
        for number, workflow_id, command, tries in self._heads(limit + len(busy)):
            if workflow_id not in busy and self._claim(number):
                received.append(
                    ReceivedCommand(workflow_id, command, str(number), tries)
                )
                if len(received) == limit:
                    break
        return received

    def _heads(self, page: int) -> Iterator[Row]:
        """Yield the oldest command of each workflow, page by page."""
        now = self._clock.now()
        last = 0
        while rows := self._database.rows(_HEADS, (now, last, page)):
            yield from rows
            last = rows[-1][0]

    def _claim(self, number: int) -> bool:
        with self._lock:
            is_free = number not in self._in_flight
            self._in_flight.add(number)
        return is_free

    def _unclaim(self, number: int) -> None:
        with self._lock:
            self._in_flight.discard(number)

    def _is_over(self, number: int) -> None:
        """Once committed, the command may be received again and the next one too."""
        self._unclaim(number)
        self._signals.publish(TOPIC)

    def release_in_flight(self) -> None:
        """Make everything that is in flight receivable again."""
        with self._lock:
            self._in_flight.clear()
        self._signals.publish(TOPIC)

    # --- after receiving -------------------------------------------------------

    def delete(self, receipt: str) -> None:
        """Remove a command that is done; the workflow's next one follows."""
        number = int(receipt)
        with self._giving_back(number):
            row = self._database.row(_READ, (number,))
            if row is not None:
                self._remove(number, row[1])

    def fail(self, receipt: str, delay: int) -> bool:
        """Count a failure and try again after ``delay``; True where it was the last.

        A command that failed :data:`MAX_TRIES` times is put aside (:meth:`dead`).
        """
        number = int(receipt)
        with self._giving_back(number):
            row = self._database.row(_READ, (number,))
            return row is not None and self._count_failure(row, delay)

    def postpone(self, receipt: str, delay: int) -> None:
        """Try again after ``delay`` what failed through no fault of the command's."""
        number = int(receipt)
        with self._giving_back(number):
            row = self._database.row(_READ, (number,))
            if row is not None:
                self._put_off(number, row[2], delay)

    @contextmanager
    def _giving_back(self, number: int) -> Iterator[None]:
        """Have a command in flight no more when the unit of work inside ends.

        Where the unit fails the command is as it was before it was received: what stays
        in flight would never be tried again, nor what comes after it.
        """
        try:
            with self._database.atomic():
                yield
                self._database.after_commit(partial(self._is_over, number))
        except BaseException:
            self._is_over(number)
            raise

    def _count_failure(self, row: Row, delay: int) -> bool:
        number, workflow_id, tries = row
        if tries + 1 >= MAX_TRIES:
            self._database.change(_BURY, (tries + 1, self._clock.now(), number))
            self._remove(number, workflow_id)
            return True
        self._put_off(number, tries + 1, delay)
        return False

    def _put_off(self, number: int, tries: int, delay: int) -> None:
        due = self._clock.now() + delay
        self._database.change(_POSTPONE, (tries, due, number))
        if delay > 0:
            self._database.after_commit(partial(self._alarms.set, TOPIC, due))

    def _remove(self, number: int, workflow_id: str) -> None:
        self._database.change(_DELETE, (number,))
        self._database.change(_MAKE_HEAD, (workflow_id,))

    # --- looking ---------------------------------------------------------------

    def dead(self) -> list[DeadCommand]:
        """Return the commands that failed too often, oldest first."""
        return [DeadCommand(*row) for row in self._database.rows(_DEAD)]

    def next_due(self) -> int | None:
        """Return when the next command that failed is tried again."""
        row = self._database.row(_NEXT_DUE, (self._clock.now(),))
        return row[0] if row else None
