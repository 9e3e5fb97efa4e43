"""SWITCH and DECISION: one branch of several (reference 3.4).

Both are evaluated at the moment they are scheduled, and are done then.  Their case's
first task comes next; what follows the SWITCH itself comes after the case's last task.
"""

from __future__ import annotations

from typing import Any

from podium.decider.definition import Node
from podium.decider.scheduling import Attempt, add, resolve_input
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.errors import ExpressionFailed
from podium.expressions.evaluators import EVALUATORS, evaluate_with
from podium.expressions.javascript import evaluate
from podium.expressions.template import java_string
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.model.workflow_task import WorkflowTask


def schedule_switch(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Evaluate the expression and choose the case."""
    task = place.node.task
    inputs = resolve_input(turn, place, attempt, None)
    if task.evaluator_type not in EVALUATORS:
        reason = f"No evaluator registered for type: {task.evaluator_type}"
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    try:
        result = evaluate_with(task.evaluator_type, task.expression or "", inputs)
    except ExpressionFailed as failure:
        _fail(turn, place, attempt, inputs, failure.message)
        return
    case = java_string(result)
    if case_node(place.node, case) is not None:
        inputs["hasChildren"] = "true"
    inputs["case"] = case
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=inputs,
        output={"evaluationResult": [case], "selectedCase": case},
    )


def schedule_decision(turn: Turn, place: Place, attempt: Attempt) -> None:
    """Evaluate the deprecated DECISION, by script or by an input's value."""
    task = place.node.task
    inputs = resolve_input(turn, place, attempt, None)
    try:
        case = java_string(_decide_case(task, inputs))
    except ExpressionFailed as failure:
        _fail(turn, place, attempt, inputs, failure.message)
        return
    if case_node(place.node, case) is not None:
        inputs["hasChildren"] = "true"
    inputs["case"] = case
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.COMPLETED,
        task_input=inputs,
        output={"caseOutput": [case]},
    )


def _decide_case(task: WorkflowTask, inputs: dict[str, Any]) -> Any:
    if task.case_expression:
        return evaluate(task.case_expression, inputs)
    return inputs.get(task.case_value_param or "")


def case_node(node: Node, case: str) -> Node | None:
    """Return the first task of the chosen case, None where nothing is to run.

    A SWITCH case with an empty list runs nothing; an empty DECISION case falls back to
    the default.
    """
    chosen = node.first_of_case(case)
    if chosen is not None:
        return chosen
    if node.task.type == "SWITCH" and case in node.task.decision_cases:
        return None
    return node.first_of_default


def _fail(
    turn: Turn, place: Place, attempt: Attempt, inputs: dict[str, Any], why: str
) -> None:
    add(
        turn,
        place,
        attempt,
        status=TaskStatus.FAILED,
        task_input=inputs,
        output={},
        reason=why,
    )
