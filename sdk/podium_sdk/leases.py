"""Keeps the tasks of slow functions from timing out (reference 12, row 3).

A task is a worker's as long as it reports within ``responseTimeoutSeconds``.  At 80 %
of that the lease is extended, again and again until the task's result is reported.  A
task that was handed out without a lease gets one once it is due.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from podium.model.task import Task
from podium_sdk.errors import NotFound, SdkError
from podium_sdk.lifecycle import Lifecycle, Phase
from podium_sdk.reporter import Reporter

_log = logging.getLogger(__name__)

_EXTENDED_AT = 0.8
_RETRIED_AFTER = 0.05
_FIRST_RETRIED_AFTER = 1.0
"""Seconds; of a lease that there is, a share of the timeout."""


@dataclass(eq=False, slots=True)
class _Lease:
    task: Task
    due: float


class LeaseKeeper:
    """Extends the leases of a runner's tasks, from one thread."""

    def __init__(self, reporter: Reporter, lifecycle: Lifecycle) -> None:
        self._reporter = reporter
        self._lifecycle = lifecycle
        self._held: set[_Lease] = set()

    @contextmanager
    def hold(self, task: Task) -> Iterator[None]:
        """Keep a task's lease while the block runs."""
        timeout = task.response_timeout_seconds
        first = self._reporter.lease_due(task)
        if first is None and timeout <= 0:
            yield
            return
        wait = timeout * _EXTENDED_AT if first is None else first
        lease = _Lease(task, self._lifecycle.timing.monotonic() + wait)
        with self._lifecycle.changed:
            self._held.add(lease)
            self._lifecycle.changed.notify_all()
        try:
            yield
        finally:
            self._let_go(lease)

    def run(self) -> None:
        """Extend leases as they fall due, until the runner is over."""
        while (lease := self._next_due()) is not None:
            self._extend(lease)

    def _next_due(self) -> _Lease | None:
        """Wait for the next lease to fall due; None once the runner is over."""
        timing = self._lifecycle.timing
        with self._lifecycle.changed:
            while self._lifecycle.phase < Phase.OVER:
                first = min(self._held, key=lambda lease: lease.due, default=None)
                left = first.due - timing.monotonic() if first else None
                if first is not None and left is not None and left <= 0:
                    return first
                timing.wait(self._lifecycle.changed, left)
        return None

    def _extend(self, lease: _Lease) -> None:
        timeout = lease.task.response_timeout_seconds
        asked = self._lifecycle.timing.monotonic()
        try:
            self._reporter.extend_lease(lease.task)
        except NotFound as error:
            _log.warning("Task %s is gone: %s", lease.task.task_id, error.message)
            self._let_go(lease)
        except SdkError as error:
            _log.warning(
                "The lease of task %s was not extended: %s", lease.task.task_id, error
            )
            is_first = self._reporter.lease_due(lease.task) is not None
            pause = _FIRST_RETRIED_AFTER if is_first else timeout * _RETRIED_AFTER
            lease.due = self._lifecycle.timing.monotonic() + pause
        else:
            lease.due = asked + timeout * _EXTENDED_AT
            if timeout <= 0:
                self._let_go(lease)

    def _let_go(self, lease: _Lease) -> None:
        with self._lifecycle.changed:
            self._held.discard(lease)
