"""WAIT and HUMAN: open until a time or a person (reference 3.8)."""

from __future__ import annotations

from typing import Any

from podium.decider.scheduling import (
    Attempt,
    add,
    definition_of,
    limits_of,
    resolve_input,
)
from podium.decider.turn import Place, Turn
from podium.errors import InvalidInput
from podium.expressions.durations import parse_duration, parse_until
from podium.expressions.template import java_string
from podium.model.task import TaskStatus

FOR_EVER = 2**31 - 1
"""Seconds: what Conductor shows of a wait without an end."""


def schedule_wait(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Open a WAIT that ends by itself, at ``duration`` from now or ``until`` then.

    With neither it is open until it is updated.  Where Conductor lets an unparseable
    duration escape from the decider, Podium fails the task.
    """
    definition = definition_of(turn, place)
    inputs = resolve_input(turn, place, definition)
    try:
        ends_at = _end_of_wait(inputs, turn.now)
    except InvalidInput as failure:
        add(
            turn,
            place,
            attempt,
            status=TaskStatus.FAILED_WITH_TERMINAL_ERROR,
            task_input=inputs,
            reason=failure.message,
        )
        return
    over = ends_at is not None and ends_at <= turn.now
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED if over else TaskStatus.IN_PROGRESS,
        task_input=inputs,
        due=ends_at or 0,
        callback_after=_seconds_until(ends_at, turn.now),
        limits=limits_of(definition),
        definition=definition,
        reason=None,
    )


def _end_of_wait(inputs: dict[str, Any], now: int) -> int | None:
    duration, until = (_text(inputs.get(key)) for key in ("duration", "until"))
    if duration and until:
        raise InvalidInput(
            "Both 'duration' and 'until' specified. Please provide only one input"
        )
    if duration:
        return now + parse_duration(duration)
    if until:
        return parse_until(until)
    return None


def _text(value: Any) -> str:
    return "" if value is None else java_string(value).strip()


def _seconds_until(moment: int | None, now: int) -> int:
    return FOR_EVER if moment is None else max(0, moment - now) // 1000


def schedule_human(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Open a task that a person ends."""
    definition = definition_of(turn, place)
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.IN_PROGRESS,
        task_input=resolve_input(turn, place, definition),
        limits=limits_of(definition),
        definition=definition,
        reason=None,
    )
