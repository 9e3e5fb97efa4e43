"""Queries that Conductor's clients, user interface and tests send (reference 6)."""

import pytest

from podium.search import TASK_FIELDS, WORKFLOW_FIELDS, matches, parse_query, parse_sort

ROW = {
    "workflowId": "w1",
    "workflowType": "payment_workflow",
    "status": "FAILED",
    "correlationId": "c-1",
    "startTime": 1_750_000_000_000,
}

OTHER = {
    "workflowId": "w2",
    "workflowType": "refund_workflow",
    "status": "COMPLETED",
    "correlationId": "c-2",
    "startTime": 1_600_000_000_000,
}

QUERIES = {
    "ui": (
        "workflowType IN (payment_workflow) AND status IN (FAILED,TIMED_OUT) "
        "AND startTime>1700000000000 AND startTime<1800000000000"
    ),
    "e2e-in": "workflowType IN (payment_workflow) AND status IN (FAILED)",
    "single-quotes": "workflowType = 'payment_workflow' AND status = 'FAILED'",
    "double-quotes": 'workflowType="payment_workflow" AND correlationId="c-1"',
    "quotes-in-list": "status IN ('FAILED', \"RUNNING\")",
    "id": "workflowId = 'w1'",
    "wildcard": "workflowType = *PAYMENT*",
    "starts-with": "workflowType STARTS_WITH 'pay'",
    "between": "startTime BETWEEN 1700000000000 AND 1800000000000",
    "or": "status = 'RUNNING' OR status = 'FAILED'",
    "parentheses": "(status = 'RUNNING' OR status = 'FAILED') AND workflowId = 'w1'",
    "unknown-field": "scheduleName IN (nightly) AND status IN (FAILED)",
}


@pytest.mark.parametrize(
    "query", QUERIES.values(), ids=[f"6-{name}" for name in QUERIES]
)
def test_6_query_finds_the_row(query):
    assert matches(parse_query(query), ROW)
    assert not matches(parse_query(query), OTHER)


def test_6_sort_newest_first():
    (key,) = parse_sort("startTime:DESC")

    assert ("startTime", True) == (key.field, key.descending)


def test_6_1_fields_of_workflows():
    assert {
        *("correlationId", "endTime", "executionTime", "input", "output"),
        *("reasonForIncompletion", "startTime", "status", "updateTime", "version"),
        *("workflowId", "workflowType", "event", "parentWorkflowId", "classifier"),
        "failedReferenceTaskNames",
    } <= WORKFLOW_FIELDS.keys()


def test_6_1_fields_of_tasks():
    assert {
        *("correlationId", "endTime", "executionTime", "input", "output"),
        *("queueWaitTime", "reasonForIncompletion", "scheduledTime", "startTime"),
        *("status", "taskDefName", "taskId", "taskType", "updateTime"),
        *("workflowId", "workflowType"),
    } == TASK_FIELDS.keys()
