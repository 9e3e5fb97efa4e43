"""Workflow: one execution of a definition, and its shorter views (2.6, 2.8, 2.9)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, computed_field

from podium.model.conductor_json import Auditable, ConductorModel, JsonMap, Reason
from podium.model.task import Task
from podium.model.workflow_definition import WorkflowDef


class WorkflowStatus(StrEnum):
    """Where a workflow stands; each status knows what it means (reference 2.6)."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    TERMINATED = "TERMINATED"
    PAUSED = "PAUSED"

    @property
    def is_terminal(self) -> bool:
        """Whether the workflow has ended."""
        return self not in _OPEN

    @property
    def is_successful(self) -> bool:
        """Conductor's word: true of COMPLETED and, oddly, PAUSED; not of RUNNING."""
        return self in _SUCCESSFUL


_OPEN = frozenset({WorkflowStatus.RUNNING, WorkflowStatus.PAUSED})
_SUCCESSFUL = frozenset({WorkflowStatus.COMPLETED, WorkflowStatus.PAUSED})


class AggregateTokenUsage(ConductorModel):
    """How many tokens the language-model tasks of a workflow used."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class Workflow(Auditable):
    """A workflow execution with all its tasks; times are epoch milliseconds."""

    status: WorkflowStatus = WorkflowStatus.RUNNING
    end_time: int = 0
    workflow_id: str = ""
    parent_workflow_id: str | None = None
    parent_workflow_task_id: str | None = None
    tasks: tuple[Task, ...] = ()
    input: JsonMap = Field(default_factory=dict)
    output: JsonMap = Field(default_factory=dict)
    correlation_id: str | None = None
    re_run_from_workflow_id: str | None = None
    reason_for_incompletion: Reason | None = None
    event: str | None = None
    task_to_domain: dict[str, str] = Field(default_factory=dict)
    failed_reference_task_names: tuple[str, ...] = ()
    failed_task_names: tuple[str, ...] = ()
    workflow_definition: WorkflowDef | None = None
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int = 0
    variables: JsonMap = Field(default_factory=dict)
    last_retried_time: int = 0
    history: tuple[Workflow, ...] = ()
    idempotency_key: str | None = None
    rate_limit_key: str | None = None
    rate_limited: bool = False
    aggregate_token_usage: AggregateTokenUsage | None = None

    @computed_field  # type: ignore[prop-decorator] # mypy 1.x: decorated property
    @property
    def start_time(self) -> int:
        """When the workflow was created."""
        return self.create_time

    @computed_field  # type: ignore[prop-decorator] # mypy 1.x: decorated property
    @property
    def workflow_name(self) -> str | None:
        """The name of its definition."""
        definition = self.workflow_definition
        return definition.name if definition else None

    @computed_field  # type: ignore[prop-decorator] # mypy 1.x: decorated property
    @property
    def workflow_version(self) -> int | None:
        """The version of its definition."""
        definition = self.workflow_definition
        return definition.version if definition else None


class WorkflowStatusView(ConductorModel):
    """The short answer of ``GET /workflow/{id}/status`` (2.8, WorkflowStatus)."""

    workflow_id: str = ""
    correlation_id: str | None = None
    output: JsonMap | None = Field(default=None)
    variables: JsonMap | None = Field(default=None)
    status: WorkflowStatus = WorkflowStatus.RUNNING


class WorkflowSummary(ConductorModel):
    """A workflow as a search result: times and payloads are strings (reference 2.9)."""

    workflow_type: str = ""
    version: int = 0
    workflow_id: str = ""
    correlation_id: str | None = None
    start_time: str | None = None
    update_time: str | None = None
    end_time: str | None = None
    status: WorkflowStatus = WorkflowStatus.RUNNING
    input: str | None = None
    output: str | None = None
    reason_for_incompletion: str | None = None
    execution_time: int = 0
    event: str | None = None
    failed_reference_task_names: str = ""
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int = 0
    failed_task_names: tuple[str, ...] = ()
    created_by: str | None = None
    task_to_domain: dict[str, str] = Field(default_factory=dict)
    idempotency_key: str | None = None
    parent_workflow_id: str = ""
    classifier: str = "workflow"
