"""Wake-ups of workflows: delayed messages, and beyond their reach a table.

A timer of up to 15 minutes is a message of the timers queue.  The guard's, of which
every workflow has one, go to a queue of their own: nearly all find that their workflow
has ended, and there they are collected for a second or two before a function is called,
which what is due to the second should not have to wait for.  A later timer is an item
that :meth:`AwsTimers.sweep`, called each minute, moves to the queue shortly before it
is due.  No timer is early: seconds are rounded up.
"""

from __future__ import annotations

from collections.abc import Sequence

from podium.adapters.dynamodb.timer_table import ArmedTimer, TimerTable
from podium.adapters.sqs.client import MAX_DELAY, Entry, Sqs, seconds
from podium.clock import Clock

HORIZON = 10 * 60 * 1000
"""How far ahead a sweep looks.  Well below 15 minutes, so that no process, even with a
clock that is minutes off, writes into what has been swept.
"""


class AwsTimers:
    """The port ``Timers``, and the sweep."""

    def __init__(
        self, sqs: Sqs, url: str, guards_url: str, table: TimerTable, clock: Clock
    ) -> None:
        self._sqs = sqs
        self._url = url
        self._guards_url = guards_url
        self._table = table
        self._clock = clock

    def arm(self, workflow_id: str, due: int, *, is_guard: bool = False) -> None:
        """See to it that the workflow is woken at ``due`` or within moments after."""
        now = self._clock.now()
        timer = ArmedTimer(workflow_id, due)
        if _is_far(timer, now):
            self._table.put(timer, now)
        else:
            url = self._guards_url if is_guard else self._url
            self._sqs.send(url, **_message(timer, now))

    def arm_guards(self, timers: Sequence[tuple[str, int]]) -> None:
        """Arm guards; ten that are near are one request."""
        now = self._clock.now()
        armed = [ArmedTimer(*timer) for timer in timers]
        near = [_message(one, now) for one in armed if not _is_far(one, now)]
        self._sqs.send_each(self._guards_url, near)
        for timer in armed:
            if _is_far(timer, now):
                self._table.put(timer, now)

    def sweep(self, now: int, horizon: int = HORIZON) -> int:
        """Move what is due within ``horizon`` to the queue; return how many there were.

        A timer is removed after it was sent, so one that is interrupted between the two
        fires twice, which does no harm.
        """
        since = self._table.swept_until()
        if since is None:
            return 0
        until = now + horizon
        moved = 0
        for timers in self._table.due(since, until):
            self._move(timers, now)
            moved += len(timers)
        self._table.mark_swept(until)
        return moved

    def _move(self, timers: Sequence[ArmedTimer], now: int) -> None:
        self._sqs.send_each(self._url, [_message(timer, now) for timer in timers])
        self._table.remove(timers)


def decode_timer(body: str) -> ArmedTimer:
    """Return the timer that a message of the timers queue carries."""
    workflow_id, _, due = body.rpartition(" ")
    return ArmedTimer(workflow_id, int(due))


def _is_far(timer: ArmedTimer, now: int) -> bool:
    """Tell whether a timer is beyond what a message may be delayed by."""
    return timer.due - now > MAX_DELAY * 1000


def _message(timer: ArmedTimer, now: int) -> Entry:
    return {
        "MessageBody": f"{timer.workflow_id} {timer.due}",
        "DelaySeconds": seconds(timer.due - now, MAX_DELAY),
    }
