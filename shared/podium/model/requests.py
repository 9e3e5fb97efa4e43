"""What clients send besides definitions and results (reference 2.5)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from podium.model.conductor_json import ConductorModel, JsonMap
from podium.model.task_result import TaskResult, TaskResultStatus
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import IdempotencyStrategy

__all__ = [
    "CorrelationIdsSearchRequest",
    "DynamicForkJoinTask",
    "DynamicForkJoinTaskList",
    "IdempotencyStrategy",
    "PayloadOperation",
    "PayloadType",
    "RerunWorkflowRequest",
    "SkipTaskRequest",
    "StartWorkflowRequest",
    "TaskMock",
    "WorkflowStateUpdate",
    "WorkflowTestRequest",
]


class StartWorkflowRequest(ConductorModel):
    """Start a workflow by name and version, or by an inline definition.

    ``input`` is None where the client said null: only together with an external payload
    is that a start (reference 1.11).
    """

    nullable: ClassVar[frozenset[str]] = frozenset({"input"})

    name: str = ""
    version: int | None = None
    correlation_id: str | None = None
    input: JsonMap | None = Field(default_factory=dict)
    task_to_domain: dict[str, str] = Field(default_factory=dict)
    workflow_def: WorkflowDef | None = None
    external_input_payload_storage_path: str | None = None
    priority: int = 0
    created_by: str | None = None
    idempotency_key: str | None = None
    idempotency_strategy: IdempotencyStrategy | None = None


class TaskMock(ConductorModel):
    """What a task answers in a workflow test, and how long it seems to take."""

    status: TaskResultStatus = TaskResultStatus.COMPLETED
    output: JsonMap | None = Field(default=None)
    execution_time: int = 0
    queue_wait_time: int = 0


class WorkflowTestRequest(StartWorkflowRequest):
    """Run a definition against mocked tasks, by reference name."""

    task_ref_to_mock_output: dict[str, tuple[TaskMock, ...]] = Field(
        default_factory=dict
    )
    sub_workflow_test_request: dict[str, WorkflowTestRequest] = Field(
        default_factory=dict
    )


class RerunWorkflowRequest(ConductorModel):
    """Run an ended workflow again from one of its tasks (reference 1.11)."""

    re_run_from_workflow_id: str | None = None
    workflow_input: JsonMap | None = Field(default=None)
    re_run_from_task_id: str | None = None
    task_input: JsonMap | None = Field(default=None)
    correlation_id: str | None = None


class SkipTaskRequest(ConductorModel):
    """Input and output that a skipped task is to show."""

    task_input: JsonMap | None = Field(default=None)
    task_output: JsonMap | None = Field(default=None)


class WorkflowStateUpdate(ConductorModel):
    """Set variables, report on a task by its reference, or both at once.

    Newer clients send it to ``POST /workflow/{id}/state``.
    """

    task_reference_name: str | None = None
    task_result: TaskResult | None = None
    variables: JsonMap | None = Field(default=None)


class CorrelationIdsSearchRequest(ConductorModel):
    """Workflows of several names by several correlation ids.

    Newer clients send it to ``POST /workflow/correlated/batch``.
    """

    correlation_ids: tuple[str, ...] = ()
    workflow_names: tuple[str, ...] = ()


class DynamicForkJoinTask(ConductorModel):
    """One branch of the legacy form of a dynamic fork."""

    task_name: str | None = None
    workflow_name: str | None = None
    reference_name: str | None = None
    input: JsonMap = Field(default_factory=dict)
    type: str = "SIMPLE"


class DynamicForkJoinTaskList(ConductorModel):
    """The legacy form of what a dynamic fork runs."""

    dynamic_tasks: tuple[DynamicForkJoinTask, ...] = ()


class PayloadOperation(StrEnum):
    """What a client wants to do with an external payload."""

    READ = "READ"
    WRITE = "WRITE"


class PayloadType(StrEnum):
    """Which payload a client wants to keep outside (reference 4.12)."""

    WORKFLOW_INPUT = "WORKFLOW_INPUT"
    WORKFLOW_OUTPUT = "WORKFLOW_OUTPUT"
    TASK_INPUT = "TASK_INPUT"
    TASK_OUTPUT = "TASK_OUTPUT"
