"""Signals that come with time: a delayed message, a retry or a timer is due.

One thread serves the whole home.  It is started by the first alarm and keeps one time
per topic, the earliest, and only while somebody listens to the topic; who starts to
listen sets it again from the table.  Due times are the home's clock's, waiting is real:
where the clock stands still, nothing rings.

An alarm rings once its time is past, as Conductor's WAIT ends (reference 3.8): what
follows from it begins after it, in milliseconds too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from podium.adapters.sqlite.signals import Signals, Topic
from podium.clock import Clock
from podium.errors import Unavailable

_AGAIN = 1_000
"""Milliseconds until the store is asked again that did not answer."""
_LONGEST = 1_000
"""Milliseconds that are waited at a time.

While a laptop sleeps a thread's waiting stands still, and the clock goes on; somebody
may set it; and no machine waits until the year 9999.
"""


class Alarms:
    """Publishes topics when their time has come."""

    def __init__(self, clock: Clock, signals: Signals) -> None:
        self._clock = clock
        self._signals = signals
        self._sources: dict[str, Callable[[Topic], int | None]] = {}
        self._due: dict[Topic, int] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def ask(self, kind: str, next_due: Callable[[Topic], int | None]) -> None:
        """Name who knows the next due time, after now, of the topics of a kind."""
        self._sources[kind] = next_due

    def set(self, topic: Topic, due: int) -> None:
        """Ring after ``due``, unless something earlier is set or nobody listens."""
        if not self._signals.is_watched(topic):
            return
        with self._changed:
            present = self._due.get(topic)
            if self._is_closed or (present is not None and present <= due):
                return
            self._due[topic] = due
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="podium-alarms", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._is_closed:
                    return
                ringing = self._take_due()
                if not ringing:
                    self._changed.wait(self._pause())
            for topic in ringing:
                self._ring(topic)

    def _take_due(self) -> list[Topic]:
        """Take out whose time is past, and what nobody listens to any more."""
        now = self._clock.now()
        is_watched = self._signals.is_watched
        over = [t for t, due in self._due.items() if due < now or not is_watched(t)]
        for topic in over:
            del self._due[topic]
        return over

    def _pause(self) -> float | None:
        if not self._due:
            return None
        left = min(self._due.values()) + 1 - self._clock.now()
        return min(max(1, left), _LONGEST) / 1000

    def _ring(self, topic: Topic) -> None:
        """Publish a topic, and set it to when it next has something.

        That is asked before: what becomes due while others look at what there is would
        be in the past afterwards, and nobody would be told of it.
        """
        try:
            due = self._sources[topic[0]](topic)
        except Unavailable:
            due = self._clock.now() + _AGAIN
        if due is not None:
            self.set(topic, due)
        self._signals.publish(topic)
