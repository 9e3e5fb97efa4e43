"""What a definition or request must satisfy beyond its shape (reference 2.2 to 2.5).

Conductor answers these as ``validationErrors``: every finding at once, each with the
path of the bean that broke the rule, the message and the offending scalar.  ``at`` is
the path of the checked thing itself (``registerWorkflowDef.workflowDef``).

As in Conductor the tasks of a DO_WHILE body and an inline sub-workflow are not checked
one by one; only their reference names count (2.3, ``loopOver``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from podium.errors import Finding
from podium.model.event_handler import EventHandler
from podium.model.parameter_references import loose_references
from podium.model.requests import StartWorkflowRequest
from podium.model.task_definition import TaskDef
from podium.model.task_result import TaskResult
from podium.model.task_type_rules import (
    KnownTaskDefinition,
    SyntaxCheck,
    broken_rules,
)
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask

_SCHEMA_VERSION = 2
_MAX_PRIORITY = 99
_NAME = re.compile(r"[A-Za-z0-9_<>{}#\s-]+")


def accept_any_script(_script: str) -> None:
    """Find nothing wrong: for callers that have no script engine at hand."""


def check_workflow_definition(  # noqa: PLR0913 - each is an option of the server's
    definition: WorkflowDef,
    known_task_definition: KnownTaskDefinition,
    *,
    syntax: SyntaxCheck = accept_any_script,
    environment: Container[str] = (),
    owner_email_mandatory: bool = False,
    name_validation: bool = False,
    at: str = "",
) -> list[Finding]:
    """Return everything that Conductor would refuse the definition for (2.2, 2.3).

    ``environment`` are the names that ``${NAME}`` may refer to.
    """
    found: list[Finding] = []
    if not definition.name:
        message = "WorkflowDef name cannot be null or empty"
        found.append(Finding(_join(at, "name"), message))
    elif name_validation and not _NAME.fullmatch(definition.name):
        message = (
            f"Invalid name '{definition.name}'. Allowed characters are alphanumeric, "
            "underscores, spaces, hyphens, and special characters like <, >, {, }, #"
        )
        found.append(Finding(_join(at, "name"), message, definition.name))
    if not definition.tasks:
        found.append(Finding(_join(at, "tasks"), "WorkflowTask list cannot be empty"))
    if definition.schema_version != _SCHEMA_VERSION:
        found.append(
            Finding(
                _join(at, "schemaVersion"),
                f"workflowDef schemaVersion: {_SCHEMA_VERSION} is only supported",
                str(definition.schema_version),
            )
        )
    if owner_email_mandatory and not definition.owner_email:
        found.append(Finding(_join(at, "ownerEmail"), "ownerEmail cannot be empty"))
    found += [Finding(at, message) for message in _repeated_names(definition)]
    found += [
        Finding(at, message) for message in loose_references(definition, environment)
    ]
    for path, task in _checked_tasks(definition.tasks, _join(at, "tasks")):
        found += _check_task(task, path, known_task_definition, syntax)
    return found


def check_task_definition(
    definition: TaskDef, *, owner_email_mandatory: bool = False, at: str = ""
) -> list[Finding]:
    """Return everything that Conductor would refuse the task definition for (2.4)."""
    found: list[Finding] = []
    if not definition.name:
        message = "TaskDef name cannot be null or empty"
        found.append(Finding(_join(at, "name"), message))
    for attribute, field, least, message in _MINIMA:
        value = getattr(definition, attribute)
        if value is not None and value < least:
            said = message.format(field=field, least=least, value=value)
            found.append(Finding(_join(at, field), said, str(value)))
    if owner_email_mandatory and not definition.owner_email:
        found.append(Finding(_join(at, "ownerEmail"), "ownerEmail cannot be empty"))
    found += [Finding(at, message) for message in _crossed_timeouts(definition)]
    return found


def check_start_request(
    request: StartWorkflowRequest,
    known_task_definition: KnownTaskDefinition,
    *,
    syntax: SyntaxCheck = accept_any_script,
    at: str = "",
) -> list[Finding]:
    """Return what a start is refused for: name, priority, inline definition (2.5)."""
    found: list[Finding] = []
    if not request.name:
        message = "Workflow name cannot be null or empty"
        found.append(Finding(_join(at, "name"), message))
    priority = request.priority
    limit = None
    if priority < 0:
        limit = "minimum 0"
    elif priority > _MAX_PRIORITY:
        limit = f"maximum {_MAX_PRIORITY}"
    if limit is not None:
        message = f"priority: {priority} should be {limit}"
        found.append(Finding(_join(at, "priority"), message, str(priority)))
    if request.workflow_def is not None:
        found += check_workflow_definition(
            request.workflow_def,
            known_task_definition,
            syntax=syntax,
            at=_join(at, "workflowDef"),
        )
    return found


def check_task_result(result: TaskResult, *, at: str = "") -> list[Finding]:
    """Return what a worker's report is refused for: missing ids (2.8)."""
    found: list[Finding] = []
    if not result.workflow_instance_id:
        message = "Workflow Id cannot be null or empty"
        found.append(Finding(_join(at, "workflowInstanceId"), message))
    if not result.task_id:
        message = "Task ID cannot be null or empty"
        found.append(Finding(_join(at, "taskId"), message))
    return found


