"""DYNAMIC: a task whose name is decided at run time (reference 3.1)."""

from __future__ import annotations

from podium.decider.scheduling import Attempt, schedule_worker_task
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.model.workflow import WorkflowStatus


def schedule_dynamic(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Schedule the worker task that the input names."""
    task = place.node.task
    inputs = turn.resolve(place.node.input)
    name = inputs.get(task.dynamic_task_name_param or "")
    if not isinstance(name, str) or not name.strip():
        reason = (
            "Cannot map a dynamic task based on the parameter and input. "
            f"Parameter= {task.dynamic_task_name_param}, input= {inputs}"
        )
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    schedule_worker_task(turn, place, attempt, name)
