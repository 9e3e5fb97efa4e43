"""The API's two functions, over a deployment's home."""

import base64
import gzip
import json
import time
from urllib.parse import quote

import pytest

from gateway_events import CONTEXT, event, recorded
from lambda_events import Deployment
from podium_functions.control_api import open_control_api
from podium_functions.limits import LIMIT, within_limits
from podium_functions.worker_api import open_worker_api
from world import simple

DEFINITION = {"name": "order", "schemaVersion": 2, "tasks": [simple("pack")]}
TASK = {"name": "pack", "responseTimeoutSeconds": 60}


@pytest.fixture
def control(deployment):
    return open_control_api(deployment.runtime)


@pytest.fixture
def worker(deployment):
    return open_worker_api(deployment.runtime)


def ask(handle, method, path, body=None, **options):
    response = handle(event(method, path, body=body, **options), CONTEXT)
    text = response["body"]
    is_json = "json" in response["headers"].get("Content-Type", "")
    return response["statusCode"], json.loads(text) if is_json else text


@pytest.fixture
def started(control):
    """Register and start a workflow; return its id."""
    assert 200 == ask(control, "POST", "/api/metadata/taskdefs", [TASK])[0]
    assert 200 == ask(control, "PUT", "/api/metadata/workflow", [DEFINITION])[0]
    status, workflow_id = ask(control, "POST", "/api/workflow/order", {})
    assert 200 == status
    return workflow_id


# --- control and workers -------------------------------------------------------------


def test_a_task_polled_from_one_function_is_reported_to_the_other(
    control, worker, started
):
    status, polled = ask(worker, "GET", "/api/tasks/poll/pack", query="workerid=w1")
    assert (200, started) == (status, polled["workflowInstanceId"])
    report = {
        "workflowInstanceId": started,
        "taskId": polled["taskId"],
        "status": "COMPLETED",
    }
    assert 200 == ask(control, "POST", "/api/tasks", report)[0]
    assert "COMPLETED" == ask(control, "GET", f"/api/workflow/{started}")[1]["status"]


def test_the_workers_function_answers_polls_alone(worker, started):
    assert 200 == ask(worker, "GET", "/api/tasks/poll/batch/pack")[0]
    assert 404 == ask(worker, "GET", f"/api/workflow/{started}")[0]


def test_the_version_is_known(control):
    assert 200 == ask(control, "GET", "/api/version")[0]


def test_with_keys_nobody_is_answered_without_a_token(stack, clock):
    closed = Deployment.over(stack, clock, access_mode="keys").runtime
    for handle in (open_control_api(closed), open_worker_api(closed)):
        assert 401 == ask(handle, "GET", "/api/tasks/poll/pack")[0]


@pytest.mark.parametrize("mode", ["keys", "iam", "oidc", "open"])
def test_a_browser_may_ask_without_credentials_whether_it_may_ask(stack, clock, mode):
    """It sends none with a preflight request, and takes no refusal for an answer."""
    closed = open_control_api(Deployment.over(stack, clock, access_mode=mode).runtime)
    preflight = {"origin": "https://ui.x", "access-control-request-method": "POST"}

    def asked(path, **headers):
        sent = event("OPTIONS", path)
        sent["headers"] = {**sent["headers"], **headers}
        return closed(sent, CONTEXT)

    answers = [asked(path, **preflight) for path in ("/api/workflow/order", "/nope")]
    assert [204, 204] == [one["statusCode"] for one in answers]
    assert [False, False] == ["Allow" in one["headers"] for one in answers]
    refused = 404 if mode == "open" else 401
    assert refused == asked("/nope", origin="https://ui.x")["statusCode"]


@pytest.mark.parametrize("opens", [open_control_api, open_worker_api])
def test_an_empty_poll_is_held_and_one_that_finds_a_task_is_not(
    stack, clock, started, opens
):
    """By the Function URL polls come to the function that has every route."""
    held = opens(Deployment.over(stack, clock, poll_hold=1).runtime)
    began = time.monotonic()
    assert 200 == ask(held, "GET", "/api/tasks/poll/batch/pack", query="count=1")[0]
    found = time.monotonic()
    assert 204 == ask(held, "GET", "/api/tasks/poll/pack")[0]
    empty = time.monotonic()

    assert found - began < empty - found
    assert empty - found >= 1


def test_a_function_urls_event_is_answered_as_api_gateways(control, started):
    answer = control(recorded("function_url"), CONTEXT)

    assert 200 == answer["statusCode"]
    workflow = ask(control, "GET", f"/api/workflow/{answer['body']}")[1]
    assert ({"item": "book"}, "a b") == (workflow["input"], workflow["correlationId"])


def test_a_path_means_the_same_by_the_function_url_which_does_not_decode_it(control):
    definition = {**DEFINITION, "name": "an order #1 für 100%41"}
    assert 200 == ask(control, "PUT", "/api/metadata/workflow", [definition])[0]
    asked = recorded("function_url")
    path = f"/api/metadata/workflow/{quote(definition['name'])}"
    asked |= {"rawPath": path, "rawQueryString": ""}
    asked["requestContext"]["http"] |= {"method": "GET", "path": path}
    del asked["queryStringParameters"], asked["body"]

    answer = control(asked, CONTEXT)

    assert 200 == answer["statusCode"]
    assert definition["name"] == json.loads(answer["body"])["name"]


# --- limits --------------------------------------------------------------------------


def answering(text):
    """Return a handler that answers with this text."""

    def handle(_event, _context):
        return {
            "statusCode": 200,
            "headers": {"Content-Type": "application/json"},
            "body": text,
            "isBase64Encoded": False,
        }

    return within_limits(handle)


def get(handle, encoding="identity"):
    asked = event("GET", "/api/workflow/some-id")
    asked["headers"]["accept-encoding"] = encoding
    return handle(asked, CONTEXT)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x" * (LIMIT // 2), 200),
        ("x" * (LIMIT - 100_000), 200),
        ("x" * LIMIT, 413),
        ('"' * (LIMIT // 2), 413),
        ("ä" * (LIMIT // 2), 413),
        ("", 200),
        (None, 200),
    ],
    ids=["half", "nearly all", "all", "quotes", "two bytes each", "empty", "none"],
)
def test_a_response_is_as_large_as_lambda_carries_it(text, status):
    assert status == get(answering(text))["statusCode"]


def test_a_response_too_large_says_how_to_get_it():
    error = json.loads(get(answering("x" * LIMIT))["body"])
    assert (413, False) == (error["status"], error["retryable"])
    assert "6 MB" in error["message"]
    assert "externalInputPayloadStoragePath" in error["message"]


def test_a_response_too_large_is_compressed_for_whom_takes_it():
    text = json.dumps([{"task": number} for number in range(LIMIT // 12)])
    assert LIMIT < len(text)
    response = get(answering(text), "gzip, deflate")

    assert (200, True) == (response["statusCode"], response["isBase64Encoded"])
    assert "gzip" == response["headers"]["Content-Encoding"]
    assert text == gzip.decompress(base64.b64decode(response["body"])).decode()


def test_a_request_too_large_is_told_where_its_payload_may_go():
    asked = event("POST", "/api/workflow/order", body="x" * LIMIT)
    response = answering("never asked")(asked, CONTEXT)
    assert 413 == response["statusCode"]
    assert "externalstoragelocation" in response["body"]
