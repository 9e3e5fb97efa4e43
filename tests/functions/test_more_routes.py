"""Bulk, task search, dry runs, state and administration as HTTP requests."""

import json

import pytest

from gateway_events import CONTEXT, event
from podium.bootstrap import build
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import inline, new_world, simple, task

UNKNOWN = "01890a5d-ac96-8b3c-9f3c-4a7d00000000"
BULK = (
    ("PUT", "pause"),
    ("PUT", "resume"),
    ("POST", "restart"),
    ("POST", "retry"),
    ("POST", "terminate"),
    ("DELETE", "remove"),
    ("DELETE", "terminate-remove"),
    ("POST", "search"),
)


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register("order", [simple("charge")])
        opened.register("waits", [task("WAIT", "wait")])
        yield opened


@pytest.fixture
def ask(world):
    """Send a request to the whole API; return status and JSON."""
    api = Api(world.podium, identify=anybody)

    def send(method, path, *, headers=None, **given):
        made = event(method, path, **given)
        made["headers"] |= headers or {}
        response = api.handle(made, CONTEXT)
        body = response["body"]
        is_json = response["headers"].get("Content-Type") == "application/json"
        return response["statusCode"], json.loads(body) if is_json else body

    return send


# --- bulk ----------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "operation"), BULK)
def test_a_bulk_operation_names_what_failed_for_each_id(ask, method, operation):
    status, answer = ask(method, f"/api/workflow/bulk/{operation}", body=[UNKNOWN])

    assert 200 == status
    assert [] == answer["bulkSuccessfulResults"]
    assert [UNKNOWN] == list(answer["bulkErrorResults"])
    assert "Bulk Request has been processed." == answer["message"]


@pytest.mark.parametrize("body", [None, "null", "[]"])
@pytest.mark.parametrize(("method", "operation"), BULK)
def test_no_ids_are_a_validation_error(ask, method, operation, body):
    status, answer = ask(method, f"/api/workflow/bulk/{operation}", body=body)

    assert 400 == status
    assert "Validation failed, check below errors for detail." == answer["message"]
    assert ["WorkflowIds list cannot be null."] == [
        one["message"] for one in answer["validationErrors"]
    ]
    assert not answer["retryable"]


def test_a_delete_takes_its_ids_from_the_body(world, ask):
    started = world.start("waits")

    status, answer = ask(
        "DELETE",
        "/api/workflow/bulk/terminate-remove",
        body=[started],
        query="archiveWorkflow=False&reason=enough",
    )

    assert (200, [started]) == (status, answer["bulkSuccessfulResults"])
    assert 404 == ask("GET", f"/api/workflow/{started}")[0]


def test_bulk_is_no_workflows_id(world, ask):
    """``bulk/restart`` and ``{id}/restart`` look alike."""
    status, answer = ask("POST", "/api/workflow/bulk/restart", body=[UNKNOWN])

    assert 200 == status
    assert [UNKNOWN] == list(answer["bulkErrorResults"])


# --- task search ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/tasks/search", "taskId"),
        ("/api/tasks/search-v2", "taskId"),
        ("/api/workflow/search-by-tasks", "workflowId"),
        ("/api/workflow/search-by-tasks-v2", "workflowId"),
    ],
)
def test_tasks_are_searched(world, ask, path, field):
    started = world.start("order")
    world.start("waits")
    shown = {"workflowId": started, "taskId": world.task(started, "charge")["taskId"]}

    status, answer = ask(
        "GET",
        path,
        query="query=taskType%3Dcharge&freeText=&sort=&start=0&size=5&queryId=",
    )

    assert (200, 1) == (status, answer["totalHits"])
    assert [shown[field]] == [one[field] for one in answer["results"]]


def test_a_query_that_cannot_be_read_is_refused(ask):
    status, answer = ask("GET", "/api/tasks/search", query="query=taskType")

    assert 400 == status
    assert "position" in answer["message"]


# --- dry runs and state ---------------------------------------------------------------


def test_a_workflow_is_tried_out(ask):
    status, answer = ask(
        "POST",
        "/api/workflow/test",
        body={
            "name": "order",
            "version": 1,
            "taskRefToMockOutput": {
                "charge": [{"status": "COMPLETED", "output": {"a": 1}}]
            },
        },
    )

    assert (200, "COMPLETED", {"a": 1}) == (status, answer["status"], answer["output"])
    assert 404 == ask("GET", f"/api/workflow/{answer['workflowId']}")[0]


@pytest.mark.parametrize("mock", [{"status": "TIMED_OUT"}, {"executionTime": "soon"}])
def test_a_mock_that_is_none_is_refused(ask, mock):
    status, answer = ask(
        "POST",
        "/api/workflow/test",
        body={"name": "order", "taskRefToMockOutput": {"charge": [mock]}},
    )

    assert 400 == status
    assert "taskRefToMockOutput.charge[0]" in answer["message"]


