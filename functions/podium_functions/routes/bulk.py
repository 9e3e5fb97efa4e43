"""``/api/workflow/bulk``: the same for many workflows (reference 1.2).

The ids are the body, of DELETE too (reference 12, #9).
"""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Bulk", "/api/workflow/bulk")


@routes.put("/pause")
def pause(podium: Podium, body: list[str] | None) -> JsonObject:
    """Pause workflows."""
    return podium.bulk.pause(body)


@routes.put("/resume")
def resume(podium: Podium, body: list[str] | None) -> JsonObject:
    """Resume paused workflows."""
    return podium.bulk.resume(body)


@routes.post("/restart")
def restart(
    podium: Podium, body: list[str] | None, *, use_latest_definitions: bool = False
) -> JsonObject:
    """Run ended workflows again from their beginning."""
    return podium.bulk.restart(body, use_latest=use_latest_definitions)


@routes.post("/retry")
def retry(podium: Podium, body: list[str] | None) -> JsonObject:
    """Try the failed tasks of ended workflows once more."""
    return podium.bulk.retry(body)


@routes.post("/terminate")
def terminate(
    podium: Podium, body: list[str] | None, *, reason: str | None = None
) -> JsonObject:
    """Terminate workflows."""
    return podium.bulk.terminate(body, reason)


@routes.delete("/remove")
def remove(
    podium: Podium, body: list[str] | None, *, archive_workflow: bool = True
) -> JsonObject:
    """Remove workflows; those that run only with ``archiveWorkflow=false``."""
    return podium.bulk.remove(body, archive=archive_workflow)


@routes.delete("/terminate-remove")
def terminate_and_remove(
    podium: Podium,
    body: list[str] | None,
    *,
    reason: str | None = None,
    archive_workflow: bool = True,
) -> JsonObject:
    """Terminate workflows and remove them."""
    return podium.bulk.terminate_and_remove(body, reason, archive=archive_workflow)


@routes.post("/search")
def search(
    podium: Podium, body: list[str] | None, *, include_tasks: bool = True
) -> JsonObject:
    """Get the workflows with these ids."""
    return podium.bulk.search(body, include_tasks=include_tasks)
