"""Podium's SDK: a typed client for Conductor's REST API, and workers as functions.

It works against Podium and against any server that speaks Conductor's API.

Start a workflow::

    from podium_sdk import PodiumClient

    with PodiumClient("http://localhost:8080") as client:
        workflow_id = client.workflows.start("orders", {"customer": "c-1"})

Execute its tasks::

    from podium_sdk import PodiumClient, TaskRunner, worker_task

    @worker_task("greet", concurrency=4)
    def greet(name: str, times: int = 1) -> dict[str, str]:
        return {"greeting": " ".join([f"Hello, {name}!"] * times)}

    with PodiumClient("http://localhost:8080") as client:
        TaskRunner(client, [greet]).run()

``podium_sdk.testing`` has what tests of both need, ``podium_sdk.native`` runs the same
functions on AWS without a server.
"""

from podium.errors import Finding
from podium.model.event_handler import EventHandler
from podium.model.requests import (
    IdempotencyStrategy,
    RerunWorkflowRequest,
    SkipTaskRequest,
    StartWorkflowRequest,
    TaskMock,
    WorkflowTestRequest,
)
from podium.model.schedule import CronSchedule, WorkflowSchedule
from podium.model.signal_response import WorkflowSignalReturnStrategy
from podium.model.task import Task, TaskStatus
from podium.model.task_definition import TaskDef
from podium.model.task_result import TaskResult, TaskResultStatus
from podium.model.workflow import Workflow, WorkflowStatus
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask
from podium_sdk.access_keys import AccessKey, WithAccessKey
from podium_sdk.client import PodiumClient
from podium_sdk.context import TaskContext, task_context
from podium_sdk.errors import (
    ApiError,
    BadRequest,
    Conflict,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    SdkError,
    ServerError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    UnreadableAnswer,
)
from podium_sdk.http_transport import HttpTransport, Timeouts
from podium_sdk.outcomes import InProgress, TerminalError
from podium_sdk.runner import TaskRunner
from podium_sdk.settings import RunnerSettings
from podium_sdk.timing import Backoff, SystemTiming, Timing
from podium_sdk.transport import Request, Response, Transport
from podium_sdk.worker import WorkerTask, worker_task

__all__ = [
    "AccessKey",
    "ApiError",
    "Backoff",
    "BadRequest",
    "Conflict",
    "CronSchedule",
    "EventHandler",
    "Finding",
    "HttpTransport",
    "IdempotencyStrategy",
    "InProgress",
    "MethodNotAllowed",
    "NotFound",
    "PayloadTooLarge",
    "PodiumClient",
    "Request",
    "RerunWorkflowRequest",
    "Response",
    "RunnerSettings",
    "SdkError",
    "ServerError",
    "SkipTaskRequest",
    "StartWorkflowRequest",
    "SystemTiming",
    "Task",
    "TaskContext",
    "TaskDef",
    "TaskMock",
    "TaskResult",
    "TaskResultStatus",
    "TaskRunner",
    "TaskStatus",
    "TerminalError",
    "Timeouts",
    "Timing",
    "TooManyRequests",
    "Transport",
    "Unauthorized",
    "Unreachable",
    "UnreadableAnswer",
    "WithAccessKey",
    "WorkerTask",
    "Workflow",
    "WorkflowDef",
    "WorkflowSchedule",
    "WorkflowSignalReturnStrategy",
    "WorkflowStatus",
    "WorkflowTask",
    "WorkflowTestRequest",
    "task_context",
    "worker_task",
]
