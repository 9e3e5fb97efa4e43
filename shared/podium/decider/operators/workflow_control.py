"""SET_VARIABLE, TERMINATE and NOOP: tasks about the workflow itself (3.3, 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from podium.decider.commands import UpdateVariables
from podium.decider.events import VariablesSet
from podium.decider.scheduling import Attempt, add, resolve_input
from podium.decider.secret_values import revealed
from podium.decider.turn import Place, Turn, decode, encode
from podium.errors import Conflict, InvalidInput
from podium.model.task import TaskStatus

MAX_VARIABLES = 256 * 1024
_TERMINATION_STATUSES = ("COMPLETED", "FAILED", "TERMINATED")


def schedule_set_variable(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Lay the input over the workflow's variables, up to 256 KB in all."""
    inputs = resolve_input(turn, place)
    values = revealed(turn, inputs).inputs
    reason = _too_large(turn, values)
    if reason is not None:
        status = TaskStatus.FAILED_WITH_TERMINAL_ERROR
        add(turn, place, attempt, status=status, task_input=inputs, reason=reason)
        return
    turn.emit(VariablesSet(values=encode(values)))
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=inputs,
        output={},
    )


def update_variables(turn: Turn, command: UpdateVariables) -> None:
    """Lay values over the variables of a workflow that has not ended."""
    state = turn.state
    if state.status.is_terminal:
        raise Conflict(
            f"Workflow {state.workflow_id} has ended, variables cannot be updated."
        )
    values: dict[str, Any] = decode(command.values)
    if command.append:
        values = _appended(turn.variables(), values)
    reason = _too_large(turn, values)
    if reason is not None:
        raise InvalidInput(reason)
    if values:
        turn.emit(VariablesSet(values=encode(values)))


def _appended(present: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, each of them behind the list that its variable is."""
    found = {}
    for name, value in values.items():
        before = present.get(name)
        if isinstance(before, list):
            found[name] = [*before, *(value if isinstance(value, list) else [value])]
        else:
            found[name] = value
    return found


def _too_large(turn: Turn, values: Mapping[str, Any]) -> str | None:
    """Return what is wrong where the variables would be larger than they may be."""
    size = len(msgspec.json.encode({**turn.variables(), **values}))
    if size <= MAX_VARIABLES:
        return None
    return (
        f"The variables payload size: {size // 1024} KB of workflow: "
        f"{turn.state.workflow_id} is greater than the permissible limit: "
        f"{MAX_VARIABLES // 1024} KB"
    )


def schedule_terminate(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Check the wanted status; the workflow ends once the task is settled."""
    inputs = resolve_input(turn, place)
    wanted = inputs.get("terminationStatus")
    if wanted not in _TERMINATION_STATUSES:
        reason = f"given termination status is not valid: {wanted}"
        add(
            turn,
            place,
            attempt,
            status=TaskStatus.FAILED,
            task_input=inputs,
            reason=reason,
        )
        return
    given = inputs.get("workflowOutput")
    if given is None:
        given = {}
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=inputs,
        output=given if isinstance(given, dict) else {"output": given},
    )


def schedule_noop(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Do nothing."""
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=resolve_input(turn, place),
        output={},
    )
