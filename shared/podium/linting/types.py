"""Which task types there are (reference 3.0)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podium.decider.operators import KNOWN_TYPES
from podium.linting.findings import LintFinding, Steps
from podium.linting.places import places
from podium.model.task_type_rules import KnownTaskDefinition
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask


def unknown_types(
    definition: WorkflowDef, registered: KnownTaskDefinition
) -> Iterator[LintFinding]:
    """Yield the task types that nobody runs.

    A type that is not Podium's own is a worker's, if there is a task definition for it:
    inline, or registered under the name of the task or of the type.
    """
    for steps, task in places(definition):
        if not _is_known(task, registered):
            yield _unknown(steps, task)


def _is_known(task: WorkflowTask, registered: KnownTaskDefinition) -> bool:
    if task.type in KNOWN_TYPES or task.task_definition is not None:
        return True
    return any(registered(name) is not None for name in (task.name, task.type) if name)


def _unknown(steps: Steps, task: WorkflowTask) -> LintFinding:
    said = (
        f"Unknown task type: {task.type}, taskName: {task.name}. "
        f"The known ones are {_listed(KNOWN_TYPES)}; another one needs a task "
        "definition of its name"
    )
    return LintFinding("unknown-type", (*steps, "type"), said, task.type)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
