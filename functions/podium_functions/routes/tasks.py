"""``/api/tasks``: polling, reports, signals, logs, queues (reference 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from podium.bootstrap import Podium
from podium.model.conductor_json import JsonMap
from podium.model.search_result import PollData
from podium.model.signal_response import WorkflowSignalReturnStrategy
from podium.model.task import TaskStatus
from podium.model.task_result import TaskExecLog, TaskResult, TaskResultStatus
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Task", "/api/tasks")


# --- polling -----------------------------------------------------------------------


@routes.get("/poll/batch/<tasktype>")
def poll_batch(
    podium: Podium,
    tasktype: str,
    *,
    workerid: str | None = None,
    domain: str | None = None,
    count: int = 1,
    timeout: int = 100,
) -> list[JsonObject]:
    """Take up to ``count`` tasks, waiting ``timeout`` milliseconds for the first."""
    return podium.polling.poll(tasktype, workerid, domain, count, timeout)


@routes.get("/poll/<tasktype>", when_none=HTTPStatus.NO_CONTENT)
def poll(
    podium: Podium,
    tasktype: str,
    *,
    workerid: str | None = None,
    domain: str | None = None,
) -> JsonObject | None:
    """Take one task, if there is one."""
    found = podium.polling.poll(tasktype, workerid, domain)
    return found[0] if found else None


# --- reports -----------------------------------------------------------------------


@routes.post("")
def update(podium: Podium, body: TaskResult) -> str:
    """Report on a task; the answer is its id."""
    return podium.tasks.update(body)


@routes.post("/update-v2", when_none=HTTPStatus.NO_CONTENT)
def update_v2(podium: Podium, body: TaskResult) -> JsonObject | None:
    """Report on a task and take the next one of its type."""
    return podium.tasks.update_and_poll(body)


@routes.post("/<workflow_id>/<status>/signal/sync")
def signal_sync(
    podium: Podium,
    workflow_id: str,
    status: TaskResultStatus,
    body: JsonMap,
    *,
    return_strategy: WorkflowSignalReturnStrategy = (
        WorkflowSignalReturnStrategy.TARGET_WORKFLOW
    ),
    timeout_millis: int = 5000,
) -> JsonObject:
    """End the task that a workflow waits at, and wait for what comes of it."""
    return podium.synchronous.signal(
        workflow_id, TaskStatus(status), body, return_strategy, timeout_millis
    )


@routes.post("/<workflow_id>/<status>/signal")
def signal(
    podium: Podium, workflow_id: str, status: TaskResultStatus, body: JsonMap
) -> None:
    """End the task that a workflow waits at."""
    podium.tasks.signal(workflow_id, TaskStatus(status), body)


@routes.post("/<workflow_id>/<ref>/<status>/sync")
def update_by_reference_sync(
    podium: Podium,
    workflow_id: str,
    ref: str,
    status: TaskResultStatus,
    body: JsonMap,
    *,
    workerid: str | None = None,
) -> JsonObject:
    """Report on a task by its reference; the answer is the workflow."""
    return podium.synchronous.update(
        workflow_id, ref, TaskStatus(status), body, workerid
    )


# --- queues ------------------------------------------------------------------------


@routes.get("/queue/sizes")
def get_queue_sizes(
    podium: Podium, *, task_type: list[str] | None = None
) -> dict[str, int]:
    """Count the waiting tasks of these types."""
    return podium.tasks.queue_sizes(task_type or ())


@routes.get("/queue/size")
def get_queue_size(
    podium: Podium,
    *,
    task_type: str,
    domain: str | None = None,
    isolation_group_id: str | None = None,
    execution_namespace: str | None = None,
) -> int:
    """Count the waiting tasks of a type and domain."""
    return podium.tasks.queue_size(
        task_type, domain, execution_namespace, isolation_group_id
    )


@routes.get("/queue/all/verbose")
def get_queue_details(
    podium: Podium,
) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """Count the tasks of every queue that wait, and that are being handed out."""
    return podium.queues.details()


@routes.get("/queue/all")
def get_all_queue_sizes(podium: Podium) -> dict[str, int]:
    """Count the waiting tasks of every queue."""
    return podium.tasks.queue_sizes()


@routes.get("/queue/polldata")
def get_poll_data(podium: Podium, *, task_type: str) -> list[PollData]:
    """Tell who polled last for a type."""
    return podium.tasks.poll_data(task_type)


@routes.get("/queue/polldata/all")
def get_all_poll_data(podium: Podium) -> list[PollData]:
    """Tell who polled last for every type."""
    return podium.tasks.poll_data()


@routes.post("/queue/requeue/<tasktype>")
def requeue(podium: Podium, tasktype: str) -> str:
    """Offer the waiting tasks of a type again; the answer is how many there are."""
    return str(podium.queues.requeue(tasktype))


# --- one task ----------------------------------------------------------------------


@routes.get("/<task_id>/log", when_none=HTTPStatus.NO_CONTENT)
def get_log(podium: Podium, task_id: str) -> list[JsonObject] | None:
    """Get the last lines that were logged for a task."""
    return podium.tasks.logs(task_id) or None


@routes.post("/<task_id>/log")
def add_log(podium: Podium, task_id: str, body: str) -> None:
    """Log a line for a task."""
    podium.tasks.log(task_id, [TaskExecLog(log=body)])


@routes.get("/<task_id>")
def get(podium: Podium, task_id: str) -> JsonObject:
    """Get a task."""
    return podium.workflows.find_task(task_id)


@routes.post("/<workflow_id>/<ref>/<status>")
def update_by_reference(
    podium: Podium,
    workflow_id: str,
    ref: str,
    status: TaskResultStatus,
    body: JsonMap,
    *,
    workerid: str | None = None,
) -> str | None:
    """Report on a task by its reference; the answer is its id, if one was open."""
    return podium.tasks.update_by_reference(
        workflow_id, ref, TaskStatus(status), body, workerid
    )
