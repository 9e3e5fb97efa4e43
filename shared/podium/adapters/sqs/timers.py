"""Wake-ups of workflows: delayed messages, and beyond their reach a table.

A timer of up to 15 minutes is a message of the timers queue.  A later one is an item
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

    def __init__(self, sqs: Sqs, url: str, table: TimerTable, clock: Clock) -> None:
        self._sqs = sqs
        self._url = url
        self._table = table
        self._clock = clock

    def arm(self, workflow_id: str, due: int) -> None:
        """See to it that the workflow is woken at ``due`` or within moments after."""
        now = self._clock.now()
        timer = ArmedTimer(workflow_id, due)
        if due - now > MAX_DELAY * 1000:
            self._table.put(timer, now)
        else:
            self._sqs.send(self._url, **_message(timer, now))

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


def _message(timer: ArmedTimer, now: int) -> Entry:
    return {
        "MessageBody": f"{timer.workflow_id} {timer.due}",
        "DelaySeconds": seconds(timer.due - now, MAX_DELAY),
    }
