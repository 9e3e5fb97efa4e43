"""The client's schedules: what goes over the wire, and how answers are read."""

import pytest

from podium_sdk import PodiumClient, UnreadableAnswer, WorkflowSchedule
from podium_sdk.testing import ScriptedTransport

NIGHTLY = {
    "name": "nightly",
    "cronExpression": "@daily",
    "startWorkflowRequest": {"name": "w"},
}
PAGE = {"totalHits": 1, "results": [{"executionId": "e", "state": "EXECUTED"}]}
BULK = {"bulkErrorResults": {"b": "gone"}, "bulkSuccessfulResults": ["a"]}
NAMED = "/scheduler/schedules/at%20night"

ROUTES = [
    # call, answer, method, path, query
    (
        lambda s: s.save(NIGHTLY).cron_expression,
        NIGHTLY,
        ("POST", "/scheduler/schedules", {}),
        "@daily",
    ),
    (lambda s: s.get("at night").name, NIGHTLY, ("GET", NAMED, {}), "nightly"),
    (
        lambda s: [one.name for one in s.list_all("w")],
        [NIGHTLY],
        ("GET", "/scheduler/schedules", {"workflowName": "w"}),
        ["nightly"],
    ),
    (
        lambda s: s.search(paused=True, schedule_name="n").results,
        {"totalHits": 0, "results": []},
        (
            "GET",
            "/scheduler/schedules/search",
            {"paused": "true", "scheduleName": "n", "start": "0", "size": "100"},
        ),
        (),
    ),
    (lambda s: s.delete("at night"), None, ("DELETE", NAMED, {}), None),
    (
        lambda s: s.pause("at night", "holidays"),
        None,
        ("PUT", f"{NAMED}/pause", {"reason": "holidays"}),
        None,
    ),
    (lambda s: s.resume("at night"), None, ("PUT", f"{NAMED}/resume", {}), None),
    (
        lambda s: s.pause_each(["a", "b"]).bulk_error_results,
        BULK,
        ("PUT", "/scheduler/bulk/pause", {}),
        {"b": "gone"},
    ),
    (
        lambda s: s.resume_each(["a", "b"]).bulk_successful_results,
        BULK,
        ("PUT", "/scheduler/bulk/resume", {}),
        ("a",),
    ),
    (
        lambda s: s.next_times("@daily", start_time=5, limit=2),
        [7, 9],
        (
            "GET",
            "/scheduler/nextFewSchedules",
            {"cronExpression": "@daily", "scheduleStartTime": "5", "limit": "2"},
        ),
        [7, 9],
    ),
    (
        lambda s: [one.execution_id for one in s.executions("state IN (X)").results],
        PAGE,
        (
            "GET",
            "/scheduler/search/executions",
            {"query": "state IN (X)", "start": "0", "size": "100"},
        ),
        ["e"],
    ),
]


@pytest.mark.parametrize(
    ("call", "answer", "asked", "returned"),
    ROUTES,
    ids=[f"{one[2][0]} {one[2][1]}" for one in ROUTES],
)
def test_each_method_calls_its_route(call, answer, asked, returned):
    method, path, query = asked
    transport = ScriptedTransport().on(method, path, answer)

    assert returned == call(PodiumClient(transport=transport).schedules)
    [sent] = transport.sent(method, path)
    assert query == dict(sent.query)


def test_a_schedule_may_be_a_model():
    transport = ScriptedTransport().on("POST", "/scheduler/schedules", NIGHTLY)
    client = PodiumClient(transport=transport)

    client.schedules.save(WorkflowSchedule.from_json(NIGHTLY))

    [sent] = transport.sent("POST", "/scheduler/schedules")
    assert "@daily" == sent.json()["cronExpression"]
    assert "w" == sent.json()["startWorkflowRequest"]["name"]


def test_an_answer_that_is_no_list_of_times_is_unreadable():
    transport = ScriptedTransport().on("GET", "/scheduler/nextFewSchedules", ["soon"])

    with pytest.raises(UnreadableAnswer):
        PodiumClient(transport=transport).schedules.next_times("@daily")
