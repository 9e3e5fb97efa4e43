"""Queues of events, and reports on tasks by their way (reference 1.5)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.model.conductor_json import JsonMap
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Event queues", "/api")


@routes.get("/admin/queues")
def list_event_queues(podium: Podium, *, verbose: bool = False) -> JsonObject:
    """List the queues that event handlers listen to; ``verbose``: with their sizes."""
    return podium.events.queues(verbose=verbose)


@routes.post("/queue/update/<workflow_id>/<task_ref_name>/<status>")
def update_by_reference(
    podium: Podium, workflow_id: str, task_ref_name: str, status: str, body: JsonMap
) -> None:
    """End the open task with a reference; the body is its output."""
    podium.wait_queues.update_by_reference(workflow_id, task_ref_name, status, body)


@routes.post("/queue/update/<workflow_id>/task/<task_id>/<status>")
def update_by_id(
    podium: Podium, workflow_id: str, task_id: str, status: str, body: JsonMap
) -> None:
    """End a task that waits; the body is its output."""
    podium.wait_queues.update_by_id(workflow_id, task_id, status, body)
