"""Task queues: messages that are ready, delayed or in flight, and waiting for them.

A message is known by queue, task and delivery number, so sending again what is there
already changes nothing: a re-dispatch costs no second message.  Delivery is at least
once all the same, because what was received and not deleted comes back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from podium.adapters.sqlite.alarms import Alarms
from podium.adapters.sqlite.askers import Asker, present_asker
from podium.adapters.sqlite.database import Database, Row
from podium.adapters.sqlite.signals import Callback, Signals, Topic
from podium.clock import Clock
from podium.ports import ReceivedMessage, TaskMessage

_KNOW = "INSERT INTO queues (name) VALUES (?) ON CONFLICT DO NOTHING"

_SEND = """INSERT INTO messages (queue, task_id, delivery, priority, due, is_ready)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_SEND_AGAIN = """INSERT INTO messages
    (queue, task_id, delivery, priority, due, is_ready) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
    due = excluded.due, is_ready = excluded.is_ready, receipt = NULL"""

_WITHDRAW = """DELETE FROM messages
    WHERE queue = ? AND task_id = ? AND delivery = ? AND receipt IS NULL"""

_IS_ANY_DUE = """SELECT 1 FROM messages
    WHERE queue = ? AND is_ready = 0 AND due <= ? LIMIT 1"""

_MAKE_READY = """UPDATE messages SET is_ready = 1
    WHERE queue = ? AND is_ready = 0 AND due <= ?"""

_READY = """SELECT task_id, delivery, priority FROM messages
    WHERE queue = ? AND is_ready = 1
    ORDER BY priority DESC, due, task_id, delivery LIMIT ?"""

_TAKE = """UPDATE messages SET is_ready = 0, due = ?, receipt = ?
    WHERE queue = ? AND task_id = ? AND delivery = ? AND is_ready = 1"""

_RECEIVED = "queue = ? AND task_id = ? AND delivery = ? AND receipt = ?"

_DELETE = f"DELETE FROM messages WHERE {_RECEIVED}"  # noqa: S608 - our own words

_RELEASE = f"""UPDATE messages SET is_ready = ?, due = ?, receipt = NULL
    WHERE {_RECEIVED}"""  # noqa: S608 - our own words

_RELEASE_ALL = """UPDATE messages SET is_ready = 1, due = min(due, ?), receipt = NULL
    WHERE is_ready = 0 AND receipt IS NOT NULL"""

_NEXT_DUE = """SELECT min(due) FROM messages
    WHERE queue = ? AND is_ready = 0 AND due > ?"""

_SIZES = """SELECT name, count(task_id) FROM queues LEFT JOIN messages
    ON queue = name AND (is_ready = 1 OR receipt IS NULL OR due <= ?1)
    WHERE ?2 IS NULL OR name = ?2 GROUP BY name"""

_IN_FLIGHT = """SELECT name, count(task_id) FROM queues LEFT JOIN messages
    ON queue = name AND is_ready = 0 AND receipt IS NOT NULL AND due > ?
    GROUP BY name"""


def topic_of(queue: str) -> Topic:
    """Return the topic that is signalled when a queue has something to receive."""
    return ("queue", queue)


