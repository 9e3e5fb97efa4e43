"""What a worker has without a lease: tasks whose messages are in flight."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from podium.model.task import Task


@dataclass(frozen=True, slots=True)
class Holding:
    """Since when a task is held, in seconds that never jump, and by which message.

    Without a receipt it is Lambda that removes the message.
    """

    since: float
    domain: str | None = None
    receipt: str | None = None


class Holdings:
    """The tasks that one worker's process holds without a lease; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, int], Holding] = {}

    def add(self, task: Task, holding: Holding) -> None:
        """Remember a task that was taken."""
        with self._lock:
            self._held[_key(task)] = holding

    def find(self, task: Task) -> Holding | None:
        """Return how a task is held; None where it is leased, or done with."""
        with self._lock:
            return self._held.get(_key(task))

    def remove(self, task: Task) -> Holding | None:
        """Forget a task that is leased by now, or done with."""
        with self._lock:
            return self._held.pop(_key(task), None)

    def drop_before(self, since: float) -> None:
        """Forget what was taken before and never reported, nor leased."""
        with self._lock:
            old = [key for key, one in self._held.items() if one.since < since]
            for key in old:
                del self._held[key]


def _key(task: Task) -> tuple[str, int]:
    """Return what a delivery is known by; a taken task shows it as its poll count."""
    return task.task_id, task.poll_count
