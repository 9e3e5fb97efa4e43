"""SUB_WORKFLOW: a workflow as a task (reference 3.7).

The task is SCHEDULED until its child exists and IN_PROGRESS until the child ends.  The
child's first entry is written before the parent's entry that names it, so nobody ever
sees a child that is not there.
"""

from __future__ import annotations

from typing import Any

from podium.decider.facts import WorkflowDefinition, require
from podium.decider.scheduling import (
    Attempt,
    add,
    definition_of,
    delay_fields,
    delay_of,
    limits_of,
    quota_of,
    resolve_input,
)
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.expressions.template import compile_template
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_definition import WorkflowDef


def schedule_sub_workflow(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Resolve which workflow to run with which input, and schedule its launch."""
    definition = definition_of(turn, place)
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.SCHEDULED,
        task_input=_parameters(turn, place)
        | {"workflowInput": resolve_input(turn, place, definition)},
        limits=limits_of(definition),
        quota=quota_of(definition),
        definition=definition,
        **delay_fields(place.node.task.type, delay_of(place, attempt)),
    )


def _parameters(turn: Turn, place: Place) -> dict[str, Any]:
    """Return what the launch is to know of the child, besides its input.

    Whether the version that is asked for exists shows at the launch; that there is a
    latest one is a condition for the task.  An inline definition is taken as it stands:
    what looks like an expression in it is the child's.
    """
    task = place.node.task
    if task.sub_workflow_param is None:
        reason = (
            f"Task {task.name} is defined as sub-workflow and is missing "
            "subWorkflowParams. Please check the workflow definition"
        )
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    raw = task.sub_workflow_param.to_json()
    inline = raw.pop("workflowDefinition", None)
    params = turn.resolve(compile_template(raw))
    if isinstance(inline, str):
        inline = turn.resolve(compile_template(inline))
    name, version = params.get("name"), _version(params.get("version"))
    if inline is None and version is None:
        version = _latest_version(turn, name)
    return {
        "subWorkflowName": name,
        "subWorkflowVersion": version if inline is None else None,
        "subWorkflowTaskToDomain": params.get("taskToDomain"),
        "subWorkflowDefinition": inline,
        "priority": params.get("priority"),
        "idempotencyKey": params.get("idempotencyKey"),
        "idempotencyStrategy": params.get("idempotencyStrategy"),
    }


def _latest_version(turn: Turn, name: Any) -> int:
    found: WorkflowDef | None = require(turn.facts, WorkflowDefinition(str(name), None))
    if found is None:
        reason = (
            f"The Task {name} defined as a sub-workflow has no workflow definition "
            "available "
        )
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    return found.version


def _version(value: Any) -> int | None:
    """Return the wanted version; 0, empty and absent mean the latest."""
    try:
        return int(value) or None
    except (TypeError, ValueError):
        return None
