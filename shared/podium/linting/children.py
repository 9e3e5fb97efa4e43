"""The workflows that a definition starts, and the schemas that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from podium.linting.findings import LintFinding, Steps
from podium.linting.flow import Flow, Visit
from podium.model.workflow_definition import WorkflowDef

KnownWorkflow: TypeAlias = Callable[[str, int | None], bool]
"""Tells whether there is a workflow of that name and version, or of that name."""


def lint_children(
    definition: WorkflowDef, flow: Flow, is_known: KnownWorkflow
) -> Iterator[LintFinding]:
    """Yield sub-workflows and failure workflows that do not exist, or never end."""
    for visit in flow.visits:
        yield from _child(definition, visit, flow, is_known)
    failure = definition.failure_workflow
    if failure and not failure.startswith("$"):
        version = definition.failure_workflow_version
        yield from _unknown(failure, version, ("failureWorkflow",), is_known)


def _child(
    definition: WorkflowDef, visit: Visit, flow: Flow, is_known: KnownWorkflow
) -> Iterator[LintFinding]:
    params = visit.task.sub_workflow_param
    if visit.task.type != "SUB_WORKFLOW" or params is None:
        return
    steps = (*visit.steps, "subWorkflowParam", "name")
    if params.workflow_definition is not None or not params.name:
        return
    if "${" in params.name:
        return
    if params.name == definition.name:
        bit = flow.bit(visit.task.task_reference_name)
        if flow.end.certain & bit and params.version in {None, 0, definition.version}:
            said = f"{params.name} always runs itself: it has no end"
            yield LintFinding("endless-recursion", steps, said, params.name)
        return
    yield from _unknown(params.name, params.version, steps, is_known)


def _unknown(
    name: str, version: int | None, steps: Steps, is_known: KnownWorkflow
) -> Iterator[LintFinding]:
    if not is_known(name, version or None):
        of = f" in version {version}" if version else ""
        said = f"no workflow {name} is registered{of}"
        yield LintFinding("unknown-workflow", steps, said, name)
