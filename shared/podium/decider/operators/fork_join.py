"""FORK_JOIN, JOIN and EXCLUSIVE_JOIN (reference 3.5)."""

from __future__ import annotations

from typing import Any

from podium.decider.definition import Node
from podium.decider.scheduling import (
    Attempt,
    add,
    definition_of,
    limits_of,
    resolve_input,
)
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

_NOT_FOLLOWED = (
    "Fork task definition is not followed by a join task.  Check the blueprint"
)


def schedule_fork(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Record the FORK, which is done at once; settling it opens the branches."""
    require_join(place.node)
    inputs = resolve_input(turn, place)
    inputs["forkedTasks"] = [node.ref for node in place.node.first_of_branches]
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=inputs,
        task_type="FORK",
    )


def require_join(fork: Node, reason: str = _NOT_FOLLOWED) -> Node:
    """Return the JOIN that must follow a fork; the reason is why there must."""
    join = fork.following
    if join is None or join.task.type != "JOIN":
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    return join


def schedule_join(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Open a JOIN over the references of its definition."""
    add_join(turn, place, attempt, tuple(place.node.task.join_on))


def add_join(
    turn: Turn, place: Place, attempt: Attempt, join_on: tuple[str, ...]
) -> None:
    """Open a JOIN over these references; it is judged as soon as it is open."""
    definition = definition_of(turn, place)
    inputs: dict[str, Any] = resolve_input(turn, place, definition)
    suffix = "".join(f"__{number}" for number in place.iterations)
    inputs["joinOn"] = [ref + suffix for ref in join_on]
    join = add(
        turn,
        place,
        attempt,
        status=TaskStatus.IN_PROGRESS,
        task_input=inputs,
        join_on=tuple(dict.fromkeys(join_on)),
        limits=limits_of(definition),
    )
    turn.to_judge.append(join.ref)


def schedule_exclusive_join(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Open an EXCLUSIVE_JOIN, watching its references and its defaults."""
    task = place.node.task
    inputs = resolve_input(turn, place)
    inputs["joinOn"] = list(task.join_on)
    inputs["defaultExclusiveJoinTask"] = list(task.default_exclusive_join_task)
    watched = (*task.join_on, *task.default_exclusive_join_task)
    join = add(
        turn,
        place,
        attempt,
        status=TaskStatus.IN_PROGRESS,
        task_input=inputs,
        join_on=tuple(dict.fromkeys(watched)),
    )
    turn.to_judge.append(join.ref)
