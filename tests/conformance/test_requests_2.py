"""The rules of reference 2.4, 2.5, 2.8 and 2.11: task definitions and requests.

Each case's id begins with the reference's section.
"""

import pytest

from podium.model.event_handler import EventHandler
from podium.model.requests import StartWorkflowRequest
from podium.model.task_definition import TaskDef
from podium.model.task_result import TaskResult
from podium.model.validation import (
    check_event_handler,
    check_start_request,
    check_task_definition,
    check_task_result,
)

TASK_DEFINITIONS = {
    "2.4-fine": ({}, []),
    "2.4-name": ({"name": ""}, [("name", "TaskDef name cannot be null or empty")]),
    "2.4-retry-count": (
        {"retryCount": -1},
        [("retryCount", "TaskDef retryCount: 0 must be >= 0")],
    ),
    "2.4-response-timeout": (
        {"responseTimeoutSeconds": 0},
        [
            (
                "responseTimeoutSeconds",
                "TaskDef responseTimeoutSeconds: 0 should be minimum 1 second",
            )
        ],
    ),
    "2.4-poll-timeout": (
        {"pollTimeoutSeconds": -1},
        [("pollTimeoutSeconds", "TaskDef pollTimeoutSeconds: 0 must be >= 0")],
    ),
    "2.4-backoff-scale": (
        {"backoffScaleFactor": 0},
        [
            (
                "backoffScaleFactor",
                "Backoff scale factor. Applicable for LINEAR_BACKOFF",
            )
        ],
    ),
    "2.4-max-retry-delay": (
        {"maxRetryDelaySeconds": -1},
        [("maxRetryDelaySeconds", "TaskDef maxRetryDelaySeconds: 0 must be >= 0")],
    ),
    "2.4-jitter": (
        {"backoffJitterMs": -1},
        [("backoffJitterMs", "TaskDef backoffJitterMs: 0 must be >= 0")],
    ),
    "2.4-total-timeout": (
        {"totalTimeoutSeconds": -1},
        [("totalTimeoutSeconds", "TaskDef totalTimeoutSeconds: 0 must be >= 0")],
    ),
    "2.4-response-over-timeout": (
        {"timeoutSeconds": 60, "responseTimeoutSeconds": 61},
        [
            (
                "",
                (
                    "TaskDef: t responseTimeoutSeconds: 61 must be less than "
                    "timeoutSeconds: 60"
                ),
            )
        ],
    ),
    "2.4-response-equal-to-timeout": (
        {"timeoutSeconds": 60, "responseTimeoutSeconds": 60},
        [],
    ),
    "2.4-no-timeout": ({"timeoutSeconds": 0, "responseTimeoutSeconds": 9999}, []),
    "2.4-timeout-over-total": (
        {
            "timeoutSeconds": 60,
            "responseTimeoutSeconds": 1,
            "totalTimeoutSeconds": 59,
        },
        [
            (
                "",
                (
                    "TaskDef: t timeoutSeconds: 60 must be less than or equal to "
                    "totalTimeoutSeconds: 59"
                ),
            )
        ],
    ),
}


@pytest.mark.parametrize(
    ("fields", "expected"), TASK_DEFINITIONS.values(), ids=TASK_DEFINITIONS.keys()
)
def test_task_definition(fields, expected):
    """The findings are Conductor's."""
    definition = TaskDef.from_json({"name": "t", **fields})

    assert expected == [
        (finding.path, finding.message) for finding in check_task_definition(definition)
    ]


REQUESTS = {
    "2.5-fine": ({"name": "w", "priority": 99}, []),
    "2.5-name": ({}, [("name", "Workflow name cannot be null or empty")]),
    "2.5-priority-low": (
        {"name": "w", "priority": -1},
        [("priority", "priority: -1 should be minimum 0")],
    ),
    "2.5-priority-high": (
        {"name": "w", "priority": 100},
        [("priority", "priority: 100 should be maximum 99")],
    ),
    "2.5-inline-definition": (
        {"name": "w", "workflowDef": {"name": "w"}},
        [("workflowDef.tasks", "WorkflowTask list cannot be empty")],
    ),
}


@pytest.mark.parametrize(("posted", "expected"), REQUESTS.values(), ids=REQUESTS.keys())
def test_start_request(posted, expected):
    """The inline definition is validated with the request."""
    found = check_start_request(
        StartWorkflowRequest.from_json(posted), lambda _name: None
    )

    assert expected == [(finding.path, finding.message) for finding in found]


def test_2_8_a_result_names_its_task_and_workflow():
    """Both ids are required."""
    found = check_task_result(TaskResult.from_json({}))

    assert [
        "Workflow Id cannot be null or empty",
        "Task ID cannot be null or empty",
    ] == [finding.message for finding in found]


def test_2_11_a_handler_has_a_name_an_event_and_actions():
    """All three are asked for at once."""
    found = check_event_handler(EventHandler.from_json({}))

    assert [
        "Missing event handler name",
        "Missing event location",
        "No actions specified. Please specify at-least one action",
    ] == [finding.message for finding in found]
