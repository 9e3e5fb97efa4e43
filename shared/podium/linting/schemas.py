"""The schemas of a definition, and what of it is kept but not followed."""

from __future__ import annotations

from collections.abc import Iterator

from podium.decider.beginning import NOT_REMEMBERED
from podium.decider.task_types import OUTBOUND, SYSTEM
from podium.expressions.schemas import is_enforced, what_is_wrong_with
from podium.linting.findings import LintFinding, Steps
from podium.linting.flow import Flow
from podium.model.schema import SchemaDef
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask

_FORKS = frozenset({"FORK_JOIN", "FORK_JOIN_DYNAMIC"})


def lint_schemas(definition: WorkflowDef) -> Iterator[LintFinding]:
    """Yield the schemas of a workflow that are not held to, or cannot be."""
    pairs = (
        ("inputSchema", definition.input_schema),
        ("outputSchema", definition.output_schema),
    )
    for field, schema in pairs:
        if schema is not None:
            yield from _schema(schema, (field,), is_wanted=definition.enforce_schema)


def lint_task_schemas(flow: Flow) -> Iterator[LintFinding]:
    """Yield the schemas of inline task definitions that are not held to."""
    for visit in flow.visits:
        inline = visit.task.task_definition
        if inline is None:
            continue
        pairs = (
            ("inputSchema", inline.input_schema),
            ("outputSchema", inline.output_schema),
        )
        for field, schema in pairs:
            if schema is not None and inline.enforce_schema:
                steps = (*visit.steps, "taskDefinition", field)
                yield from _schema(schema, steps, is_wanted=True)


def _schema(
    schema: SchemaDef, steps: Steps, *, is_wanted: bool
) -> Iterator[LintFinding]:
    wrong = what_is_wrong_with(schema)
    if wrong is not None:
        yield LintFinding("broken-schema", (*steps, "data"), wrong)
    elif is_wanted and not is_enforced(schema):
        said = "only a schema of type JSON with its data written here is enforced"
        yield LintFinding("schema-not-enforced", steps, said, schema.name)


def lint_caches(flow: Flow) -> Iterator[LintFinding]:
    """Yield ``cacheConfig`` where nothing is remembered."""
    for visit in flow.visits:
        task = visit.task
        if task.cache_config is None or _is_cached(task):
            continue
        said = f"the output of a {task.type} is not remembered"
        yield LintFinding("not-followed", (*visit.steps, "cacheConfig"), said)


def _is_cached(task: WorkflowTask) -> bool:
    if task.type in OUTBOUND:
        return task.type not in NOT_REMEMBERED
    return task.type not in SYSTEM | _FORKS
