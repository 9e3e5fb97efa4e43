"""TaskResult: what a worker reports (reference 2.8)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import ConductorModel, JsonMap, Reason


class TaskResultStatus(StrEnum):
    """The statuses a worker may report; the decider has more of its own."""

    IN_PROGRESS = "IN_PROGRESS"
    FAILED = "FAILED"
    FAILED_WITH_TERMINAL_ERROR = "FAILED_WITH_TERMINAL_ERROR"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class ExecutionMetadata(ConductorModel):
    """When worker and server sent, received and ran a task, in milliseconds."""

    server_send_time: int | None = None
    client_receive_time: int | None = None
    execution_start_time: int | None = None
    execution_end_time: int | None = None
    client_send_time: int | None = None
    poll_network_latency: int | None = None
    update_network_latency: int | None = None
    additional_context: JsonMap = Field(default_factory=dict)


class TaskExecLog(ConductorModel):
    """One line that a worker logged for a task."""

    log: str | None = None
    task_id: str | None = None
    created_time: int = 0


class TaskResult(ConductorModel):
    """A worker's report on one task."""

    workflow_instance_id: str = ""
    task_id: str = ""
    reason_for_incompletion: Reason | None = None
    callback_after_seconds: int = 0
    worker_id: str | None = None
    status: TaskResultStatus | None = None
    output_data: JsonMap = Field(default_factory=dict)
    execution_metadata: ExecutionMetadata | None = None
    logs: tuple[TaskExecLog, ...] = ()
    external_output_payload_storage_path: str | None = None
    sub_workflow_id: str | None = None
    extend_lease: bool = False
    supports_cancellation: bool = False
