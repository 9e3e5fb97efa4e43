"""Who wants to be told what: callbacks by topic, called after a commit.

A topic is a tuple of strings: ``("queue", name)``, ``("workflow", id)``,
``("commands",)`` or ``("timers",)``.  Callbacks run in the thread that wrote, after its
commit and outside every lock, so they must be quick and may not raise: setting an event
or ``loop.call_soon_threadsafe`` is what they are for.

There are two ways to listen.  A *subscriber* is called each time.  Those who stand in
*line* share what comes: a message for one wakes one, so that 200 idle pollers of a
queue cost no more than one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

Topic: TypeAlias = tuple[str, ...]
Callback: TypeAlias = Callable[[], None]

EVERYBODY = 1 << 31
"""As many places as any line can have."""


class Signals:
    """The callbacks of one home."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: dict[Topic, dict[object, Callback]] = {}
        self._lines: dict[Topic, OrderedDict[object, Callback]] = {}
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether the home closes and nobody is to wait any more."""
        return self._is_over

    def subscribe(self, topic: Topic, callback: Callback) -> Callable[[], None]:
        """Have ``callback`` called at each signal; return what ends that."""
        key = object()

        def unsubscribe() -> None:
            self._change_subscribers(topic, key, None)

        self._change_subscribers(topic, key, callback)
        return unsubscribe

    def _change_subscribers(
        self, topic: Topic, key: object, callback: Callback | None
    ) -> None:
        """Replace the topic's callbacks, so that a signal under way keeps its own."""
        with self._lock:
            present = dict(self._subscribers.get(topic, {}))
            present.pop(key, None)
            if callback is not None:
                present[key] = callback
            if present:
                self._subscribers[topic] = present
            else:
                self._subscribers.pop(topic, None)

    def enlist(self, topic: Topic, callback: Callback) -> Callable[[], bool]:
        """Stand in line: ``callback`` is called once, when its turn comes.

        Returns how to leave; leaving tells whether the turn had not come yet.  Whoever
        enlists must look once more before waiting: what came before is not signalled.
        """
        key = object()

        def withdraw() -> bool:
            with self._lock:
                return self._leave(topic, key)

        with self._lock:
            if not self._is_over:
                self._lines.setdefault(topic, OrderedDict())[key] = callback
                return withdraw
        callback()
        return withdraw

    def _leave(self, topic: Topic, key: object) -> bool:
        line = self._lines.get(topic)
        if line is None or line.pop(key, None) is None:
            return False
        if not line:
            del self._lines[topic]
        return True

    def is_watched(self, topic: Topic) -> bool:
        """Tell whether anybody listens."""
        return topic in self._lines or topic in self._subscribers

    def publish(self, topic: Topic, places: int = 1) -> None:
        """Call every subscriber, and the first ``places`` of the line."""
        if topic in self._subscribers:
            for callback in self._subscribers.get(topic, {}).values():
                callback()
        if topic in self._lines:
            for callback in self._next_in_line(topic, places):
                callback()

    def _next_in_line(self, topic: Topic, places: int) -> list[Callback]:
        with self._lock:
            line = self._lines.get(topic, OrderedDict())
            turns = min(places, len(line))
            called = [line.popitem(last=False)[1] for _ in range(turns)]
            if called and not line:
                del self._lines[topic]
        return called

    def release_all(self) -> None:
        """Call whoever stands in a line; from now on nobody waits: the home closes."""
        with self._lock:
            self._is_over = True
            lines, self._lines = self._lines, {}
        for line in lines.values():
            for callback in line.values():
                callback()
