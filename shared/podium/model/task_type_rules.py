"""What each task type asks of its definition, with Conductor's messages (2.3).

Each rule is a generator of messages for one task; the table at the end says which type
has which.  ``registered`` looks up the TaskDef of a name, because HTTP, KAFKA_PUBLISH
and JSON_JQ_TRANSFORM may get their request from its ``inputTemplate``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from podium.model.task_definition import TaskDef
from podium.model.workflow_task import WorkflowTask

KnownTaskDefinition: TypeAlias = Callable[[str], TaskDef | None]
SyntaxCheck: TypeAlias = Callable[[str], str | None]
"""Returns what is wrong with a script's syntax, or None."""

Rule: TypeAlias = Callable[[WorkflowTask, KnownTaskDefinition, SyntaxCheck], list[str]]

_TERMINATION_STATUSES = frozenset({"COMPLETED", "FAILED", "TERMINATED"})
_DURATION = re.compile(
    r"\s*(?:\d+\s*(?:days?|d))?\s*(?:\d+\s*(?:hours?|hrs?|h))?"
    r"\s*(?:\d+\s*(?:minutes?|mins?|m))?\s*(?:\d+\s*(?:seconds?|secs?|s))?\s*",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,4}-\d{1,2}-\d{1,2}(?: \d{1,2}:\d{1,2}(?: \S.*)?)?")


def broken_rules(
    task: WorkflowTask, registered: KnownTaskDefinition, syntax: SyntaxCheck
) -> list[str]:
    """Return the messages of the rules of the task's type that it breaks."""
    rule = _RULES.get(task.type)
    return rule(task, registered, syntax) if rule else []


def _required(field: str, task: WorkflowTask) -> str:
    return f"{field} field is required for taskType: {task.type} taskName: {task.name}"


def _at_least_one(field: str, task: WorkflowTask) -> str:
    return (
        f"{field} should have atleast one task for taskType: {task.type} "
        f"taskName: {task.name}"
    )


def _require(*fields: str) -> Rule:
    """Make the rule that these fields (by JSON name: attribute) must be there."""
    pairs = [field.split(":") for field in fields]

    def rule(
        task: WorkflowTask, _registered: KnownTaskDefinition, _syntax: SyntaxCheck
    ) -> list[str]:
        absent = (None, ())
        return [
            _required(name, task)
            for name, attribute in pairs
            if getattr(task, attribute) in absent
        ]

    return rule


def _require_input(
    said: str, *keys: str, template_key: str
) -> Callable[[WorkflowTask, KnownTaskDefinition, SyntaxCheck], list[str]]:
    """Make the rule that an input key, or the TaskDef's template, has the request."""

    def rule(
        task: WorkflowTask, registered: KnownTaskDefinition, _syntax: SyntaxCheck
    ) -> list[str]:
        if any(key in task.input_parameters for key in keys):
            return []
        definition = task.task_definition or registered(task.name)
        if definition and template_key in definition.input_template:
            return []
        return [_required(said, task)]

    return rule


def _bad_syntax(task: WorkflowTask, script: str, syntax: SyntaxCheck) -> Iterator[str]:
    wrong = syntax(script)
    if wrong is not None:
        yield (
            f"Expression is not well formatted: {wrong}, "
            f"taskType: {task.type} taskName {task.name}"
        )


def _check_decision(
    task: WorkflowTask, _registered: KnownTaskDefinition, syntax: SyntaxCheck
) -> list[str]:
    broken = []
    if task.case_value_param is None and task.case_expression is None:
        broken.append(_required("caseValueParam or caseExpression", task))
    if not task.decision_cases:
        broken.append(_at_least_one("decisionCases", task))
    if task.case_expression is not None:
        broken += _bad_syntax(task, task.case_expression, syntax)
    return broken


