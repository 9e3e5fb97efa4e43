"""The worker process: polls for tasks, executes them, reports, and stops with grace.

::

    with PodiumClient("http://localhost:8080") as client:
        TaskRunner(client, [charge_card, ship]).run()   # until SIGINT or SIGTERM

or, inside of a larger program::

    with TaskRunner(client, [charge_card, ship]):
        ...
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

from podium_sdk.client import PodiumClient
from podium_sdk.leases import LeaseKeeper
from podium_sdk.lifecycle import Lifecycle, Phase
from podium_sdk.reporter import Reporter
from podium_sdk.settings import RunnerSettings
from podium_sdk.task_client import RestTaskClient, TaskClient
from podium_sdk.timing import SystemTiming, Timing
from podium_sdk.worker import WorkerTask, require_worker
from podium_sdk.worker_loop import WorkerLoop

_log = logging.getLogger(__name__)


class Runner:
    """Executes the tasks of its workers until it is stopped.

    An error that a worker function raises is its task's failure.  An error in anything
    else that is not the network's is a bug: it stops the runner, and ``stop``, ``run``
    and the end of the ``with`` block raise it.
    """

    def __init__(
        self,
        client: TaskClient,
        workers: Sequence[WorkerTask[..., Any]],
        settings: RunnerSettings | None = None,
        timing: Timing | None = None,
    ) -> None:
        if not workers:
            raise ValueError("a runner needs a worker")
        for worker in workers:
            require_worker(worker)
        self._settings = settings or RunnerSettings()
        self._lifecycle = Lifecycle(timing or SystemTiming())
        reporter = Reporter(client, self._lifecycle, self._settings)
        self._leases = LeaseKeeper(reporter, self._lifecycle)
        self._loops = [
            WorkerLoop(
                worker,
                client,
                reporter,
                self._leases,
                self._lifecycle,
                self._settings,
            )
            for worker in workers
        ]
        self._threads: list[threading.Thread] = []
        self._keeper: threading.Thread | None = None

    def start(self) -> None:
        """Begin to poll, in threads; a runner starts once."""
        if self._keeper is not None:
            raise RuntimeError("a runner starts once")
        self._keeper = self._lifecycle.spawn("podium-leases", self._leases.run)
        for loop in self._loops:
            self._threads += loop.start()

    def stop(self, grace: float | None = None) -> None:
        """Poll no more, let running functions finish and report, and end.

        A task that arrives during that is given back to the server.  Functions that
        still run after the grace period are left behind: the server lets their tasks
        time out and hands them out again.
        """
        seconds = self._settings.grace if grace is None else grace
        self._lifecycle.advance(Phase.STOPPING)
        if not self._lifecycle.join(self._threads, seconds):
            left = [one for loop in self._loops for one in loop.unfinished]
            _log.error(
                "Left behind after %g s: %s", seconds, ", ".join(left) or "a poll"
            )
        self._lifecycle.advance(Phase.OVER)
        if self._lifecycle.failure is not None:
            raise self._lifecycle.failure

    def run(self) -> None:
        """Execute tasks until SIGINT, SIGTERM, or ``stop`` in another thread.

        During the grace period the signals mean again what they meant before: a second
        one does not wait.
        """
        with self._woken_by_signals():
            self.start()
            self._lifecycle.sleep()
        _log.info("Stopping")
        self.stop()

    @contextmanager
    def _woken_by_signals(self) -> Iterator[None]:
        """Let signals end the sleep; Python gives them to the main thread alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def wake(_signal: int, _frame: FrameType | None) -> None:
            self._lifecycle.wake()

        before = {
            number: signal.signal(number, wake)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler or signal.SIG_DFL)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class TaskRunner(Runner):
    """A runner whose tasks come from a server, by REST."""

    def __init__(
        self,
        client: PodiumClient,
        workers: Sequence[WorkerTask[..., Any]],
        settings: RunnerSettings | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(RestTaskClient(client.tasks), workers, settings, timing)
