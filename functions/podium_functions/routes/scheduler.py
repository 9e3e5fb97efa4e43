"""``/api/scheduler``: schedules and what they started (reference 1.7).

Older clients pause and resume by GET (reference 12, #19).
"""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.model.schedule import WorkflowSchedule
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Scheduler", "/api/scheduler")

_DONE: JsonObject = {"status": "done"}


@routes.post("/schedules")
def save(podium: Podium, body: WorkflowSchedule) -> WorkflowSchedule:
    """Create or update a schedule."""
    return podium.scheduler.save(body)


@routes.get("/schedules")
def list_all(
    podium: Podium, *, workflow_name: str | None = None
) -> list[WorkflowSchedule]:
    """List all schedules, or those of a workflow."""
    return podium.scheduler.schedules(workflow_name)


@routes.get("/schedules/search")
def search(
    podium: Podium,
    *,
    workflow_name: str | None = None,
    schedule_name: str | None = None,
    paused: bool | None = None,
    free_text: str = "*",
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
) -> JsonObject:
    """Search for schedules."""
    found = podium.scheduler.search(
        start,
        size,
        sort,
        workflow_name=workflow_name,
        schedule_name=schedule_name,
        paused=paused,
        free_text=free_text,
    )
    return found.to_json()


@routes.get("/schedules/<name>")
def get(podium: Podium, name: str) -> WorkflowSchedule:
    """Get a schedule."""
    return podium.scheduler.schedule(name)


@routes.delete("/schedules/<name>")
def delete(podium: Podium, name: str) -> None:
    """Remove a schedule."""
    podium.scheduler.remove(name)


@routes.put("/schedules/<name>/pause")
@routes.get("/schedules/<name>/pause")
def pause(podium: Podium, name: str, *, reason: str | None = None) -> None:
    """Pause a schedule."""
    podium.scheduler.pause(name, reason)


@routes.put("/schedules/<name>/resume")
@routes.get("/schedules/<name>/resume")
def resume(podium: Podium, name: str) -> None:
    """Resume a paused schedule."""
    podium.scheduler.resume(name)


@routes.get("/nextFewSchedules")
def preview(
    podium: Podium,
    *,
    cron_expression: str,
    schedule_start_time: int | None = None,
    schedule_end_time: int | None = None,
    limit: int = 5,
) -> list[int]:
    """List the next times of a cron expression, at most five."""
    return podium.scheduler.next_few(
        cron_expression, schedule_start_time, schedule_end_time, limit
    )


@routes.get("/admin/requeue")
def requeue(podium: Podium) -> JsonObject:
    """Look again at all schedules that are due."""
    return podium.scheduler.requeue()


@routes.get("/admin/pause")
def pause_all(podium: Podium) -> JsonObject:
    """Let all schedules stand still."""
    podium.scheduler.halt()
    return _DONE


@routes.get("/admin/resume")
def resume_all(podium: Podium) -> JsonObject:
    """Let all schedules run again."""
    podium.scheduler.go_on()
    return _DONE


@routes.get("/search/executions")
def search_executions(
    podium: Podium,
    *,
    query: str | None = None,
    free_text: str = "*",
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
) -> JsonObject:
    """Search for the runs of schedules."""
    found = podium.scheduler.executions(query, free_text, start, size, sort)
    return found.to_json()


@routes.put("/bulk/pause")
def pause_each(podium: Podium, body: list[str]) -> JsonObject:
    """Pause schedules."""
    return podium.scheduler.pause_each(body).to_json()


@routes.put("/bulk/resume")
def resume_each(podium: Podium, body: list[str]) -> JsonObject:
    """Resume paused schedules."""
    return podium.scheduler.resume_each(body).to_json()
