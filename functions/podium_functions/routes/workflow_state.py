"""What newer clients ask of ``/api/workflow``, and dry runs (reference 1.1 #26, 12).

Conductor's own server has no ``variables``, ``state``, ``correlated/batch`` and
``execute`` without a version; the published Python and JavaScript clients call them.
"""

from __future__ import annotations

from uuid import uuid4

from podium.bootstrap import Podium
from podium.model.conductor_json import JsonMap
from podium.model.requests import (
    CorrelationIdsSearchRequest,
    StartWorkflowRequest,
    WorkflowStateUpdate,
    WorkflowTestRequest,
)
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Workflow", "/api/workflow")

_WAITING = ("waitUntilTaskRef", "waitForSeconds")
"""What the clients send as headers here."""


@routes.post("/test")
def test(podium: Podium, body: WorkflowTestRequest) -> JsonObject:
    """Try out a workflow against mocks; nothing is stored and nobody is called."""
    return podium.dry_runs.run(body)


@routes.post("/correlated/batch")
def list_correlated(
    podium: Podium,
    body: CorrelationIdsSearchRequest,
    *,
    include_closed: bool = False,
    include_tasks: bool = False,
) -> dict[str, list[JsonObject]]:
    """List workflows of several names by correlation id."""
    return podium.searching.correlated_of(
        body.workflow_names,
        body.correlation_ids,
        include_closed=include_closed,
        include_tasks=include_tasks,
    )


@routes.post("/execute/<name>", headers=_WAITING)
def execute_as_api(
    podium: Podium,
    name: str,
    body: JsonMap,
    *,
    version: int | None = None,
    wait_until_task_ref: list[str] | None = None,
    wait_for_seconds: int = 10,
) -> JsonObject:
    """Start a workflow with the body as its input; the answer is its output."""
    request = StartWorkflowRequest(name=name, version=version or None, input=body)
    return podium.synchronous.execute_as_api(
        request, wait_until_task_ref or (), wait_for_seconds * 1000
    )


@routes.get("/execute/<name>", headers=_WAITING)
def execute_by_get(
    podium: Podium,
    name: str,
    *,
    version: int | None = None,
    wait_until_task_ref: list[str] | None = None,
    wait_for_seconds: int = 10,
) -> JsonObject:
    """Start a workflow that needs no input; the answer is its output."""
    return execute_as_api(
        podium,
        name,
        {},
        version=version,
        wait_until_task_ref=wait_until_task_ref,
        wait_for_seconds=wait_for_seconds,
    )


@routes.post("/<workflow_id>/variables")
def set_variables(podium: Podium, workflow_id: str, body: JsonMap) -> JsonObject:
    """Set variables of a workflow; the answer is the workflow."""
    podium.workflows.set_variables(workflow_id, body)
    return podium.workflows.get(workflow_id)


@routes.post("/<workflow_id>/state")
def update_state(
    podium: Podium,
    workflow_id: str,
    body: WorkflowStateUpdate,
    *,
    request_id: str | None = None,
    wait_until_task_ref: list[str] | None = None,
    wait_for_seconds: int = 10,
) -> JsonObject:
    """Set variables, report on a task, and wait for what comes of it."""
    return podium.synchronous.update_state(
        workflow_id,
        body,
        request_id or str(uuid4()),
        wait_until_task_ref or (),
        wait_for_seconds * 1000,
    )
