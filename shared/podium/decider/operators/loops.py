"""DO_WHILE: the body again and again, while a condition holds (reference 3.6).

A loop stays IN_PROGRESS under one task.  Its children carry the loop's counter in their
``iterations``, so ``ref__N`` of Conductor is unique in nested loops as well.
"""

from __future__ import annotations

from typing import Any

from podium.decider.definition import Node
from podium.decider.events import ABSENT, LoopAdvanced, TaskUpdated
from podium.decider.scheduling import Attempt, add, resolve_input, schedule
from podium.decider.state import TaskState
from podium.decider.turn import Place, Turn, encode
from podium.errors import ExpressionFailed
from podium.expressions.evaluators import loop_condition_reads
from podium.expressions.javascript import evaluate, is_truthy
from podium.expressions.template import compile_template
from podium.model.task import TaskStatus


def schedule_loop(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Open the loop and its first iteration; an empty list of items ends it at once."""
    loop = add(
        turn,
        place,
        attempt,
        status=TaskStatus.IN_PROGRESS,
        task_input=resolve_input(turn, place),
    )
    _begin_first(turn, loop, place.node)


def judge_loop(turn: Turn, loop: TaskState) -> None:
    """Go on with a loop whose present iteration may be complete.

    It is complete when every task of the body is settled, nothing inside is open and
    no task inside still has successors to schedule.
    """
    if not loop.is_open or loop.open:
        return
    node = turn.node_of(loop)
    if loop.iteration == 0:
        _begin_first(turn, loop, node)
        return
    around = (*loop.iterations, loop.iteration)
    first = turn.state.tasks.get(node.body[0].ref) if node.body else None
    if node.body and (first is None or first.iterations != around):
        open_body(turn, loop)
        return
    body = [turn.state.tasks.get(child.ref) for child in reversed(node.body)]
    for child in body:
        if child is None or child.iterations != around or not child.settled:
            return
    waiting = turn.state.unsettled.values()
    if any(turn.state.tasks[ref].loop == loop.ref for ref in waiting):
        return
    _finish_iteration(turn, loop, node)


def open_body(turn: Turn, loop: TaskState) -> None:
    """Schedule the first task of the body for the present iteration."""
    node = turn.node_of(loop)
    if not node.body:
        return
    inner = Place(node.body[0], (*loop.iterations, loop.iteration), loop.root)
    schedule(turn, inner)


def _finish_iteration(turn: Turn, loop: TaskState, node: Node) -> None:
    failures = [
        child
        for ref in node.body_refs
        if (child := turn.state.tasks.get(ref)) is not None
        and child.iterations[: len(loop.iterations) + 1]
        == (*loop.iterations, loop.iteration)
        and not child.status.is_successful
    ]
    if failures:
        reasons = " ".join(child.reason or "" for child in failures)
        _end(turn, loop, TaskStatus.FAILED, reasons)
        return
    try:
        items = _items(turn, node, loop)
        goes_on = _goes_on(turn, loop, node, items)
    except ExpressionFailed as failure:
        reason = (
            f"Unable to evaluate condition {node.task.loop_condition}, "
            f"exception {failure.message}"
        )
        _end(turn, loop, TaskStatus.FAILED_WITH_TERMINAL_ERROR, reason)
        return
    if goes_on:
        _begin(turn, loop, loop.iteration + 1, items)
    else:
        _end(turn, loop, TaskStatus.COMPLETED, None)


def _begin_first(turn: Turn, loop: TaskState, node: Node) -> None:
    items = _items(turn, node, loop)
    if items is not None and not items:
        _end(turn, loop, TaskStatus.COMPLETED, None, {"iteration": 0})
        return
    _begin(turn, loop, 1, items)


def _begin(turn: Turn, loop: TaskState, number: int, items: list[Any] | None) -> None:
    output: dict[str, Any] = {"iteration": number}
    if items is not None:
        output["loopIndex"] = number - 1
        if number <= len(items):
            output["loopItem"] = items[number - 1]
    turn.emit(LoopAdvanced(seq=loop.seq, iteration=number, output=encode(output)))
    open_body(turn, turn.state.tasks[loop.ref])


def _end(
    turn: Turn,
    loop: TaskState,
    status: TaskStatus,
    reason: str | None,
    output: dict[str, Any] | None = None,
) -> None:
    turn.emit(
        TaskUpdated(
            seq=loop.seq,
            status=status,
            reason=reason,
            output=ABSENT if output is None else encode(output),
        )
    )


def _items(turn: Turn, node: Node, loop: TaskState) -> list[Any] | None:
    """Return what the loop goes over, None where it only has a condition."""
    value = None
    if node.task.items:
        value = turn.resolve(compile_template(node.task.items), turn.task_id(loop))
    elif node.task.input_parameters.get("_items"):
        value = turn.resolve(node.input, turn.task_id(loop)).get("_items")
    else:
        return None
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _goes_on(turn: Turn, loop: TaskState, node: Node, items: list[Any] | None) -> bool:
    condition = node.task.loop_condition
    if items is not None and loop.iteration >= len(items):
        return False
    if not condition or not condition.strip():
        return items is not None
    bindings = dict(turn.resolve(node.input, turn.task_id(loop)))
    reads = loop_condition_reads(condition, node.ref, node.body_refs)
    bindings[node.ref] = (
        turn.output_of(loop) if reads.iterations else turn.own_output_of(loop)
    )
    if loop.full_ref != node.ref:
        bindings[loop.full_ref] = bindings[node.ref]
    for ref in node.body_refs:
        child = turn.state.tasks.get(ref)
        if child is not None and ref in reads.body_refs:
            bindings[ref] = turn.output_of(child)
    if items is not None:
        bindings |= {
            "loopIndex": loop.iteration - 1,
            "loopItem": items[loop.iteration - 1],
        }
    return is_truthy(evaluate(condition, bindings))
