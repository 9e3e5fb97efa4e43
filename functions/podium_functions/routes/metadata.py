"""``/api/metadata``: workflow and task definitions (reference 1.4)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Metadata", "/api/metadata")


@routes.post("/workflow/validate")
def validate_workflow(podium: Podium, body: WorkflowDef) -> JsonObject:
    """Check a definition without storing it; the answer has the warnings."""
    return podium.definitions.validate_workflow(
        body, at="validateWorkflowDef.workflowDef"
    )


@routes.post("/workflow")
def register_workflow(
    podium: Podium, body: WorkflowDef, *, overwrite: bool = False
) -> None:
    """Register a new definition; an existing version only with ``overwrite``."""
    podium.definitions.register_workflow(body, overwrite=overwrite)


@routes.put("/workflow")
def update_workflows(podium: Podium, body: list[WorkflowDef]) -> JsonObject:
    """Create or update definitions."""
    return podium.definitions.update_workflows(body)


@routes.get("/workflow")
def list_workflows(
    podium: Podium, *, classifier: str | None = None
) -> list[WorkflowDef]:
    """List all versions of all definitions."""
    return podium.definitions.workflows(classifier)


@routes.get("/workflow/names-and-versions")
def list_names_and_versions(podium: Podium) -> dict[str, list[JsonObject]]:
    """List the versions of each name."""
    return podium.definitions.names_and_versions()


@routes.get("/workflow/names")
def list_names(podium: Podium) -> list[str]:
    """List the names of all definitions."""
    return podium.definitions.names()


@routes.get("/workflow/latest-versions")
def list_latest_versions(podium: Podium) -> list[WorkflowDef]:
    """List the latest version of each definition."""
    return podium.definitions.latest_workflows()


@routes.get("/workflow/<name>/versions")
def list_versions(podium: Podium, name: str) -> list[JsonObject]:
    """List the versions of one name."""
    return podium.definitions.versions(name)


@routes.get("/workflow/<name>")
def get_workflow(
    podium: Podium, name: str, *, version: int | None = None
) -> WorkflowDef:
    """Get a definition; the latest version where none is given."""
    return podium.definitions.workflow(name, version)


@routes.delete("/workflow/<name>/<version>")
def delete_workflow(podium: Podium, name: str, version: int) -> None:
    """Remove one version of a definition."""
    podium.definitions.remove_workflow(name, version)


@routes.post("/taskdefs")
def register_tasks(podium: Podium, body: list[TaskDef]) -> None:
    """Register task definitions, new or not."""
    podium.definitions.register_tasks(body)


@routes.put("/taskdefs")
def update_tasks(podium: Podium, body: list[TaskDef]) -> None:
    """Update task definitions that exist."""
    for definition in body:
        podium.definitions.update_task(definition)


@routes.get("/taskdefs")
def list_tasks(podium: Podium) -> list[TaskDef]:
    """List all task definitions."""
    return podium.definitions.tasks()


@routes.get("/taskdefs/<tasktype>")
def get_task(podium: Podium, tasktype: str) -> TaskDef:
    """Get a task definition."""
    return podium.definitions.task(tasktype)


@routes.delete("/taskdefs/<tasktype>")
def delete_task(podium: Podium, tasktype: str) -> None:
    """Remove a task definition."""
    podium.definitions.remove_task(tasktype)