class SqliteTaskQueues:
    """The port ``TaskQueues``, and being called back instead of waiting."""

    def __init__(
        self, database: Database, clock: Clock, signals: Signals, alarms: Alarms
    ) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals
        self._alarms = alarms
        self._known: set[str] = set()
        alarms.ask("queue", lambda topic: self.next_due(topic[1]))

    # --- sending ---------------------------------------------------------------

    def send(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Add messages; those that are there already stay as they are."""
        now = self._clock.now()
        rows = [_row(queue, message, now) for message in messages]
        if not rows:
            return
        if len(rows) == 1 and queue in self._known:
            self._database.change(_SEND, rows[0])
        else:
            with self._database.atomic():
                self._make_known(queue)
                self._database.change_each(_SEND, rows)
        self._tell(queue, [message.delay for message in messages], now)

    def send_again(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Have messages come after their ``delay``, wherever they are now."""
        now = self._clock.now()
        with self._database.atomic():
            self._make_known(queue)
            rows = [_row(queue, message, now) for message in messages]
            self._database.change_each(_SEND_AGAIN, rows)
        self._tell(queue, [message.delay for message in messages], now)

    def withdraw(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Remove messages that nobody has received."""
        keys = [(queue, one.task_id, one.delivery) for one in messages]
        self._database.change_each(_WITHDRAW, keys)

    def _make_known(self, queue: str) -> None:
        if queue not in self._known:
            self._database.change(_KNOW, (queue,))
            self._database.after_commit(partial(self._known.add, queue))

    def _tell(self, queue: str, delays: Sequence[int], now: int) -> None:
        """Once committed, wake who waits, or see to it that he is woken in time."""
        ready = sum(delay <= 0 for delay in delays)
        if ready:
            self._database.after_commit(
                partial(self._signals.publish, topic_of(queue), ready)
            )
        if ready < len(delays):
            first = now + min(delay for delay in delays if delay > 0)
            self._database.after_commit(
                partial(self._alarms.set, topic_of(queue), first)
            )

    # --- receiving -------------------------------------------------------------

    def receive(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Take messages, waiting up to ``wait`` for the first.

        Waiting is real time whatever the clock says, and ends when the home closes.
        Inside a unit of work there is none: nobody else could write meanwhile.  Who
        went away (:mod:`podium.adapters.sqlite.askers`) gets nothing.
        """
        asker = present_asker()
        if asker.is_gone:
            return []
        received = self._take(queue, limit, visibility)
        if received or wait <= 0 or self._database.is_in_unit:
            return received
        return self._wait_and_take(queue, limit, wait, visibility, asker)

    def _wait_and_take(
        self, queue: str, limit: int, wait: int, visibility: int, asker: Asker
    ) -> list[ReceivedMessage]:
        deadline = time.monotonic() + wait / 1000
        while True:
            bell = threading.Event()
            withdraw = self.watch(queue, bell.set)
            try:
                received = self._take(queue, limit, visibility)
                if not received:
                    with asker.waking(bell.set):
                        bell.wait(max(0.0, deadline - time.monotonic()))
            finally:
                was_called = not withdraw()
            if asker.is_gone and not received:
                if was_called:
                    self._signals.publish(topic_of(queue))  # the next one's turn
                return []
            received = received or self._take(queue, limit, visibility)
            is_over = self._signals.is_over or asker.is_hurried
            if received or is_over or time.monotonic() >= deadline:
                return received

    def watch(self, queue: str, callback: Callback) -> Callable[[], bool]:
        """Stand in line for a queue: ``callback`` is called when there is something.

        Returns how to leave the line (:meth:`Signals.enlist`).  Receive once after
        enlisting, and again when called; a receive that leaves messages behind calls
        the next in line.  Who is called and does not receive must pass it on:
        ``signals.publish(("queue", name))``.
        """
        topic = topic_of(queue)
        withdraw = self._signals.enlist(topic, callback)
        due = self.next_due(queue)
        if due is not None:
            self._alarms.set(topic, due)
        return withdraw

    def next_due(self, queue: str) -> int | None:
        """Return when the next delayed or received message becomes visible."""
        row = self._database.row(_NEXT_DUE, (queue, self._clock.now()))
        return row[0] if row else None

    def _take(self, queue: str, limit: int, visibility: int) -> list[ReceivedMessage]:
        """Receive what is visible now; an empty queue costs no write."""
        now = self._clock.now()
        if self._database.row(_IS_ANY_DUE, (queue, now)):
            self._database.change(_MAKE_READY, (queue, now))
        while True:
            found = self._database.rows(_READY, (queue, limit + 1))
            wanted = found[:limit]
            taken = self._take_each(queue, wanted, now + visibility)
            if taken or not wanted:
                break
        if len(found) > limit:
            self._database.after_commit(partial(self._signals.publish, topic_of(queue)))
        if taken:
            self._database.after_commit(
                partial(self._alarms.set, topic_of(queue), now + visibility)
            )
        return taken

    def _take_each(
        self, queue: str, rows: list[Row], until: int
    ) -> list[ReceivedMessage]:
        """Mark messages as in flight; those that others took meanwhile are left out."""
        if len(rows) > 1:
            with self._database.atomic():
                return self._mark(queue, rows, until)
        return self._mark(queue, rows, until)

    def _mark(self, queue: str, rows: list[Row], until: int) -> list[ReceivedMessage]:
        taken = []
        for task_id, delivery, priority in rows:
            token = self._database.token()
            key = (until, token, queue, task_id, delivery)
            if self._database.change(_TAKE, key):
                message = TaskMessage(task_id, delivery, priority)
                receipt = f"{token}/{delivery}/{task_id}"
                taken.append(ReceivedMessage(message, receipt))
        return taken

    # --- after receiving -------------------------------------------------------

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages; a stale receipt is ignored."""
        keys = [(queue, *key) for key in map(_key_of, receipts) if key]
        if len(keys) == 1:
            self._database.change(_DELETE, keys[0])
        elif keys:
            self._database.change_each(_DELETE, keys)

    def forget(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove messages whose tasks are leased or gone: here at once."""
        self.delete(queue, receipts)

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again after ``delay``."""
        now = self._clock.now()
        is_ready = int(delay <= 0)
        due = now + max(0, delay)
        keys = [key for key in map(_key_of, receipts) if key]
        if keys:
            self._database.change_each(
                _RELEASE, [(is_ready, due, queue, *key) for key in keys]
            )
            self._tell(queue, [delay] * len(keys), now)

    def release_in_flight(self) -> int:
        """Make every received message visible; return how many there were."""
        return self._database.change(_RELEASE_ALL, (self._clock.now(),))

    def sizes(self, queue: str | None = None) -> dict[str, int]:
        """Return how many messages of each queue wait: visible and delayed ones."""
        return dict(self._database.rows(_SIZES, (self._clock.now(), queue)))

    def in_flight(self) -> dict[str, int]:
        """Return how many messages of each queue are received just now."""
        return dict(self._database.rows(_IN_FLIGHT, (self._clock.now(),)))


def _row(queue: str, message: TaskMessage, now: int) -> Row:
    delay = max(0, message.delay)
    return (
        queue,
        message.task_id,
        message.delivery,
        message.priority,
        now + delay,
        int(not delay),
    )


def _key_of(receipt: str) -> tuple[str, int, int] | None:
    """Return task, delivery and token of a receipt; None where it is not one."""
    token, _, rest = receipt.partition("/")
    delivery, _, task_id = rest.partition("/")
    if token.isdecimal() and delivery.isdecimal():
        return task_id, int(delivery), int(token)
    return None
