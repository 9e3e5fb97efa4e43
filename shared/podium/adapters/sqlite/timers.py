"""Wake-ups of workflows, and what the pump needs of them.

Every armed time is kept until it is done, whatever else is armed for the workflow:
which of them still matter is the decider's to know, and a wake-up too many is a no-op.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from podium.adapters.sqlite.alarms import Alarms
from podium.adapters.sqlite.database import Database
from podium.adapters.sqlite.signals import Callback, Signals, Topic
from podium.clock import Clock

TOPIC: Topic = ("timers",)

_ARM = "INSERT INTO timers (due, workflow_id) VALUES (?, ?) ON CONFLICT DO NOTHING"

_DUE = """SELECT due, workflow_id FROM timers
    WHERE due <= ? AND (due, workflow_id) > (?, ?)
    ORDER BY due, workflow_id LIMIT ?"""

_DONE = "DELETE FROM timers WHERE due = ? AND workflow_id = ?"

_NEXT_DUE = "SELECT min(due) FROM timers WHERE due > ?"

_BEFORE_ALL = -(1 << 63)


@dataclass(frozen=True, slots=True)
class ArmedTimer:
    """One time at which a workflow is to be woken."""

    due: int
    workflow_id: str


class SqliteTimers:
    """The port ``Timers``, and the firing side for the embedded pump."""

    def __init__(
        self, database: Database, clock: Clock, signals: Signals, alarms: Alarms
    ) -> None:
        self._database = database
        self._clock = clock
        self._signals = signals
        self._alarms = alarms
        alarms.ask(TOPIC[0], lambda _: self.next_due())

    def arm(
        self,
        workflow_id: str,
        due: int,
        *,
        is_guard: bool = False,  # noqa: ARG002 - the one wakes as cheaply as the other
    ) -> None:
        """Keep the time until it is done."""
        self._database.change(_ARM, (due, workflow_id))
        self._database.after_commit(partial(self._alarms.set, TOPIC, due))

    def arm_guards(self, timers: Sequence[tuple[str, int]]) -> None:
        """Keep times until they are done."""
        for workflow_id, due in timers:
            self.arm(workflow_id, due)

    def watch(self, callback: Callback) -> Callable[[], None]:
        """Have ``callback`` called whenever a timer has become due.

        What is due already is not signalled: look once after watching.
        """
        unsubscribe = self._signals.subscribe(TOPIC, callback)
        due = self.next_due()
        if due is not None:
            self._alarms.set(TOPIC, due)
        return unsubscribe

    def due(self, now: int, limit: int, busy: Collection[str] = ()) -> list[ArmedTimer]:
        """Return timers due at ``now``, oldest first, of workflows not in ``busy``."""
        found: list[ArmedTimer] = []
        last = (_BEFORE_ALL, "")
        page = limit + len(busy)
        while rows := self._database.rows(_DUE, (now, *last, page)):
            last = rows[-1]
            timers = (ArmedTimer(*row) for row in rows)
            found += (timer for timer in timers if timer.workflow_id not in busy)
            if len(found) >= limit:
                break
        return found[:limit]

    def done(self, timers: Iterable[ArmedTimer]) -> None:
        """Remove timers that were seen to; what was armed meanwhile stays."""
        keys = [(timer.due, timer.workflow_id) for timer in timers]
        if keys:
            self._database.change_each(_DONE, keys)

    def next_due(self) -> int | None:
        """Return the earliest armed time after now."""
        row = self._database.row(_NEXT_DUE, (self._clock.now(),))
        return row[0] if row else None
