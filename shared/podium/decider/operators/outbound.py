"""HTTP, EVENT and START_WORKFLOW: run outside the decision, reported by command."""

from __future__ import annotations

from podium.decider.scheduling import (
    Attempt,
    add,
    definition_of,
    delay_fields,
    delay_of,
    limits_of,
    resolve_input,
)
from podium.decider.turn import Place, Turn
from podium.model.task import TaskStatus


def schedule_outbound(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Queue the task for the system-task worker (reference 3.0)."""
    task = place.node.task
    definition = definition_of(turn, place)
    inputs = resolve_input(turn, place, attempt, definition)
    if task.type == "EVENT":
        inputs["sink"] = sink_of(turn, place)
    if task.async_complete:
        inputs.setdefault("asyncComplete", True)
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.SCHEDULED,
        task_input=inputs,
        limits=limits_of(definition),
        **delay_fields(place.node.task.type, delay_of(place, attempt)),
    )


def sink_of(turn: Turn, place: Place) -> str:
    """Return where an EVENT goes, in full (reference 3.9)."""
    from podium.expressions.template import compile_template

    sink = str(turn.resolve(compile_template(place.node.task.sink)))
    provider, _, queue = sink.partition(":")
    if provider != "conductor":
        return sink
    return f"conductor:{turn.state.name}:{queue or place.node.ref}"
