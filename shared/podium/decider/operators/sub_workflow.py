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
    resolve_input,
)
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.expressions.template import compile_template
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


def schedule_sub_workflow(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Resolve which workflow to run with which input, and schedule its launch."""
    definition = definition_of(turn, place)
    inputs = resolve_input(turn, place, attempt, definition)
    inputs |= _parameters(turn, place)
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.SCHEDULED,
        task_input=inputs,
        limits=limits_of(definition),
        **delay_fields(place.node.task.type, delay_of(place, attempt)),
    )


def _parameters(turn: Turn, place: Place) -> dict[str, Any]:
    given = place.node.task.sub_workflow_param
    if given is None:
        reason = f"Task {place.node.task.name} has no subWorkflowParam"
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    raw = given.to_json()
    inline = raw.pop("workflowDefinition", None)
    params = turn.resolve(compile_template(raw))
    if isinstance(inline, str):
        inline = turn.resolve(compile_template(inline))
    name = params.get("name")
    version = _version(params.get("version"))
    if isinstance(inline, dict):
        name, version = inline.get("name") or name, inline.get("version", 1)
    else:
        inline = None
        found = require(turn.facts, WorkflowDefinition(str(name), version))
        if found is None:
            reason = (
                f"The Task {place.node.task.name} defined as a sub-workflow has no "
                f"workflow definition available: {name}, version {version}"
            )
            raise EndWorkflow(WorkflowStatus.FAILED, reason)
        version = found.version
    return {
        "subWorkflowName": name,
        "subWorkflowVersion": version,
        "subWorkflowTaskToDomain": params.get("taskToDomain"),
        "subWorkflowDefinition": inline,
        "priority": params.get("priority"),
        "idempotencyKey": params.get("idempotencyKey"),
        "idempotencyStrategy": params.get("idempotencyStrategy"),
    }


def _version(value: Any) -> int | None:
    """Return the wanted version; 0, empty and absent mean the latest."""
    try:
        return int(value) or None
    except (TypeError, ValueError):
        return None
