"""SWITCH and DECISION: one branch of several (reference 3.4).

Both are evaluated at the moment they are scheduled, and are done then.  Their case's
first task comes next; what follows the SWITCH itself comes after the case's last task.
"""

from __future__ import annotations

from typing import Any

from podium.decider.definition import Node
from podium.decider.scheduling import Attempt, add, resolve_input
from podium.decider.state import TaskState
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
    inputs = resolve_input(turn, place)
    if task.evaluator_type not in EVALUATORS:
        reason = f"No evaluator registered for type: {task.evaluator_type}"
        raise EndWorkflow(WorkflowStatus.FAILED, reason)
    try:
        result = evaluate_with(task.evaluator_type, task.expression or "", inputs)
    except ExpressionFailed as failure:
        add(
            turn,
            place,
            attempt,
            status=TaskStatus.FAILED,
            task_input=inputs,
            output={},
            reason=failure.message,
        )
        return
    case = java_string(result)
    if _case_node(place.node, case) is not None:
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
    """Evaluate the deprecated DECISION, by script or by an input's value.

    Other than a SWITCH, one whose script fails ends the workflow.
    """
    inputs = resolve_input(turn, place)
    case = java_string(_decide_case(place.node.task, inputs))
    if _case_node(place.node, case) is not None:
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
        try:
            return evaluate(task.case_expression, inputs)
        except ExpressionFailed as failure:
            reason = f"Error while evaluating script: {task.case_expression}"
            raise EndWorkflow(WorkflowStatus.FAILED, reason) from failure
    return inputs.get(task.case_value_param or "")


def chosen_case(turn: Turn, node: Node, task: TaskState) -> Node | None:
    """Return the first task of the case that a SWITCH or DECISION chose.

    None where nothing is to run, or where it was passed without being evaluated.
    """
    if task.status is not TaskStatus.COMPLETED:
        return None
    return _case_node(node, turn.input_of(task)["case"])


def _case_node(node: Node, case: str) -> Node | None:
    """Return the first task of a case, None where nothing is to run.

    A SWITCH case with an empty list runs nothing; an empty DECISION case falls back to
    the default.
    """
    chosen = node.first_of_case(case)
    if chosen is not None:
        return chosen
    if node.task.type == "SWITCH" and case in node.task.decision_cases:
        return None
    return node.first_of_default
