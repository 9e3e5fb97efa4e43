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
from podium.service.native import NativeWorkers
from podium_sdk import errors
from podium_sdk.native.outbox import Outbox
from podium_sdk.worker import WorkerTask

_log = logging.getLogger(__name__)

LONGEST_WAIT = 20.0
"""Seconds that SQS holds an empty receive at most; each one costs a request."""

LONGEST_WAIT_WITH_DOMAIN = 8.0
"""A domain counts as polled for ten seconds after a poll (reference 4.10)."""


class NativeTaskClient:
    """What a runner asks for, of the deployment itself; threads share it."""

    def __init__(
        self, deployment: NativeWorkers, longest_wait: float = LONGEST_WAIT
    ) -> None:
        self._deployment = deployment
        self._longest_wait = longest_wait
        self._outbox = Outbox(deployment.send)

    # --- taking ----------------------------------------------------------------

    def poll(
        self, worker: WorkerTask[..., Any], worker_id: str, count: int
    ) -> list[Task]:
        """Receive messages, lease their tasks, and remove the messages."""
        most = LONGEST_WAIT_WITH_DOMAIN if worker.domain else LONGEST_WAIT
        wait = min(most, self._longest_wait)
        with _asking():
            self._deployment.note(worker.task_type, worker.domain, worker_id)
            received = self._deployment.receive(
                worker.task_type, worker.domain, count, round(wait * 1000)
            )
        tasks, done = self._take_each(received, worker, worker_id)
        if received and not done:
            raise errors.Unreachable(f"none of {len(received)} tasks could be taken")
        self._forget(worker, done)
        return tasks

    def _take_each(
        self,
        received: Sequence[ReceivedMessage],
        worker: WorkerTask[..., Any],
        worker_id: str,
    ) -> tuple[list[Task], list[str]]:
        """Return what could be leased, and the receipts of messages that are done with.

        A message that fails is left to come again.
        """
        tasks: list[Task] = []
        done: list[str] = []
        for one in received:
            try:
                task = self._deployment.take(one.message, worker.task_type, worker_id)
            except Exception:  # noqa: BLE001 - whatever it is, no other comes along
                _log.exception("Task %s was not taken", one.message.task_id)
                continue
            done.append(one.receipt)
            if task is not None:
                tasks.append(task)
        return tasks, done

    def _forget(self, worker: WorkerTask[..., Any], receipts: list[str]) -> None:
        """Remove messages; one that stays comes again and finds its lease taken."""
        try:
            self._deployment.forget(worker.task_type, worker.domain, receipts)
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
        return None

    def extend_lease(self, task: Task, worker_id: str) -> None:
        """Move the lease's time; the worker is in it already."""
        del worker_id
        with _asking():
            if not self._deployment.renew(task):
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
