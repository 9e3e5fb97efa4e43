"""Whether a task has the inputs that its own script or setting reads by name."""

from __future__ import annotations

from collections.abc import Iterator

from podium.expressions.evaluators import EVALUATORS, names_read
from podium.linting.findings import LintFinding, Steps
from podium.linting.flow import Flow, Visit
from podium.model.task_type_rules import KnownTaskDefinition
from podium.model.workflow_task import WorkflowTask

_SCRIPTS = frozenset({"javascript", "graaljs"})
_OF_EVERY_LOOP = frozenset({"loopItem", "loopIndex", "iteration"})


def lint_parameters(
    flow: Flow, registered: KnownTaskDefinition
) -> Iterator[LintFinding]:
    """Yield what tasks read of their inputs that nothing puts there."""
    for visit in flow.visits:
        given = _given(visit.task, registered)
        yield from _evaluator(visit)
        yield from _scripts(visit, given)
        yield from _named(visit, given)


def _given(task: WorkflowTask, registered: KnownTaskDefinition) -> frozenset[str]:
    """Return the keys of a task's input."""
    definition = task.task_definition or registered(task.name)
    template = definition.input_template if definition is not None else {}
    return frozenset(task.input_parameters) | frozenset(template)


def _evaluator_of(task: WorkflowTask) -> str | None:
    """Return how a SWITCH or INLINE is evaluated."""
    if task.type == "SWITCH":
        return task.evaluator_type
    given = task.input_parameters.get("evaluatorType", "javascript")
    return given if isinstance(given, str) and "${" not in given else None


def _evaluator(visit: Visit) -> Iterator[LintFinding]:
    task = visit.task
    if task.type not in ("SWITCH", "INLINE"):
        return
    evaluator = _evaluator_of(task)
    if evaluator and evaluator not in EVALUATORS:
        inputs = ("inputParameters",) if task.type == "INLINE" else ()
        known = ", ".join(sorted(EVALUATORS))
        said = f"there is no evaluator {evaluator}; the known ones are {known}"
        yield LintFinding(
            "unknown-evaluator",
            (*visit.steps, *inputs, "evaluatorType"),
            said,
            evaluator,
        )


def _scripts(visit: Visit, given: frozenset[str]) -> Iterator[LintFinding]:
    """Report what a script reads of ``$`` that is not among the task's inputs."""
    steps, script = _script(visit.task, visit.steps)
    read = names_read(script) if script else None
    if read is None:
        return
    known = set(given)
    if visit.task.type == "DO_WHILE":
        known |= {one.task_reference_name for one in visit.task.collect()}
        known |= _OF_EVERY_LOOP
    for name in sorted(read - known):
        said = f"nothing gives $.{name}: the script finds it undefined"
        yield LintFinding("unknown-input", steps, said, script)


def _script(task: WorkflowTask, steps: Steps) -> tuple[Steps, str | None]:
    """Return the script of a task that reads its inputs by ``$``, and its place."""
    script: object = None
    match task.type:
        case "SWITCH" if task.evaluator_type in _SCRIPTS:
            steps, script = (*steps, "expression"), task.expression
        case "DECISION":
            steps, script = (*steps, "caseExpression"), task.case_expression
        case "DO_WHILE":
            steps, script = (*steps, "loopCondition"), task.loop_condition
        case "INLINE" if _evaluator_of(task) in _SCRIPTS:
            steps = (*steps, "inputParameters", "expression")
            script = task.input_parameters.get("expression")
        case "LAMBDA":
            steps = (*steps, "inputParameters", "scriptExpression")
            script = task.input_parameters.get("scriptExpression")
    is_text = isinstance(script, str) and "${" not in script
    return steps, str(script) if is_text else None


def _named(visit: Visit, given: frozenset[str]) -> Iterator[LintFinding]:
    """Report a setting that names an input which is not there."""
    task, steps = visit.task, visit.steps
    wanted: list[tuple[str, str | None]] = []
    match task.type:
        case "SWITCH" if task.evaluator_type == "value-param":
            wanted = [("expression", task.expression)]
        case "DECISION" if not task.case_expression:
            wanted = [("caseValueParam", task.case_value_param)]
        case "DYNAMIC":
            wanted = [("dynamicTaskNameParam", task.dynamic_task_name_param)]
        case "FORK_JOIN_DYNAMIC" if "forkTaskInputs" not in given:
            wanted = [
                ("dynamicForkTasksParam", task.dynamic_fork_tasks_param),
                (
                    "dynamicForkTasksInputParamName",
                    task.dynamic_fork_tasks_input_param_name,
                ),
                ("dynamicForkJoinTasksParam", task.dynamic_fork_join_tasks_param),
            ]
    rule = (
        "unknown-input" if task.type in ("SWITCH", "DECISION") else "missing-parameter"
    )
    for field, name in wanted:
        if name and name not in given:
            said = f"{field} names the input {name}, which the task does not have"
            yield LintFinding(rule, (*steps, field), said, name)