def test_variables_are_set(world, ask):
    started = world.start("waits")

    status, answer = ask("POST", f"/api/workflow/{started}/variables", body={"a": 1})

    assert (200, started, {"a": 1}) == (
        status,
        answer["workflowId"],
        answer["variables"],
    )


def test_a_state_is_updated(world, ask):
    started = world.start("waits")

    status, answer = ask(
        "POST",
        f"/api/workflow/{started}/state",
        query="requestId=None&waitUntilTaskRef=None&waitForSeconds=1",
        body={
            "taskReferenceName": "wait",
            "taskResult": {"status": "COMPLETED", "outputData": {"x": 1}},
            "variables": {"a": 1},
        },
    )

    assert (200, "COMPLETED") == (status, answer["status"])
    assert ({"x": 1}, {"a": 1}) == (answer["output"], answer["variables"])


def test_execute_without_a_version_answers_the_output(world, ask):
    world.register("adds", [inline("sum", "$.a + 1", a="${workflow.input.a}")])

    status, answer = ask(
        "POST",
        "/api/workflow/execute/adds",
        body={"a": 41},
        headers={"requestid": "None", "waitforseconds": "3"},
    )

    assert (200, {"result": 42}) == (status, answer)


def test_execute_by_get_answers_the_output_of_a_version(world, ask):
    for version in (1, 2):
        world.register("tells", [inline("tell", str(version))], version=version)

    for query, told in (("", 2), ("version=1", 1), ("version=0", 2)):
        status, answer = ask("GET", "/api/workflow/execute/tells", query=query)

        assert (200, {"result": told}) == (status, answer)


def test_what_may_come_in_a_header_is_read_there_but_not_elsewhere(world, ask):
    status, answer = ask(
        "POST",
        "/api/workflow/execute/waits",
        body={},
        headers={"waitforseconds": "soon"},
    )
    assert (400, "waitForSeconds: expected an integer, got 'soon'") == (
        status,
        answer["message"],
    )

    started, _ = ask("POST", "/api/workflow/waits", body={}, headers={"priority": "u"})
    assert 200 == started


def test_correlated_workflows_come_in_a_batch(world, ask):
    started = world.start("waits", correlationId="c")

    status, answer = ask(
        "POST",
        "/api/workflow/correlated/batch",
        query="includeClosed=True",
        body={"workflowNames": ["waits", "order"], "correlationIds": ["c", "d"]},
    )

    assert 200 == status
    assert [started] == [one["workflowId"] for one in answer["c"]]
    assert [] == answer["d"]


# --- administration -------------------------------------------------------------------


def test_the_settings_are_shown(world):
    podium = build(world.opened.home, settings={"port": 8080})
    api = Api(podium, identify=anybody)

    response = api.handle(event("GET", "/api/admin/config"), CONTEXT)

    shown = json.loads(response["body"])
    assert (8080, "embedded") == (shown["port"], shown["home"])


def test_what_the_environment_holds_is_no_setting(world):
    podium = build(world.opened.home, {"PASSWORD": "hunter2"})
    api = Api(podium, identify=anybody)

    response = api.handle(event("GET", "/api/admin/config"), CONTEXT)

    assert "hunter2" not in response["body"]


def test_open_tasks_of_a_type_are_listed(world, ask):
    started = world.start("order")

    status, answer = ask("GET", "/api/admin/task/charge", query="start=0&count=5")

    assert 200 == status
    assert [started] == [one["workflowInstanceId"] for one in answer]


def test_a_sweep_and_a_repair_answer_in_plain_text(world, ask):
    started = world.start("waits")

    assert (200, f"true.{started}") == ask(
        "POST", f"/api/admin/sweep/requeue/{started}"
    )
    assert (200, "false") == ask(
        "POST", f"/api/admin/consistency/verifyAndRepair/{started}"
    )


@pytest.mark.parametrize("path", ["/api/queue", "/api/queue/"])
def test_the_queues_of_reports_are_listed(ask, path):
    assert (200, {"COMPLETED": "decider", "FAILED": "decider"}) == ask("GET", path)
    assert (200, {"decider": 0}) == ask("GET", "/api/queue/size")


# --- user interfaces ------------------------------------------------------------------


def test_the_user_interfaces_read_their_settings_as_a_script(world):
    api = Api(world.podium, identify=anybody)

    response = api.handle(event("GET", "/context.js"), CONTEXT)

    assert 200 == response["statusCode"]
    assert response["headers"]["Content-Type"].startswith("application/javascript")
    script, *rest = response["body"].split(";\n")
    flags = json.loads(script.removeprefix("window.conductor = "))
    assert (True, False) == (flags["SCHEDULER"], flags["INTEGRATIONS"])
    assert "window.authConfig = undefined" in rest


def test_a_workflow_is_summarized_where_that_is_asked_for(world, ask):
    started = world.start("order")

    assert ask("GET", f"/api/workflow/{started}", query="summarize=true") == ask(
        "GET", f"/api/workflow/{started}", query="summarize=false"
    )
