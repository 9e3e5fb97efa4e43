"""PULL_WORKFLOW_MESSAGES: take what was pushed to the workflow (reference 3.8)."""

from __future__ import annotations

from podium.decider.messages import serve
from podium.decider.scheduling import (
    Attempt,
    add,
    definition_of,
    limits_of,
    resolve_input,
)
from podium.decider.turn import Place, Turn
from podium.model.task import TaskStatus


def schedule_pull(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Open the task; where there are messages, or none is waited for, end it at once.

    Conductor looks each second whether there are any.
    """
    definition = definition_of(turn, place)
    task = add(
        turn,
        place,
        attempt,
        status=TaskStatus.IN_PROGRESS,
        task_input=resolve_input(turn, place, definition),
        limits=limits_of(definition),
        reason=None,
    )
    if task.is_open:
        serve(turn, task)
