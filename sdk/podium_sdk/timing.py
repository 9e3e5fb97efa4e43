"""Time, waiting and the pauses after failures: everything here can be replaced."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Timing(Protocol):
    """A worker's clock, and the only way it waits."""

    def now(self) -> int:
        """Return the epoch time in milliseconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        ...

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a held condition, at most that long; waking early is allowed."""
        ...


class SystemTiming:
    """The machine's time."""

    def now(self) -> int:
        """Return the epoch time in milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        """Wait on a held condition, at most that long."""
        # A lease may be for longer than threads can wait, which are some 292 years.
        longest = threading.TIMEOUT_MAX
        condition.wait(None if seconds is None else min(seconds, longest))


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double from ``first`` seconds to ``longest``.

    Each is cut by up to a half at random, so that many workers that failed together do
    not come back together.  ``draw`` gives numbers from 0 to 1.
    """

    first: float
    longest: float
    draw: Callable[[], float] = random.random

    def pause(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row; 0 after none."""
        if failures == 0:
            return 0.0
        doublings = min(failures - 1, 30)
        return min(self.longest, self.first * 2.0**doublings) * (1 - self.draw() / 2)
