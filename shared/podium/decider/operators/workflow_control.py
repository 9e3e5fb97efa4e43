"""SET_VARIABLE, TERMINATE and NOOP: tasks about the workflow itself (3.3, 3.4)."""

from __future__ import annotations

import msgspec

from podium.decider.events import VariablesSet
from podium.decider.scheduling import Attempt, add, resolve_input
from podium.decider.turn import Place, Turn, encode
from podium.model.task import TaskStatus

MAX_VARIABLES = 256 * 1024
_TERMINATION_STATUSES = ("COMPLETED", "FAILED", "TERMINATED")


def schedule_set_variable(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Lay the input over the workflow's variables, up to 256 KB in all."""
    inputs = resolve_input(turn, place)
    merged = turn.variables() | inputs
    size = len(msgspec.json.encode(merged))
    if size > MAX_VARIABLES:
        reason = (
            f"The variables payload size: {size // 1024} KB of workflow: "
            f"{turn.state.workflow_id} is greater than the permissible limit: "
            f"{MAX_VARIABLES // 1024} KB"
        )
        status = TaskStatus.FAILED_WITH_TERMINAL_ERROR
        add(turn, place, attempt, status=status, task_input=inputs, reason=reason)
        return
    turn.emit(VariablesSet(values=encode(inputs)))
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=inputs,
        output={},
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
