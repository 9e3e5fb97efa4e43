"""Task: one attempt at one step of a running workflow (reference 2.7, 2.9)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, computed_field

from podium.model.conductor_json import ConductorModel, JsonMap, Reason
from podium.model.task_definition import TaskDef
from podium.model.task_result import ExecutionMetadata
from podium.model.workflow_task import WorkflowTask


class TaskStatus(StrEnum):
    """Where a task stands; each status knows what it means (reference 2.7)."""

    IN_PROGRESS = "IN_PROGRESS"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    FAILED_WITH_TERMINAL_ERROR = "FAILED_WITH_TERMINAL_ERROR"
    COMPLETED = "COMPLETED"
    COMPLETED_WITH_ERRORS = "COMPLETED_WITH_ERRORS"
    SCHEDULED = "SCHEDULED"
    TIMED_OUT = "TIMED_OUT"
    SKIPPED = "SKIPPED"

    @property
    def is_terminal(self) -> bool:
        """Whether the task will never change again."""
        return self not in _OPEN

    @property
    def is_successful(self) -> bool:
        """Whether nothing has gone wrong (yet)."""
        return self in _SUCCESSFUL

    @property
    def is_retriable(self) -> bool:
        """Whether a task in this status may be tried again."""
        return self in _RETRIABLE


_OPEN = frozenset({TaskStatus.SCHEDULED, TaskStatus.IN_PROGRESS})
_SUCCESSFUL = _OPEN | {
    TaskStatus.COMPLETED,
    TaskStatus.COMPLETED_WITH_ERRORS,
    TaskStatus.SKIPPED,
}
_RETRIABLE = _OPEN | {
    TaskStatus.FAILED,
    TaskStatus.COMPLETED,
    TaskStatus.COMPLETED_WITH_ERRORS,
    TaskStatus.TIMED_OUT,
}


class Task(ConductorModel):
    """A task as Conductor shows it; times are epoch milliseconds, 0 when unset.

    ``queue_wait_time`` depends on the time of asking, so whoever makes the task sets
    it: see :func:`queue_wait`.
    """

    task_type: str = ""
    status: TaskStatus = TaskStatus.SCHEDULED
    input_data: JsonMap = Field(default_factory=dict)
    reference_task_name: str = ""
    retry_count: int = 0
    seq: int = 0
    correlation_id: str | None = None
    poll_count: int = 0
    task_def_name: str = ""
    scheduled_time: int = 0
    start_time: int = 0
    end_time: int = 0
    update_time: int = 0
    start_delay_in_seconds: int = 0
    retried_task_id: str | None = None
    retried: bool = False
    executed: bool = False
    callback_from_worker: bool = True
    response_timeout_seconds: int = 0
    workflow_instance_id: str = ""
    workflow_type: str | None = None
    task_id: str = ""
    reason_for_incompletion: Reason | None = None
    callback_after_seconds: int = 0
    worker_id: str | None = None
    output_data: JsonMap = Field(default_factory=dict)
    workflow_task: WorkflowTask | None = None
    domain: str | None = None
    rate_limit_per_frequency: int = 0
    rate_limit_frequency_in_seconds: int = 0
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    workflow_priority: int = 0
    execution_name_space: str | None = None
    isolation_group_id: str | None = None
    iteration: int = 0
    sub_workflow_id: str | None = None
    subworkflow_changed: bool = False
    first_start_time: int = 0
    execution_metadata: ExecutionMetadata = ExecutionMetadata()
    parent_task_id: str | None = None
    runtime_metadata: dict[str, str] | None = Field(default=None)
    queue_wait_time: int = 0

    @computed_field  # type: ignore[prop-decorator] # mypy 1.x: decorated property
    @property
    def task_definition(self) -> TaskDef | None:
        """The definition the step carries."""
        return self.workflow_task.task_definition if self.workflow_task else None

    @computed_field  # type: ignore[prop-decorator] # mypy 1.x: decorated property
    @property
    def loop_over_task(self) -> bool:
        """Whether the task belongs to an iteration of a DO_WHILE."""
        return self.iteration > 0


def queue_wait(
    *, scheduled: int, started: int, updated: int, callback_after: int, now: int
) -> int:
    """Return how long a task has waited in its queue, in milliseconds (2.7).

    A started task that asked to be called back waits since that moment; any other
    waited from its scheduling to its start.
    """
    if started <= 0 or scheduled <= 0:
        return 0
    if updated > 0 and callback_after > 0:
        return max(0, now - (updated + callback_after * 1000))
    return started - scheduled


class TaskSummary(ConductorModel):
    """A task as a search result: times and payloads are strings (reference 2.9)."""

    workflow_id: str = ""
    workflow_type: str | None = None
    correlation_id: str | None = None
    scheduled_time: str | None = None
    start_time: str | None = None
    update_time: str | None = None
    end_time: str | None = None
    status: TaskStatus | None = None
    reason_for_incompletion: str | None = None
    execution_time: int = 0
    queue_wait_time: int = 0
    task_def_name: str | None = None
    task_type: str | None = None
    input: str | None = None
    output: str | None = None
    task_id: str = ""
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    workflow_priority: int = 0
    domain: str | None = None
