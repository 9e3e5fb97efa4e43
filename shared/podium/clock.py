"""Time as a port: the only module that may read the machine's clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in epoch milliseconds, Conductor's unit everywhere."""

    def now(self) -> int:
        """Return the epoch time in milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Return the epoch time in milliseconds."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until told to move: tests skip time, not sleep."""

    def __init__(self, now: int = 1_700_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        """Return the time last set."""
        return self._now

    def advance(self, milliseconds: int) -> None:
        """Move forward; going back is refused because journals never do."""
        if milliseconds < 0:
            raise ValueError(f"a clock moves forward, got {milliseconds} ms")
        self._now += milliseconds
