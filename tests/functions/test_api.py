"""Events of API Gateway in, responses out: routes, errors, the whole API."""

import json
import threading
from dataclasses import replace

import pytest

from gateway_events import CONTEXT, event, recorded
from podium.errors import (
    AccessForbidden,
    AlreadyExists,
    Conflict,
    ExpressionTimeout,
    Finding,
    IllegalState,
    InvalidInput,
    NotFound,
    NotImplementedYet,
    PayloadTooLarge,
    PodiumError,
    Unavailable,
    ValidationFailed,
    VersionConflict,
)
from podium_functions.api import Api
from podium_functions.callers import anybody
from podium_functions.endpoint import Routes
from podium_functions.routes import ENDPOINTS, unbuilt
from world import new_world, task


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register("order", [task("WAIT", "wait")])
        yield opened


@pytest.fixture
def ask(world):
    """Send an event to the whole API; return status and body."""
    api = Api(world.podium, identify=anybody)

    def send(given):
        response = api.handle(given, CONTEXT)
        return response["statusCode"], response["body"]

    return send


def answer_of(raised):
    """Return status and JSON of an API whose only endpoint raises."""
    routes = Routes("Tested", "")

    @routes.get("/fails")
    def fail(_podium) -> str:
        raise raised

    response = Api(None, routes.endpoints, identify=anybody).handle(
        event("GET", "/fails"), CONTEXT
    )
    assert response["headers"]["Content-Type"] == "application/json"
    return response["statusCode"], json.loads(response["body"])


# --- as AWS sends them ---------------------------------------------------------------


def test_a_workflow_is_started_by_a_recorded_event(world, ask):
    status, started = ask(recorded("start_workflow"))
    workflow = world.workflow(started)
    assert (status, workflow["input"]) == (200, {"item": "book"})
    assert workflow["correlationId"] == "a b"


def test_repeated_parameters_are_read_from_the_raw_query(world, ask):
    started = world.start("order")
    status, body = ask(recorded("list_tasks", workflowId=started))
    page = json.loads(body)
    assert (status, page["totalHits"]) == (200, 1)
    assert [one["status"] for one in page["results"]] == ["IN_PROGRESS"]


def test_a_body_of_another_content_type_comes_as_base64(world, ask):
    task_id = world.task(world.start("order"), "wait")["taskId"]
    assert ask(recorded("log_task", taskId=task_id)) == (200, "")
    assert [one["log"] for one in world.podium.tasks.logs(task_id)] == ['half a "ü"']


def test_a_stage_before_the_path_is_no_part_of_it(world, ask):
    started = world.start("order")
    given = recorded("pause_workflow_in_stage", workflowId=started)
    assert ask(given) == (200, "")
    assert world.status(started) == "PAUSED"
    given["requestContext"]["http"]["method"] = "POST"
    status, body = ask(given)
    assert status == 405
    assert "Request method 'POST' is not supported" in body


def test_a_response_is_of_payload_format_2(world):
    response = Api(world.podium, identify=anybody).handle(
        event("GET", "/api/version"), CONTEXT
    )
    assert response["headers"] == {"Content-Type": "text/plain;charset=utf-8"}
    assert (response["isBase64Encoded"], response["cookies"]) == (False, [])


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "status", "retryable"),
    [
        (InvalidInput("because"), 400, False),
        (AccessForbidden("because"), 403, False),
        (NotFound("because"), 404, False),
        (Conflict("because"), 409, False),
        (AlreadyExists("because"), 409, False),
        (PayloadTooLarge("because"), 413, False),
        (IllegalState("because"), 500, False),
        (PodiumError("because"), 500, False),
        (ExpressionTimeout("because"), 500, False),
        (NotImplementedYet("because"), 501, False),
        (Unavailable("because"), 503, True),
    ],
)
def test_an_error_becomes_conductors_error_json(raised, status, retryable):
    answered, error = answer_of(raised)
    assert answered == status
    assert error.pop("instance")
    expected = {"status": status, "message": "because", "retryable": retryable}
    assert error == expected


def test_a_version_conflict_may_be_tried_again():
    status, error = answer_of(VersionConflict("some-id", 7))
    assert (status, error["retryable"]) == (409, True)
    assert error["message"] == "Workflow some-id already has version 7"


