"""Definitions: register, read, remove (reference 1.4, 2.2-2.4)."""

from __future__ import annotations

from collections.abc import Sequence

from podium.errors import (
    AlreadyExists,
    Finding,
    NotFound,
    PodiumError,
    ValidationFailed,
)
from podium.expressions.javascript import is_syntax_valid
from podium.linting.findings import CONDUCTOR, LintFinding
from podium.linting.linter import Surroundings, lint
from podium.linting.types import unknown_types
from podium.model.task_definition import TaskDef
from podium.model.validation import check_task_definition, check_workflow_definition
from podium.model.workflow_definition import WorkflowDef
from podium.ports import Home
from podium.service.execution_view import JsonObject


class Definitions:
    """The API noun ``metadata``."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._metadata = home.metadata

    # --- workflows -------------------------------------------------------------

    def register_workflow(self, definition: WorkflowDef, *, overwrite: bool) -> None:
        """Store a definition; its name and version must be free, or ``overwrite``."""
        findings = self._check(definition, "registerWorkflowDef.workflowDef")
        if findings:
            raise ValidationFailed(findings)
        stamped = definition.model_copy(update={"create_time": self._now()})
        try:
            self._metadata.put_workflow(stamped, overwrite=overwrite)
        except AlreadyExists as taken:
            key = f"{definition.name}.{definition.version}"
            raise AlreadyExists(f"Workflow with {key} already exists!") from taken

    def validate_workflow(self, definition: WorkflowDef, *, at: str) -> JsonObject:
        """Return the warnings about a definition.

        Raises ValidationFailed where there are errors: what it would be refused for,
        and what would be accepted and cannot work.
        """
        surroundings = Surroundings(self._metadata.find_task, self._has_workflow)
        found = lint(definition, surroundings)
        refused = self._check(definition, at)
        known = {finding.message for finding in refused}
        refused += [
            _as_finding(one, at)
            for one in found
            if one.is_error and one.rule != CONDUCTOR and one.message not in known
        ]
        shown = {"findings": [one.to_json() for one in found]}
        if refused:
            raise ValidationFailed(refused, shown)
        return shown

    def _check(self, definition: WorkflowDef, at: str) -> list[Finding]:
        """Return what a definition is refused for.

        It is what Conductor refuses it for, and types that nobody runs.
        """
        find_task = self._metadata.find_task
        return [
            *check_workflow_definition(
                definition, find_task, syntax=is_syntax_valid, at=at
            ),
            *(_as_finding(one, at) for one in unknown_types(definition, find_task)),
        ]

    def _has_workflow(self, name: str, version: int | None) -> bool:
        return self._metadata.find_workflow(name, version) is not None

    def update_workflows(self, definitions: Sequence[WorkflowDef]) -> JsonObject:
        """Store definitions, new or not; one bad definition refuses the whole list."""
        if not definitions:
            at = "updateWorkflowDef.workflowDefList"
            raise ValidationFailed([Finding(at, "WorkflowDefList is empty")])
        findings: list[Finding] = []
        for number, definition in enumerate(definitions):
            at = f"updateWorkflowDef.workflowDefList[{number}]"
            findings += self._check(definition, at)
        if findings:
            raise ValidationFailed(findings)
        return self._store_all(definitions)

    def _store_all(self, definitions: Sequence[WorkflowDef]) -> JsonObject:
        stored, failed = [], {}
        for definition in definitions:
            present = self._metadata.find_workflow(definition.name, definition.version)
            created = present.create_time if present is not None else self._now()
            stamped = definition.model_copy(
                update={"create_time": created, "update_time": self._now()}
            )
            try:
                self._metadata.put_workflow(stamped, overwrite=True)
                stored.append(definition.name)
            except PodiumError as failure:
                failed[definition.name] = failure.message
        return {
            "bulkErrorResults": failed,
            "bulkSuccessfulResults": stored,
            "message": "Bulk Request has been processed.",
        }

    def workflow(self, name: str, version: int | None) -> WorkflowDef:
        """Return a version, or the latest one."""
        found = self._metadata.find_workflow(name, version)
        if found is None:
            raise NotFound(
                f"No such workflow found by name: {name}, version: "
                f"{'null' if version is None else version}"
            )
        return found

    def workflows(self, classifier: str | None = None) -> list[WorkflowDef]:
        """Return all versions of all workflows (of one classifier)."""
        found = self._metadata.list_workflows()
        if not classifier:
            return found
        return [one for one in found if one.classifier == classifier]

    def versions(self, name: str) -> list[JsonObject]:
        """Return the WorkflowDefSummary of each version of one workflow."""
        return [_summary(one) for one in self._metadata.list_workflows(name)]

    def names_and_versions(self) -> dict[str, list[JsonObject]]:
        """Return the WorkflowDefSummaries of all workflows by name."""
        found: dict[str, list[JsonObject]] = {}
        for definition in self._metadata.list_workflows():
            found.setdefault(definition.name, []).append(_summary(definition))
        return found

    def names(self) -> list[str]:
        """Return the names of all workflows."""
        return list(self.names_and_versions())

    def latest_workflows(self) -> list[WorkflowDef]:
        """Return the latest version of each workflow."""
        latest = {one.name: one for one in self._metadata.list_workflows()}
        return list(latest.values())

    def remove_workflow(self, name: str, version: int) -> None:
        """Remove one version; what runs by it goes on."""
        if not self._metadata.delete_workflow(name, version):
            raise NotFound(f"No such workflow definition: {name} version: {version}")

    # --- tasks -----------------------------------------------------------------

    def register_tasks(self, definitions: Sequence[TaskDef]) -> None:
        """Store task definitions, new or not."""
        if not definitions:
            at = "registerTaskDef.taskDefinitions"
            raise ValidationFailed([Finding(at, "TaskDefList is empty")])
        findings: list[Finding] = []
        for number, definition in enumerate(definitions):
            at = f"registerTaskDef.taskDefinitions[{number}]"
            findings += check_task_definition(definition, at=at)
        if findings:
            raise ValidationFailed(findings)
        for definition in definitions:
            now = {"create_time": self._now(), "update_time": self._now()}
            self._metadata.put_task(definition.model_copy(update=now))

    def update_task(self, definition: TaskDef) -> None:
        """Replace a task definition that exists."""
        findings = check_task_definition(definition, at="updateTaskDef.taskDefinition")
        if findings:
            raise ValidationFailed(findings)
        present = self._metadata.find_task(definition.name)
        if present is None:
            raise NotFound(f"No such task by name {definition.name}")
        times = {"create_time": present.create_time, "update_time": self._now()}
        self._metadata.put_task(definition.model_copy(update=times))

    def task(self, name: str) -> TaskDef:
        """Return a task definition."""
        found = self._metadata.find_task(name)
        if found is None:
            raise NotFound(f"No such taskType found by name: {name}")
        return found

    def tasks(self) -> list[TaskDef]:
        """Return all task definitions."""
        return self._metadata.list_tasks()

    def remove_task(self, name: str) -> None:
        """Remove a task definition."""
        if not self._metadata.delete_task(name):
            raise NotFound(f"No such task definition: {name}")

    def _now(self) -> int:
        return self._home.clock.now()


def _as_finding(found: LintFinding, at: str) -> Finding:
    return Finding(f"{at}.{found.path}", found.message, found.value)


def _summary(definition: WorkflowDef) -> JsonObject:
    return {
        "name": definition.name,
        "version": definition.version,
        "createTime": definition.create_time,
        "updateTime": definition.update_time,
    }
