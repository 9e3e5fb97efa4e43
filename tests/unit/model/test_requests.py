"""Requests and results as clients send them, and the small answers."""

import pytest

from podium.errors import InvalidInput
from podium.model.event_handler import ActionType, EventHandler
from podium.model.requests import StartWorkflowRequest, WorkflowTestRequest
from podium.model.search_result import BulkResponse, SearchResult
from podium.model.signal_response import TaskRun, WorkflowSignalReturnStrategy
from podium.model.task_result import TaskResult
from podium.model.workflow import WorkflowSummary


def test_an_absent_input_is_empty_and_a_null_one_is_null():
    """Only the null one is refused, and only without an external payload (1.11)."""
    assert {} == StartWorkflowRequest.from_json({"name": "w"}).input
    assert StartWorkflowRequest.from_json({"name": "w", "input": None}).input is None


def test_unknown_idempotency_strategies_are_refused():
    """The three words are all there are."""
    with pytest.raises(InvalidInput):
        StartWorkflowRequest.from_json({"name": "w", "idempotencyStrategy": "MAYBE"})


def test_a_test_request_nests():
    """A sub-workflow's mocks are a test request of their own."""
    request = WorkflowTestRequest.from_json(
        {
            "name": "w",
            "taskRefToMockOutput": {"a": [{"output": {"x": 1}}]},
            "subWorkflowTestRequest": {"sub": {"name": "inner"}},
        }
    )

    assert {"x": 1} == request.task_ref_to_mock_output["a"][0].output
    assert "inner" == request.sub_workflow_test_request["sub"].name


@pytest.mark.parametrize("status", ["TIMED_OUT", "SCHEDULED"])
def test_a_worker_cannot_report_what_only_the_decider_says(status):
    """TaskResult has fewer statuses than Task (2.8)."""
    with pytest.raises(InvalidInput):
        TaskResult.from_json({"taskId": "1", "status": status})


def test_a_reported_reason_is_cut_to_500_characters():
    """Conductor's setter does that."""
    result = TaskResult.from_json({"reasonForIncompletion": "x" * 501})

    assert "x" * 500 == result.reason_for_incompletion


def test_a_search_page_holds_summaries():
    """The generic page writes its rows as they are."""
    page = SearchResult(total_hits=7, results=[WorkflowSummary(workflow_id="1")])

    written = page.to_json()

    assert (7, "1") == (written["totalHits"], written["results"][0]["workflowId"])


def test_a_bulk_response_says_its_sentence():
    """Clients show it."""
    assert {
        "bulkErrorResults": {"2": "no"},
        "bulkSuccessfulResults": ["1"],
        "message": "Bulk Request has been processed.",
    } == BulkResponse(
        bulk_error_results={"2": "no"}, bulk_successful_results=["1"]
    ).to_json()


def test_event_actions_keep_their_snake_case():
    """Of all Conductor's JSON only event actions are not camelCase."""
    posted = {
        "name": "h",
        "event": "conductor:w:e",
        "actions": [
            {
                "action": "start_workflow",
                "start_workflow": {"name": "w", "input": {"a": "${b}"}},
                "expandInlineJSON": True,
            }
        ],
        "active": True,
    }

    handler = EventHandler.from_json(posted)

    assert ActionType.START_WORKFLOW == handler.actions[0].action
    assert posted == handler.to_json()


@pytest.mark.parametrize(
    ("strategy", "is_task"),
    [
        ("TARGET_WORKFLOW", False),
        ("BLOCKING_WORKFLOW", False),
        ("BLOCKING_TASK", True),
        ("BLOCKING_TASK_INPUT", True),
    ],
)
def test_2_10_strategies_know_what_they_answer_with(strategy, is_task):
    """Two answer with a workflow, two with a task."""
    assert is_task == WorkflowSignalReturnStrategy(strategy).is_task


def test_a_task_run_names_its_kind():
    """Clients choose the class by responseType."""
    run = TaskRun(response_type="BLOCKING_TASK", task_id="1")

    assert "BLOCKING_TASK" == run.to_json()["responseType"]