def test_findings_are_told_as_bean_validation_does():
    raised = ValidationFailed([Finding("a.b", "must be"), Finding("c", "is not", 7)])
    assert answer_of(raised) == (
        400,
        {
            "status": 400,
            "message": "Validation failed, check below errors for detail.",
            "retryable": False,
            "validationErrors": [
                {"path": "a.b", "message": "must be"},
                {"path": "c", "message": "is not", "invalidValue": 7},
            ],
        },
    )


def test_a_mistake_of_ours_is_a_500_that_tells_the_log_and_not_the_client(caplog):
    status, error = answer_of(ZeroDivisionError("secret"))
    assert (status, error["message"]) == (500, "Internal error")
    (record,) = caplog.records
    assert (record.message, record.path) == ("request_failed", "/fails")
    assert record.exc_info[1].args == ("secret",)


@pytest.mark.parametrize("body", [b"\xff\xfe", '{"a":' + "[" * 5000 + "]" * 5000 + "}"])
def test_a_body_that_nothing_can_be_made_of_is_the_clients_mistake(ask, body):
    status, _ = ask(event("POST", "/api/workflow/order", body=body))
    assert status == 400


def test_an_unknown_path_is_a_404_that_names_it(ask):
    status, body = ask(event("POST", "/api/token", body={"keyId": "key"}))
    assert (status, json.loads(body)["message"]) == (
        404,
        "No static resource api/token.",
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/tasks", "POST, OPTIONS"),
        ("PATCH", "/api/event/x", "DELETE, GET, OPTIONS"),
        ("GET", "/api/workflow", "POST, OPTIONS"),
    ],
)
def test_another_verb_is_a_405_that_says_which_there_are(world, method, path, allowed):
    response = Api(world.podium, identify=anybody).handle(event(method, path), CONTEXT)
    assert response["statusCode"] == 405
    assert response["headers"]["Allow"] == allowed


def test_a_slash_at_the_end_is_no_other_path(ask):
    path = "/api/metadata/workflow/names"
    assert (
        ask(event("GET", f"{path}/")) == ask(event("GET", path)) == (200, '["order"]')
    )


def test_head_is_get_and_options_names_the_verbs(world):
    api = Api(world.podium, identify=anybody)
    for path in ("/health", "/api/metadata/workflow/order"):
        head = api.handle(event("HEAD", path), CONTEXT)
        assert head == api.handle(event("GET", path), CONTEXT)
    options = api.handle(event("OPTIONS", "/api/metadata/taskdefs/x"), CONTEXT)
    assert (options["statusCode"], options["body"]) == (200, "")
    assert options["headers"]["Allow"] == "DELETE, GET, OPTIONS"


def test_what_is_not_built_says_so_and_touches_nothing(ask):
    for endpoint in unbuilt.routes.endpoints:
        path = endpoint.path.replace("<", "").replace(">", "")
        status, body = ask(event(endpoint.method, path, body={}))
        error = json.loads(body)
        assert (status, error["status"]) == (501, 501), path
        assert endpoint.method in error["message"]


def test_every_endpoint_is_reached_by_its_own_path(world):
    """No path is hidden behind one that comes before it."""
    called = []
    endpoints = [_told(endpoint, called) for endpoint in ENDPOINTS]
    api = Api(world.podium, endpoints, identify=anybody)
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("<", "a-").replace(">", "")
        api.handle(event(endpoint.method, path), CONTEXT)
    assert called == [(one.method, one.path) for one in ENDPOINTS]


def _told(endpoint, called):
    def tell(_podium, **_path):
        called.append((endpoint.method, endpoint.path))

    return replace(endpoint, function=tell, parameters=(), body=None)


def test_threads_share_an_api_and_not_their_events(world):
    api = Api(world.podium, identify=anybody)
    found = {}
    barrier = threading.Barrier(8)

    def work(number):
        barrier.wait()
        found[number] = [
            api.handle(event("GET", f"/api/workflow/{number}-{turn}"), CONTEXT)["body"]
            for turn in range(20)
        ]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, bodies in found.items():
        for turn, body in enumerate(bodies):
            assert f"found by id: {number}-{turn}" in body
