"""Everything that is wrong with a definition, at once."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from podium.expressions.javascript import is_syntax_valid
from podium.linting.children import KnownWorkflow, lint_children
from podium.linting.control import lint_control
from podium.linting.findings import CONDUCTOR, LintFinding, Steps, read_path
from podium.linting.flow import Flow
from podium.linting.parameters import lint_parameters
from podium.linting.places import places
from podium.linting.references import lint_references
from podium.linting.schemas import lint_caches, lint_schemas, lint_task_schemas
from podium.linting.types import unknown_types
from podium.model.task_definition import TaskDef
from podium.model.task_type_rules import KnownTaskDefinition
from podium.model.validation import check_task_definition, check_workflow_definition
from podium.model.workflow_definition import WorkflowDef

MOST_TASKS = 5_000
"""Beyond it only the rules of single tasks are looked at: the way is too long."""


def _no_task_definition(_name: str) -> TaskDef | None:
    return None


def _any_workflow(_name: str, _version: int | None) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the world that a definition is for.

    Without knowing its workflows, every one is taken to be there.
    """

    task_definition: KnownTaskDefinition = _no_task_definition
    has_workflow: KnownWorkflow = _any_workflow
    environment: Container[str] = ()


def lint(
    definition: WorkflowDef, surroundings: Surroundings = Surroundings()
) -> list[LintFinding]:
    """Return all findings in the order in which they stand in the definition."""
    ours = [*unknown_types(definition, surroundings.task_definition)]
    if sum(1 for _ in places(definition)) <= MOST_TASKS:
        ours += _by_flow(definition, surroundings)
    ours += lint_schemas(definition)
    ours += _inline_children(definition, surroundings)
    said = {finding.message for finding in ours}
    theirs = [
        finding
        for finding in _by_conductor(definition, surroundings)
        if finding.message not in said
    ]
    return sorted([*theirs, *ours], key=_order)


def lint_task(definition: TaskDef) -> list[LintFinding]:
    """Return what is wrong with a task definition."""
    return [
        LintFinding(CONDUCTOR, read_path(one.path), one.message, one.invalid_value)
        for one in check_task_definition(definition)
    ]


def _by_conductor(
    definition: WorkflowDef, surroundings: Surroundings
) -> Iterator[LintFinding]:
    for one in check_workflow_definition(
        definition,
        surroundings.task_definition,
        syntax=is_syntax_valid,
        environment=surroundings.environment,
    ):
        yield LintFinding(
            CONDUCTOR, read_path(one.path), one.message, one.invalid_value
        )


def _by_flow(
    definition: WorkflowDef, surroundings: Surroundings
) -> Iterator[LintFinding]:
    flow = Flow(definition)
    yield from lint_references(definition, flow, surroundings.environment)
    yield from lint_control(flow)
    yield from lint_parameters(flow, surroundings.task_definition)
    yield from lint_children(definition, flow, surroundings.has_workflow)
    yield from lint_task_schemas(flow)
    yield from lint_caches(flow)


def _inline_children(
    definition: WorkflowDef, surroundings: Surroundings
) -> Iterator[LintFinding]:
    """Yield what is wrong with sub-workflows that are written in a definition."""
    for steps, task in places(definition):
        params = task.sub_workflow_param
        if params is None or not isinstance(params.workflow_definition, WorkflowDef):
            continue
        inner: Steps = (*steps, "subWorkflowParam", "workflowDefinition")
        for found in lint(params.workflow_definition, surroundings):
            yield LintFinding(
                found.rule, (*inner, *found.steps), found.message, found.value
            )


def _order(finding: LintFinding) -> tuple[tuple[bool, str | int], ...]:
    """Sort by place; indices by number and before keys."""
    return tuple((isinstance(step, str), step) for step in finding.steps)
