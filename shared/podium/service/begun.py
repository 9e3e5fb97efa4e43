"""Which offers a process has begun with: SQS may deliver one twice at a time."""

from __future__ import annotations

import threading

from podium.ports import TaskMessage


class Begun:
    """Remembers deliveries for as long as their offers are fresh, and as long again.

    Threads share it.
    """

    def __init__(self, fresh_for: int) -> None:
        self._fresh_for = fresh_for
        self._lock = threading.Lock()
        self._now: set[tuple[str, int]] = set()
        self._before: set[tuple[str, int]] = set()
        self._until = 0

    def add(self, message: TaskMessage, now: int) -> bool:
        """Remember a delivery; False where it has been begun with."""
        key = (message.task_id, message.delivery)
        with self._lock:
            if now >= self._until:
                self._before, self._now = self._now, set()
                self._until = now + self._fresh_for
            if key in self._now or key in self._before:
                return False
            self._now.add(key)
        return True