def _check_switch(
    task: WorkflowTask, _registered: KnownTaskDefinition, syntax: SyntaxCheck
) -> list[str]:
    broken = []
    if task.evaluator_type is None:
        broken.append(_required("evaluatorType", task))
    elif task.expression is None:
        broken.append(_required("expression", task))
    if not task.decision_cases:
        broken.append(_at_least_one("decisionCases", task))
    if task.evaluator_type == "javascript" and task.expression is not None:
        broken += _bad_syntax(task, task.expression, syntax)
    return broken


def _check_fork(
    task: WorkflowTask, _registered: KnownTaskDefinition, _syntax: SyntaxCheck
) -> list[str]:
    return [] if task.fork_tasks else [_at_least_one("forkTasks", task)]


def _check_dynamic_fork(
    task: WorkflowTask, _registered: KnownTaskDefinition, _syntax: SyntaxCheck
) -> list[str]:
    if "forkTaskInputs" in task.input_parameters:
        return []
    legacy = task.dynamic_fork_join_tasks_param
    tasks = task.dynamic_fork_tasks_param
    inputs = task.dynamic_fork_tasks_input_param_name
    if legacy is not None and (tasks is not None or inputs is not None):
        both = (
            "dynamicForkJoinTasksParam or combination of "
            "dynamicForkTasksInputParamName and dynamicForkTasksParam cam be used for "
            f"taskType: {task.type} taskName: {task.name}"
        )
        return [both]
    if legacy is not None:
        return []
    pairs = (
        ("dynamicForkTasksParam", tasks),
        ("dynamicForkTasksInputParamName", inputs),
    )
    return [_required(name, task) for name, value in pairs if value is None]


def _check_terminate(
    task: WorkflowTask, _registered: KnownTaskDefinition, _syntax: SyntaxCheck
) -> list[str]:
    broken = []
    if task.optional:
        broken.append(f"terminate task cannot be optional, taskName: {task.name}")
    status = task.input_parameters.get("terminationStatus")
    is_known = isinstance(status, str) and status in _TERMINATION_STATUSES
    if not is_known and not _is_expression(status):
        broken.append(
            "terminate task must have an terminationStatus parameter and must be set "
            f"to COMPLETED or FAILED, taskName: {task.name}"
        )
    return broken


def _check_wait(
    task: WorkflowTask, _registered: KnownTaskDefinition, _syntax: SyntaxCheck
) -> list[str]:
    duration = _text(task.input_parameters, "duration")
    until = _text(task.input_parameters, "until")
    broken = []
    if duration and until:
        broken.append(
            "Both 'duration' and 'until' specified. Please provide only one input"
        )
    if duration and not duration.startswith("${"):
        if not _DURATION.fullmatch(duration):
            broken.append("Either date or duration is passed as null ")
    elif until and not until.startswith("${") and not _DATE.fullmatch(until.strip()):
        broken.append("Unable to parse date ")
    return broken


def _text(values: Mapping[str, Any], key: str) -> str:
    """Return the value as text, empty where it is absent or blank."""
    value = values.get(key)
    text = "" if value is None else str(value)
    return text if text.strip() else ""


def _is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("${")


_RULES: Mapping[str, Rule] = {
    "EVENT": _require("sink:sink"),
    "DECISION": _check_decision,
    "SWITCH": _check_switch,
    "DO_WHILE": _require("loopCondition:loop_condition", "loopOver:loop_over"),
    "DYNAMIC": _require("dynamicTaskNameParam:dynamic_task_name_param"),
    "FORK_JOIN": _check_fork,
    "FORK_JOIN_DYNAMIC": _check_dynamic_fork,
    "HTTP": _require_input(
        "inputParameters.http_request or inputParameters.uri",
        *("http_request", "uri", "method"),
        template_key="http_request",
    ),
    "KAFKA_PUBLISH": _require_input(
        "inputParameters.kafka_request", "kafka_request", template_key="kafka_request"
    ),
    "SUB_WORKFLOW": _require("subWorkflowParam:sub_workflow_param"),
    "JSON_JQ_TRANSFORM": _require_input(
        "inputParameters.queryExpression",
        "queryExpression",
        template_key="queryExpression",
    ),
    "TERMINATE": _check_terminate,
    "WAIT": _check_wait,
}
