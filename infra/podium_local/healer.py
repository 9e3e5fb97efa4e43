"""One look at everything that runs: a killed process may have left gaps.

The embedded home has no guards that come round (design 9), so nothing may be missed:
what the store keeps from being looked at is looked at when it answers again, and one
workflow that cannot be read keeps nobody else from it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Protocol

from podium.errors import Unavailable

logger = logging.getLogger(__name__)

PAUSE = 5.0
LONGEST_PAUSE = 300.0
"""Seconds until what was in the way is tried again; more where it stays so."""


class Guard(Protocol):
    """Who looks at workflows: :class:`podium.service.guard.Guard`."""

    def running(self) -> Iterator[str]:
        """Yield the ids of what has not ended."""
        ...

    def look_at(self, workflow_id: str) -> None:
        """Advance one workflow from its stored state alone."""
        ...


class Scheduler(Protocol):
    """Who looks at schedules: :class:`podium.service.scheduler.Scheduler`."""

    def requeue(self) -> object:
        """Have every schedule that is due and was not seen to looked at again."""
        ...


class Healer:
    """A thread that ends when it has looked at everything."""

    def __init__(
        self, guard: Guard, scheduler: Scheduler, pause: float = PAUSE
    ) -> None:
        self._guard = guard
        self._scheduler = scheduler
        self._pause = pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def request_stop(self) -> None:
        """Look at nothing more."""
        self._stopping.set()

    def join(self) -> None:
        """Finish the look that is under way."""
        self._thread.join()

    def _run(self) -> None:
        left = self._find()
        if left:
            logger.info("workflows_taken_up", extra={"count": len(left)})
        pause = self._pause
        while left := [one for one in left if not self._is_seen_to(one)]:
            if self._stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _find(self) -> list[str]:
        """Return what there is to look at, as soon as the store tells."""
        while not self._stopping.is_set():
            try:
                self._scheduler.requeue()
                return list(self._guard.running())
            except Unavailable as failure:
                logger.warning("guard_waits", extra={"reason": failure.message})
                self._stopping.wait(self._pause)
        return []

    def _is_seen_to(self, workflow_id: str) -> bool:
        """Look at a workflow; False where that is to be tried again."""
        about = {"workflow_id": workflow_id}
        if self._stopping.is_set():
            return False
        try:
            self._guard.look_at(workflow_id)
        except Unavailable as failure:
            extra = {**about, "reason": failure.message}
            logger.warning("guard_waits", extra=extra)
            return False
        except Exception:
            # The others are not to wait for what nobody can read.
            logger.exception("guard_failed", extra=about)
        return True
