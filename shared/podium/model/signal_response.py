"""SignalResponse: what the synchronous calls answer (reference 2.10)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import ConductorModel, JsonMap
from podium.model.task import Task, TaskStatus
from podium.model.workflow import WorkflowStatus


class WorkflowSignalReturnStrategy(StrEnum):
    """Which workflow or task a synchronous call answers with."""

    TARGET_WORKFLOW = "TARGET_WORKFLOW"
    BLOCKING_WORKFLOW = "BLOCKING_WORKFLOW"
    BLOCKING_TASK = "BLOCKING_TASK"
    BLOCKING_TASK_INPUT = "BLOCKING_TASK_INPUT"

    @property
    def is_task(self) -> bool:
        """Whether the answer is a TaskRun; otherwise it is a WorkflowRun."""
        return self in {
            WorkflowSignalReturnStrategy.BLOCKING_TASK,
            WorkflowSignalReturnStrategy.BLOCKING_TASK_INPUT,
        }


class SignalResponse(ConductorModel):
    """What both answers have: the workflow asked about and the one that blocks."""

    response_type: WorkflowSignalReturnStrategy | None = None
    target_workflow_id: str | None = None
    target_workflow_status: str | None = None
    request_id: str | None = None
    workflow_id: str | None = None
    correlation_id: str | None = None
    input: JsonMap | None = Field(default=None)
    output: JsonMap | None = Field(default=None)
    signal_timeout: bool = False
    priority: int = 0
    variables: JsonMap | None = Field(default=None)
    tasks: tuple[Task, ...] | None = Field(default=None)
    created_by: str | None = None
    create_time: int = 0
    update_time: int = 0


class WorkflowRun(SignalResponse):
    """The answer that shows a workflow."""

    status: WorkflowStatus | None = None


class TaskRun(SignalResponse):
    """The answer that shows the blocking task."""

    task_type: str | None = None
    task_id: str | None = None
    reference_task_name: str | None = None
    retry_count: int = 0
    task_def_name: str | None = None
    retried_task_id: str | None = None
    workflow_type: str | None = None
    reason_for_incompletion: str | None = None
    status: TaskStatus | None = None
