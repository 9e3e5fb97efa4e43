"""INLINE, LAMBDA and JSON_JQ_TRANSFORM: computed on the spot (reference 3.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from podium.decider.beginning import why_unfit
from podium.decider.scheduling import Attempt, add, definition_of, resolve_input
from podium.decider.secret_values import revealed
from podium.decider.turn import Place, Turn
from podium.errors import ExpressionFailed, ExpressionTimeout
from podium.expressions.evaluators import EVALUATORS, evaluate_with
from podium.expressions.javascript import evaluate_function_body
from podium.expressions.jq import transform
from podium.model.task import TaskStatus

_Compute = Callable[[dict[str, Any]], dict[str, Any]]


def schedule_inline(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Evaluate an INLINE task; a failing script is not retried, a slow one is."""
    _compute(turn, place, attempt, _inline, TaskStatus.FAILED_WITH_TERMINAL_ERROR)


def schedule_lambda(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Evaluate a deprecated LAMBDA task: its script is a function's body."""
    _compute(turn, place, attempt, _lambda, TaskStatus.FAILED)


def schedule_jq(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Run a jq program over the task's input."""
    _compute(turn, place, attempt, _jq, TaskStatus.FAILED)


def _inline(inputs: dict[str, Any]) -> dict[str, Any]:
    evaluator = "javascript"
    if inputs.get("evaluatorType") is not None:
        evaluator = _text(inputs, "evaluatorType", "INLINE")
    if evaluator not in EVALUATORS:
        raise ExpressionFailed(f"Unknown evaluator '{evaluator}' in INLINE task.")
    expression = _text(inputs, "expression", "Inline")
    return {"result": evaluate_with(evaluator, expression, inputs)}


def _lambda(inputs: dict[str, Any]) -> dict[str, Any]:
    script = _text(inputs, "scriptExpression", "Lambda")
    return {"result": evaluate_function_body(script, inputs)}


def _text(inputs: dict[str, Any], key: str, task: str) -> str:
    """Return an input that must be a text with something in it."""
    value = inputs.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ExpressionFailed(
            f"Empty '{key}' in {task} task's input parameters. "
            "A non-empty String value must be provided."
        )
    return value


def _jq(inputs: dict[str, Any]) -> dict[str, Any]:
    query = inputs.get("queryExpression")
    if not isinstance(query, str) or not query.strip():
        raise ExpressionFailed("Missing 'queryExpression' in input parameters")
    document = {key: value for key, value in inputs.items() if key != "queryExpression"}
    results = transform(query, document)
    return {"result": results[0] if results else None, "resultList": results}


def _compute(
    turn: Turn, place: Place, attempt: Attempt, compute: _Compute, failed: TaskStatus
) -> None:
    definition = definition_of(turn, place)
    inputs = resolve_input(turn, place, definition)
    known = revealed(turn, inputs)
    reason = None
    try:
        output = compute(known.inputs)
        status = TaskStatus.COMPLETED
    except ExpressionTimeout as failure:
        status, reason = TaskStatus.FAILED, known.conceal(failure.message)
        output = {"error": reason}
    except ExpressionFailed as failure:
        status, reason = failed, known.conceal(failure.message)
        output = {"error": reason}
    if reason is None:
        reason = why_unfit(definition, output)
        status = status if reason is None else TaskStatus.FAILED
    add(
        turn,
        place,
        attempt,
        status=status,
        task_input=inputs,
        output=output,
        definition=definition,
        reason=reason,
    )
