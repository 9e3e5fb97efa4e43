"""Where a runner stands, and the threads that live by it.

One condition serves the whole runner: whoever waits for anything waits on it, so
that the start of the stop reaches everybody at once.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from enum import IntEnum

from podium_sdk.timing import Timing


class Phase(IntEnum):
    """A runner only ever moves forward through these."""

    RUNNING = 0
    STOPPING = 1
    """Nothing new is begun; what runs may finish and be reported."""
    OVER = 2
    """The time for that is up: nobody waits for anything any more."""


class Lifecycle:
    """The phase of one runner, its threads, and the first error that is a bug."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.changed = threading.Condition()
        self.failure: BaseException | None = None
        self._phase = Phase.RUNNING
        self._alive: set[threading.Thread] = set()
        # A SimpleQueue is the one thing that a signal handler may safely touch.
        self._wake_ups: queue.SimpleQueue[None] = queue.SimpleQueue()

    @property
    def phase(self) -> Phase:
        """Where the runner stands."""
        return self._phase

    @property
    def is_stopping(self) -> bool:
        """Whether nothing new may be begun."""
        return self._phase >= Phase.STOPPING

    def advance(self, phase: Phase) -> None:
        """Move forward to a phase; a phase that is past already changes nothing."""
        with self.changed:
            self._phase = max(self._phase, phase)
            self.changed.notify_all()
        self.wake()

    # --- waiting ---------------------------------------------------------------

    def wake(self) -> None:
        """End ``sleep``; safe to call from a signal handler."""
        self._wake_ups.put(None)

    def sleep(self) -> None:
        """Wait until somebody wants the runner to end."""
        self._wake_ups.get()

    def pause(self, seconds: float, until: Phase) -> bool:
        """Wait; return False at once if the phase comes (or is there) before."""
        with self.changed:
            return not self._wait_for(lambda: self._phase >= until, seconds)

    def _wait_for(self, met: Callable[[], bool], seconds: float) -> bool:
        deadline = self.timing.monotonic() + seconds
        while not met():
            left = deadline - self.timing.monotonic()
            if left <= 0:
                return False
            self.timing.wait(self.changed, left)
        return True

    # --- threads ---------------------------------------------------------------

    def spawn(self, name: str, target: Callable[[], None]) -> threading.Thread:
        """Start a thread.

        It is a daemon, so that a function that never returns cannot keep the process
        alive once the grace period is over.
        """
        thread = threading.Thread(
            target=self._live, args=(target,), name=name, daemon=True
        )
        with self.changed:
            self._alive.add(thread)
        thread.start()
        return thread

    def _live(self, target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as error:  # noqa: BLE001 - a bug: stop() raises it again
            self.failure = self.failure or error
            self.advance(Phase.STOPPING)
        finally:
            with self.changed:
                self._alive.discard(threading.current_thread())
                self.changed.notify_all()

    def join(self, threads: Iterable[threading.Thread], seconds: float) -> bool:
        """Wait for the end of threads; return False when the time was too short."""
        awaited = set(threads)
        with self.changed:
            ended = self._wait_for(lambda: self._alive.isdisjoint(awaited), seconds)
            over = awaited - self._alive
        for thread in over:
            thread.join()
        return ended
