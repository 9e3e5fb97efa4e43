"""Where a runner gets its tasks from and reports them to.

A server, here; or the queues themselves: :mod:`podium_sdk.native`.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

from podium.model.task import Task
from podium.model.task_result import TaskResult, TaskResultStatus
from podium_sdk.errors import MethodNotAllowed, NotFound
from podium_sdk.tasks import Tasks
from podium_sdk.worker import WorkerTask

_log = logging.getLogger(__name__)


class TaskClient(Protocol):
    """What a runner asks for; what goes wrong on the way is an SdkError."""

    def poll(
        self, worker: WorkerTask[..., Any], worker_id: str, count: int
    ) -> list[Task]:
        """Take up to ``count`` tasks for a worker, waiting a while for the first."""
        ...

    def report(
        self, task: Task, result: TaskResult, *, takes_next: bool
    ) -> Task | None:
        """Report on a task; return the next one, where one is wanted and offered."""
        ...

    def lease_due(self, task: Task) -> float | None:
        """Return in how many seconds a task needs its lease; None where it has it."""
        ...

    def extend_lease(self, task: Task, worker_id: str) -> None:
        """Say that a task is still being worked on (reference 12, row 3)."""
        ...


class RestTaskClient:
    """Tasks by REST, from any server that speaks Conductor's API."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._is_next_task_offered = True

    def poll(
        self, worker: WorkerTask[..., Any], worker_id: str, count: int
    ) -> list[Task]:
        """Take tasks; the server holds the poll for the worker's ``poll_timeout``."""
        return self._tasks.poll_batch(
            worker.task_type,
            worker_id=worker_id,
            count=count,
            timeout_millis=round(worker.poll_timeout * 1000),
            domain=worker.domain,
        )

    def report(
        self,
        task: Task,  # noqa: ARG002 - the result has its ids
        result: TaskResult,
        *,
        takes_next: bool,
    ) -> Task | None:
        """Report, to ``update-v2`` where the server has it and a task is wanted."""
        if not self._is_next_task_offered or not takes_next:
            self._tasks.update(result)
            return None
        try:
            return self._tasks.update_v2(result)
        except (NotFound, MethodNotAllowed):
            # Either the server has no such route or it has no such task: only in the
            # first case does the older route take the report.
            self._tasks.update(result)
        self._is_next_task_offered = False
        _log.info("The server has no update-v2; reporting to /tasks from now on")
        return None

    def lease_due(self, task: Task) -> float | None:
        """Whatever a server hands out is leased."""
        del task
        return None

    def extend_lease(self, task: Task, worker_id: str) -> None:
        """Report that the task is in progress, and nothing else."""
        self._tasks.update(
            TaskResult(
                task_id=task.task_id,
                workflow_instance_id=task.workflow_instance_id,
                worker_id=worker_id,
                status=TaskResultStatus.IN_PROGRESS,
                extend_lease=True,
            )
        )
