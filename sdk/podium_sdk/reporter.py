"""Brings results to the server, come what may (reference 12, row 2)."""

from __future__ import annotations

import itertools
import logging

from podium.model.task import Task
from podium.model.task_result import TaskResult, TaskResultStatus
from podium_sdk.errors import (
    BadRequest,
    NotFound,
    PayloadTooLarge,
    SdkError,
    UnreadableAnswer,
)
from podium_sdk.lifecycle import Lifecycle, Phase
from podium_sdk.outcomes import failure
from podium_sdk.settings import RunnerSettings
from podium_sdk.task_client import TaskClient

_log = logging.getLogger(__name__)


class Reporter:
    """Reports results, takes the next task along, and gives tasks back.

    Reporting twice is harmless: the server ignores what it already knows.
    """

    def __init__(
        self, client: TaskClient, lifecycle: Lifecycle, settings: RunnerSettings
    ) -> None:
        self._client = client
        self._lifecycle = lifecycle
        self._settings = settings

    def report(self, task: Task, result: TaskResult) -> Task | None:
        """Report until the server has taken it; return the next task, if one came.

        A result that the server refuses (it may be too large) is replaced by a failure
        that says so, because a workflow should not have to wait for a timeout.
        """
        result = result.model_copy(update={"worker_id": self._settings.worker_id})
        refused = False
        for attempt in itertools.count(1):
            try:
                return self._send(task, result)
            except NotFound as error:
                _log.warning("Task %s is gone: %s", result.task_id, error.message)
                return None
            except UnreadableAnswer as error:
                # The report was taken; what is lost is the task that came with it.
                _log.warning("The next task waits for its timeout: %s", error)
                return None
            except (BadRequest, PayloadTooLarge) as error:
                if refused:
                    self._give_up(result, attempt, error)
                    return None
                refused = True
                result = _refusal_of(result, error)
                _log.error(
                    "Task %s: %s", result.task_id, result.reason_for_incompletion
                )
            except SdkError as error:
                if not self._pause(result, attempt, error):
                    self._give_up(result, attempt, error)
                    return None
        return None

    def _send(self, task: Task, result: TaskResult) -> Task | None:
        """Report once; a runner that stops must not be handed another task."""
        takes_next = not self._lifecycle.is_stopping
        return self._client.report(task, result, takes_next=takes_next)

    def _pause(self, result: TaskResult, attempt: int, error: SdkError) -> bool:
        """Wait before the next attempt; False where there is none."""
        if attempt >= self._settings.report_attempts:
            return False
        if attempt == 1:
            _log.warning("Task %s not reported yet: %s", result.task_id, error)
        pause = self._settings.report_backoff.pause(attempt)
        return self._lifecycle.pause(pause, Phase.OVER)

    def _give_up(self, result: TaskResult, attempts: int, error: SdkError) -> None:
        _log.error(
            "The result of task %s (%s) is lost after %d attempts: %s",
            result.task_id,
            result.status,
            attempts,
            error,
        )

    def give_back(self, task: Task) -> None:
        """Return a task that came too late to be begun: another worker may have it."""
        unchanged = TaskResult(
            task_id=task.task_id,
            workflow_instance_id=task.workflow_instance_id,
            worker_id=self._settings.worker_id,
            status=TaskResultStatus.IN_PROGRESS,
            output_data=task.output_data,
        )
        try:
            self._client.report(task, unchanged, takes_next=False)
        except SdkError as error:
            _log.warning(
                "Task %s could not be given back and waits for its timeout: %s",
                task.task_id,
                error,
            )

    def lease_due(self, task: Task) -> float | None:
        """Return in how many seconds a task needs its lease; None where it has it."""
        return self._client.lease_due(task)

    def extend_lease(self, task: Task) -> None:
        """Say that a task is still being worked on (reference 12, row 3)."""
        self._client.extend_lease(task, self._settings.worker_id)


def _refusal_of(result: TaskResult, error: BadRequest | PayloadTooLarge) -> TaskResult:
    refusal = failure(
        f"The server refused the result: {error.message}",
        TaskResultStatus.FAILED_WITH_TERMINAL_ERROR,
    )
    return refusal.model_copy(
        update={
            "task_id": result.task_id,
            "workflow_instance_id": result.workflow_instance_id,
            "worker_id": result.worker_id,
        }
    )
