"""Definitions of workflows and tasks: ``/metadata`` (reference 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podium.model.search_result import BulkResponse
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium_sdk.api import Api, many, one, route

WorkflowDefinition = WorkflowDef | Mapping[str, Any]
"""A definition as a model, or as the JSON object of a file, which is sent as it is."""

TaskDefinition = TaskDef | Mapping[str, Any]
"""A task definition as a model, or as the JSON object of a file."""


class Metadata:
    """Registers, reads and deletes definitions."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def register_workflow(
        self, definition: WorkflowDefinition, *, overwrite: bool = False
    ) -> None:
        """Add a definition; Conflict where this name and version are taken."""
        self._api.call(
            "POST",
            "/metadata/workflow",
            query={"overwrite": overwrite},
            body=definition,
        )

    def update_workflows(
        self, definitions: Sequence[WorkflowDefinition]
    ) -> BulkResponse[str]:
        """Add or replace definitions by name and version."""
        answer = self._api.call("PUT", "/metadata/workflow", body=list(definitions))
        return one(BulkResponse[str], answer)

    def validate_workflow(self, definition: WorkflowDefinition) -> None:
        """Raise BadRequest, with all findings, where a definition is not valid."""
        self._api.call("POST", "/metadata/workflow/validate", body=definition)

    def get_workflow(self, name: str, version: int | None = None) -> WorkflowDef:
        """Return a definition, the latest where no version is given."""
        path = route("metadata", "workflow", name)
        return one(WorkflowDef, self._api.call("GET", path, query={"version": version}))

    def list_workflows(self) -> list[WorkflowDef]:
        """Return all versions of all definitions."""
        return many(WorkflowDef, self._api.call("GET", "/metadata/workflow"))

    def delete_workflow(self, name: str, version: int) -> None:
        """Remove one version of a definition; running workflows keep their copy."""
        self._api.call("DELETE", route("metadata", "workflow", name, version))

    def register_tasks(self, definitions: Sequence[TaskDefinition]) -> None:
        """Add or replace task definitions."""
        self._api.call(
            "POST", "/metadata/taskdefs", body=list(definitions), repeatable=True
        )

    def update_task(self, definition: TaskDefinition) -> None:
        """Replace a task definition; NotFound where there is none of this name."""
        self._api.call("PUT", "/metadata/taskdefs", body=definition)

    def get_task(self, name: str) -> TaskDef:
        """Return a task definition."""
        return one(TaskDef, self._api.call("GET", route("metadata", "taskdefs", name)))

    def list_tasks(self) -> list[TaskDef]:
        """Return all task definitions."""
        return many(TaskDef, self._api.call("GET", "/metadata/taskdefs"))

    def delete_task(self, name: str) -> None:
        """Remove a task definition."""
        self._api.call("DELETE", route("metadata", "taskdefs", name))
