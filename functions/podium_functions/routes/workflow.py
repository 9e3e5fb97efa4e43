"""``/api/workflow``: start, watch and steer workflows (reference 1.1)."""

from __future__ import annotations

from uuid import uuid4

from podium.bootstrap import Podium
from podium.model.conductor_json import JsonMap
from podium.model.requests import StartWorkflowRequest
from podium.model.signal_response import WorkflowSignalReturnStrategy
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Workflow", "/api/workflow")


@routes.post("")
def start(podium: Podium, body: StartWorkflowRequest) -> str:
    """Start a workflow; the answer is its id."""
    return podium.starter.start(body)


@routes.post("/execute/<name>/<version>")
def execute(
    podium: Podium,
    name: str,
    version: int,
    body: StartWorkflowRequest,
    *,
    request_id: str | None = None,
    wait_until_task_ref: list[str] | None = None,
    wait_for_seconds: int = 10,
    return_strategy: WorkflowSignalReturnStrategy = (
        WorkflowSignalReturnStrategy.TARGET_WORKFLOW
    ),
) -> JsonObject:
    """Start a workflow and wait for its end, or until one of the tasks is there."""
    request = body.model_copy(update={"name": name, "version": version or None})
    return podium.synchronous.execute(
        request,
        request_id or str(uuid4()),
        wait_until_task_ref or (),
        wait_for_seconds * 1000,
        return_strategy,
    )


@routes.get("/search")
def search(
    podium: Podium,
    *,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    free_text: str = "*",
    query: str | None = None,
    classifier: str | None = None,
    top_level_only: bool = False,
) -> JsonObject:
    """Find workflows; the answer has their summaries."""
    page = podium.searching.search(
        query,
        free_text,
        sort,
        start,
        size,
        classifier=classifier,
        top_level_only=top_level_only,
    )
    return podium.searching.summaries(page)


@routes.get("/search-v2")
def search_v2(
    podium: Podium,
    *,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    free_text: str = "*",
    query: str | None = None,
    classifier: str | None = None,
    top_level_only: bool = False,
) -> JsonObject:
    """Find workflows; the answer has the workflows, without their tasks."""
    page = podium.searching.search(
        query,
        free_text,
        sort,
        start,
        size,
        classifier=classifier,
        top_level_only=top_level_only,
    )
    return podium.searching.workflows(page)


@routes.get("/running/<name>")
def list_running(
    podium: Podium,
    name: str,
    *,
    version: int = 1,
    start_time: int | None = None,
    end_time: int | None = None,
) -> list[str]:
    """List the ids of a definition's workflows that run, or started in a time."""
    return podium.searching.running(name, version, start_time, end_time)


@routes.get("/<name>/correlated/<correlation_id>")
def list_correlated(
    podium: Podium,
    name: str,
    correlation_id: str,
    *,
    include_closed: bool = False,
    include_tasks: bool = False,
) -> list[JsonObject]:
    """List a definition's workflows with a correlation id."""
    found = podium.searching.correlated(
        name,
        [correlation_id],
        include_closed=include_closed,
        include_tasks=include_tasks,
    )
    return found[correlation_id]


@routes.post("/<name>/correlated")
def list_all_correlated(
    podium: Podium,
    name: str,
    body: list[str],
    *,
    include_closed: bool = False,
    include_tasks: bool = False,
) -> dict[str, list[JsonObject]]:
    """List a definition's workflows by correlation id."""
    return podium.searching.correlated(
        name, body, include_closed=include_closed, include_tasks=include_tasks
    )


@routes.put("/decide/<workflow_id>")
def decide(podium: Podium, workflow_id: str) -> None:
    """Look at a workflow again."""
    podium.workflows.decide(workflow_id)


@routes.put("/<workflow_id>/pause")
def pause(podium: Podium, workflow_id: str) -> None:
    """Pause a workflow: what is out goes on, nothing new is scheduled."""
    podium.workflows.pause(workflow_id)


@routes.put("/<workflow_id>/resume")
def resume(podium: Podium, workflow_id: str) -> None:
    """Resume a paused workflow."""
    podium.workflows.resume(workflow_id)


@routes.get("/<workflow_id>/status")
def get_status(
    podium: Podium,
    workflow_id: str,
    *,
    include_output: bool = False,
    include_variables: bool = False,
) -> JsonObject:
    """Get where a workflow stands."""
    return podium.workflows.status(
        workflow_id,
        include_output=include_output,
        include_variables=include_variables,
    )


@routes.get("/<workflow_id>/tasks")
def list_tasks(
    podium: Podium,
    workflow_id: str,
    *,
    start: int = 0,
    count: int = 15,
    status: list[str] | None = None,
) -> JsonObject:
    """List the tasks of a workflow, page by page."""
    return podium.workflows.tasks(workflow_id, start, count, status or ())


@routes.delete("/<workflow_id>/remove")
def remove(podium: Podium, workflow_id: str, *, archive_workflow: bool = True) -> None:
    """Remove a workflow; one that runs only with ``archiveWorkflow=false``."""
    podium.workflows.remove(workflow_id, archive=archive_workflow)


@routes.delete("/<workflow_id>/terminate-remove")
def terminate_and_remove(
    podium: Podium,
    workflow_id: str,
    *,
    reason: str | None = None,
    archive_workflow: bool = True,
) -> None:
    """Terminate a workflow and remove it."""
    podium.workflows.terminate(workflow_id, reason)
    podium.workflows.remove(workflow_id, archive=archive_workflow)


@routes.get("/<workflow_id>")
def get(
    podium: Podium,
    workflow_id: str,
    *,
    include_tasks: bool = True,
    summarize: bool = False,
) -> JsonObject:
    """Get a workflow with its tasks; summarized, with its loops' last iterations."""
    return podium.workflows.get(
        workflow_id, include_tasks=include_tasks, summarize=summarize
    )


@routes.delete("/<workflow_id>")
def terminate(podium: Podium, workflow_id: str, *, reason: str | None = None) -> None:
    """Terminate a workflow."""
    podium.workflows.terminate(workflow_id, reason)


@routes.post("/<name>")
def start_by_name(
    podium: Podium,
    name: str,
    body: JsonMap,
    *,
    version: int | None = None,
    correlation_id: str | None = None,
    priority: int = 0,
) -> str:
    """Start a workflow with the body as its input; the answer is its id."""
    found = podium.definitions.workflow(name, version)
    request = StartWorkflowRequest(
        name=name,
        version=found.version,
        input=body,
        correlation_id=correlation_id,
        priority=priority,
    )
    return podium.starter.start(request)
