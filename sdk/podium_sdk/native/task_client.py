"""A runner's client without a server: queues of tasks, and the decider's for reports.

The engine's errors become those that runners know how to deal with.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from podium.errors import InvalidInput, PayloadTooLarge, PodiumError
from podium.model.task import Task
from podium.model.task_result import TaskResult
from podium.ports import ReceivedMessage
from podium.service.native import NativeWorkers, Taken
from podium_sdk import errors
from podium_sdk.native.holdings import Holding, Holdings
from podium_sdk.native.outbox import Outbox
from podium_sdk.timing import SystemTiming, Timing
from podium_sdk.worker import WorkerTask

_log = logging.getLogger(__name__)

LONGEST_WAIT = 20.0
"""Seconds that SQS holds an empty receive at most; each one costs a request."""

LONGEST_WAIT_WITH_DOMAIN = 8.0
"""A domain counts as polled for ten seconds after a poll (reference 4.10)."""


_LOST_AFTER = 3_600.0
"""Seconds after which nobody comes back to a task whose report was given up."""


class NativeTaskClient:
    """What a runner asks for, of the deployment itself; threads share it.

    With ``strict_leases`` every task has a lease before its function is called.
    """

    def __init__(
        self,
        deployment: NativeWorkers,
        longest_wait: float = LONGEST_WAIT,
        timing: Timing | None = None,
        *,
        strict_leases: bool = False,
    ) -> None:
        self._deployment = deployment
        self._longest_wait = longest_wait
        self._timing = timing or SystemTiming()
        self._strict = strict_leases
        self._holdings = Holdings()
        self._outbox = Outbox(deployment.send)

    # --- taking ----------------------------------------------------------------

    def poll(
        self, worker: WorkerTask[..., Any], worker_id: str, count: int
    ) -> list[Task]:
        """Receive messages and take their tasks; remove messages that are done with."""
        most = LONGEST_WAIT_WITH_DOMAIN if worker.domain else LONGEST_WAIT
        wait = min(most, self._longest_wait)
        with _asking():
            self._deployment.note(worker.task_type, worker.domain, worker_id)
            received = self._deployment.receive(
                worker.task_type, worker.domain, count, round(wait * 1000)
            )
        self._holdings.drop_before(self._timing.monotonic() - _LOST_AFTER)
        return self._take_each(received, worker, worker_id)

    def _take_each(
        self,
        received: Sequence[ReceivedMessage],
        worker: WorkerTask[..., Any],
        worker_id: str,
    ) -> list[Task]:
        """Return what could be taken; remove messages of what is leased, or gone.

        A message that fails is left to come again.
        """
        tasks: list[Task] = []
        done: list[str] = []
        failures = 0
        for one in received:
            try:
                taken = self.take(one, worker.task_type, worker_id)
            except Exception:  # noqa: BLE001 - whatever it is, no other comes along
                _log.exception("Task %s was not taken", one.message.task_id)
                failures += 1
                continue
            if taken is None or taken.is_leased:
                done.append(one.receipt)
            else:
                self.hold(taken.task, worker.domain, one.receipt)
            if taken is not None:
                tasks.append(taken.task)
        if failures and failures == len(received):
            raise errors.Unreachable(f"none of {failures} tasks could be taken")
        self._forget(worker.task_type, worker.domain, done)
        return tasks

    def take(
        self, received: ReceivedMessage, task_type: str, worker_id: str
    ) -> Taken | None:
        """Take the task behind a message; None where it is not to be had."""
        return self._deployment.take(
            received, task_type, worker_id, always_lease=self._strict
        )

    def hold(
        self, task: Task, domain: str | None = None, receipt: str | None = None
    ) -> None:
        """Remember that a task has no lease yet, and its message, if that is ours."""
        holding = Holding(self._timing.monotonic(), domain, receipt)
        self._holdings.add(task, holding)

    def is_held(self, task: Task) -> bool:
        """Tell whether a task's message is all that stands for it."""
        return self._holdings.find(task) is not None

    def let_go(self, task: Task) -> None:
        """Remove the message of a task that is leased by now, reported, or gone."""
        holding = self._holdings.remove(task)
        if holding is not None and holding.receipt is not None:
            self._forget(task.task_type, holding.domain, [holding.receipt])

    def _forget(
        self, task_type: str, domain: str | None, receipts: Sequence[str]
    ) -> None:
        """Remove messages; one that stays comes again and is dropped then."""
        try:
            self._deployment.forget(task_type, domain, receipts)
        except PodiumError as error:
            if not error.retryable:
                raise
            _log.warning("%d messages come again: %s", len(receipts), error)

    # --- reporting -------------------------------------------------------------

    def report(
        self, task: Task, result: TaskResult, *, takes_next: bool = False
    ) -> Task | None:
        """Give a report to the decider; it has no next task to offer."""
        del takes_next
        if result.extend_lease:
            self.extend_lease(task, result.worker_id or "")
            return None
        with _asking():
            report = self._deployment.report_of(task, result)
            self._deployment.log(task, result)
            self._outbox.put(report)
        self.let_go(task)
        return None

    def lease_due(self, task: Task) -> float | None:
        """Return in how many seconds a task needs its lease; None where it has it."""
        holding = self._holdings.find(task)
        if holding is None:
            return None
        worked = self._timing.monotonic() - holding.since
        return max(0.0, self._deployment.lease_after / 1000 - worked)

    def extend_lease(self, task: Task, worker_id: str) -> None:
        """Move the lease's time, or write it; the worker is in the task already."""
        del worker_id
        held = self.is_held(task)
        with _asking():
            write = self._deployment.lease if held else self._deployment.renew
            is_ours = write(task)
        self.let_go(task)
        if not is_ours:
            raise errors.NotFound(404, f"No lease of task {task.task_id}")


@contextmanager
def _asking() -> Iterator[None]:
    """Say in the SDK's words what went wrong; a bug goes through as it is."""
    try:
        yield
    except PayloadTooLarge as error:
        raise errors.PayloadTooLarge(error.status, error.message) from error
    except InvalidInput as error:
        raise errors.BadRequest(error.status, error.message) from error
    except PodiumError as error:
        if not error.retryable:
            raise
        raise errors.Unreachable(error.message) from error
