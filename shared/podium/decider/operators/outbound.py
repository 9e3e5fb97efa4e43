"""HTTP, EVENT and START_WORKFLOW: run outside the decision, reported by command."""

from __future__ import annotations

from podium.decider.beginning import begin
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
from podium.decider.task_types import OUTBOUND
from podium.decider.turn import Place, Turn


def schedule_outbound(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Queue the task for the system-task worker (reference 3.0)."""
    task = place.node.task
    definition = definition_of(turn, place)
    inputs = resolve_input(turn, place, definition)
    if task.type == "EVENT":
        inputs["sink"] = turn.resolve(place.node.sink)
    if task.type in OUTBOUND:
        given = inputs.get("asyncComplete", False)
        inputs["asyncComplete"] = task.async_complete or given
    delay = delay_fields(task.type, delay_of(place, attempt))
    add(
        turn,
        place,
        attempt,
        task_input=inputs,
        limits=limits_of(definition),
        quota=quota_of(definition),
        definition=definition,
        **begin(turn, place, inputs, task.name, delay),
    )