def check_event_handler(handler: EventHandler, *, at: str = "") -> list[Finding]:
    """Return what an event handler is refused for (2.11)."""
    rules = (
        ("name", handler.name, "Missing event handler name"),
        ("event", handler.event, "Missing event location"),
        (
            "actions",
            handler.actions,
            "No actions specified. Please specify at-least one action",
        ),
    )
    return [
        Finding(_join(at, field), message)
        for field, value, message in rules
        if not value
    ]


_AT_LEAST = "TaskDef {field}: {least} must be >= {least}"
_MINIMA = (
    ("retry_count", "retryCount", 0, _AT_LEAST),
    (
        "response_timeout_seconds",
        "responseTimeoutSeconds",
        1,
        "TaskDef {field}: {value} should be minimum {least} second",
    ),
    ("poll_timeout_seconds", "pollTimeoutSeconds", 0, _AT_LEAST),
    (
        "backoff_scale_factor",
        "backoffScaleFactor",
        1,
        "Backoff scale factor. Applicable for LINEAR_BACKOFF",
    ),
    ("max_retry_delay_seconds", "maxRetryDelaySeconds", 0, _AT_LEAST),
    ("backoff_jitter_ms", "backoffJitterMs", 0, _AT_LEAST),
    ("total_timeout_seconds", "totalTimeoutSeconds", 0, _AT_LEAST),
)


def _crossed_timeouts(definition: TaskDef) -> Iterator[str]:
    timeout = definition.timeout_seconds
    response = definition.response_timeout_seconds
    total = definition.total_timeout_seconds
    if 0 < timeout < response:
        yield (
            f"TaskDef: {definition.name} responseTimeoutSeconds: {response} "
            f"must be less than timeoutSeconds: {timeout}"
        )
    if 0 < total < timeout:
        yield (
            f"TaskDef: {definition.name} timeoutSeconds: {timeout} "
            f"must be less than or equal to totalTimeoutSeconds: {total}"
        )


def _check_task(
    task: WorkflowTask, at: str, known: KnownTaskDefinition, syntax: SyntaxCheck
) -> Iterator[Finding]:
    if not task.name:
        message = "WorkflowTask name cannot be empty or null"
        yield Finding(_join(at, "name"), message)
    if not task.task_reference_name:
        message = "WorkflowTask taskReferenceName name cannot be empty or null"
        yield Finding(_join(at, "taskReferenceName"), message)
    if task.start_delay < 0:
        message = "must be greater than or equal to 0"
        yield Finding(_join(at, "startDelay"), message, str(task.start_delay))
    for message in broken_rules(task, known, syntax):
        yield Finding(at, message)


def _checked_tasks(
    tasks: Sequence[WorkflowTask], at: str
) -> Iterator[tuple[str, WorkflowTask]]:
    """Yield the tasks that Conductor's validation reaches, each with its path."""
    for index, task in enumerate(tasks):
        path = f"{at}[{index}]"
        yield path, task
        for case, inside in task.decision_cases.items():
            yield from _checked_tasks(inside, f"{path}.decisionCases[{case}]")
        yield from _checked_tasks(task.default_case, f"{path}.defaultCase")
        for branch, inside in enumerate(task.fork_tasks):
            yield from _checked_tasks(inside, f"{path}.forkTasks[{branch}]")


def _repeated_names(definition: WorkflowDef) -> Iterator[str]:
    seen: set[str] = set()
    for task in definition.collect_tasks():
        if task.task_reference_name in seen:
            yield (
                f"taskReferenceName: {task.task_reference_name} should be unique "
                f"across tasks for a given workflowDefinition: {definition.name}"
            )
        seen.add(task.task_reference_name)


def _join(at: str, field: str) -> str:
    return f"{at}.{field}" if at else field
