"""One task type's share of a runner: a thread that polls and threads that execute.

Every executing thread is a slot.  The poller asks for as many tasks as there are free
slots, so a task that was handed out never waits here.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Any

from podium.model.task import Task
from podium_sdk.errors import SdkError
from podium_sdk.leases import LeaseKeeper
from podium_sdk.lifecycle import Lifecycle, Phase
from podium_sdk.reporter import Reporter
from podium_sdk.settings import RunnerSettings
from podium_sdk.task_client import TaskClient
from podium_sdk.worker import WorkerTask

_log = logging.getLogger(__name__)

_HELD = 0.1
"""An empty answer that took at least so many seconds was held by the server."""


class WorkerLoop:
    """Polls for the tasks of one worker and executes them in its slots."""

    def __init__(
        self,
        worker: WorkerTask[..., Any],
        client: TaskClient,
        reporter: Reporter,
        leases: LeaseKeeper,
        lifecycle: Lifecycle,
        settings: RunnerSettings,
    ) -> None:
        self._worker = worker
        self._client = client
        self._reporter = reporter
        self._leases = leases
        self._lifecycle = lifecycle
        self._settings = settings
        self._free = worker.concurrency
        self._handed: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._unfinished: dict[str, str] = {}
        self._failures = 0
        self._empties = 0

    def start(self) -> list[threading.Thread]:
        """Start the threads; they end when the runner stops and nothing runs."""
        name = f"podium-{self._worker.task_type}"
        slots = range(1, self._worker.concurrency + 1)
        return [
            self._lifecycle.spawn(f"{name}-poll", self._poll),
            *(self._lifecycle.spawn(f"{name}-{n}", self._serve) for n in slots),
        ]

    @property
    def unfinished(self) -> list[str]:
        """The tasks that are held at this moment, and how far each one is."""
        with self._lifecycle.changed:
            return [
                f"{self._worker.task_type} {task_id} ({stage})"
                for task_id, stage in self._unfinished.items()
            ]

    # --- the poller ------------------------------------------------------------

    def _poll(self) -> None:
        try:
            while count := self._take_slots():
                pause = self._poll_once(count)
                self._lifecycle.pause(pause, Phase.STOPPING)
        finally:
            for _ in range(self._worker.concurrency):
                self._handed.put(None)

    def _poll_once(self, count: int) -> float:
        """Hand tasks to the slots; return how long to wait before the next poll."""
        asked = self._lifecycle.timing.monotonic()
        try:
            tasks = self._client.poll(self._worker, self._settings.worker_id, count)
        except SdkError as error:
            self._free_slots(count)
            return self._pause_after(error)
        if self._failures:
            _log.info("Polls for %s succeed again", self._worker.task_type)
            self._failures = 0
        self._free_slots(count - len(tasks))
        for task in tasks:
            self._handed.put(task)
        was_held = self._lifecycle.timing.monotonic() - asked >= _HELD
        self._empties = 0 if tasks or was_held else self._empties + 1
        return self._settings.idle_backoff.pause(self._empties)

    def _pause_after(self, error: SdkError) -> float:
        """Count a poll that failed; only the first of a row is worth a line."""
        self._failures += 1
        if self._failures == 1:
            _log.warning(
                "Polls for %s fail and are repeated: %s", self._worker.task_type, error
            )
        return self._settings.poll_backoff.pause(self._failures)

    def _take_slots(self) -> int:
        """Wait for a free slot and take all that are free; 0 once the runner stops."""
        changed = self._lifecycle.changed
        with changed:
            while not self._lifecycle.is_stopping and self._free <= 0:
                self._lifecycle.timing.wait(changed, None)
            if self._lifecycle.is_stopping:
                return 0
            taken, self._free = self._free, 0
            return taken

    def _free_slots(self, count: int) -> None:
        with self._lifecycle.changed:
            self._free += count
            self._lifecycle.changed.notify_all()

    # --- the slots -------------------------------------------------------------

    def _serve(self) -> None:
        while (task := self._handed.get()) is not None:
            following: Task | None = task
            while following is not None:
                following = self._work_on(following)
            self._free_slots(1)

    def _work_on(self, task: Task) -> Task | None:
        """Execute and report a task; return the one that the server offers next."""
        if self._lifecycle.is_stopping:
            self._reporter.give_back(task)
            return None
        try:
            with self._leases.hold(task):
                self._note(task, "running")
                result = self._worker.execute(task, self._lifecycle.timing.now)
                self._note(task, "not reported")
                return self._reporter.report(task, result)
        finally:
            with self._lifecycle.changed:
                self._unfinished.pop(task.task_id, None)

    def _note(self, task: Task, stage: str) -> None:
        with self._lifecycle.changed:
            self._unfinished[task.task_id] = stage
