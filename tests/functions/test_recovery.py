"""Retry, rerun, restart, skip and callbacks on the wire: reference 1.1 #16-20, 1.11."""

import json
from urllib.parse import urlencode

import pytest

from gateway_events import CONTEXT, event
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import new_world, simple


@pytest.fixture
def world():
    with new_world() as opened:
        for name in ("a", "b"):
            opened.register_task(name, retryCount=0)
        yield opened


@pytest.fixture
def ask(world):
    api = Api(world.podium, identify=anybody)

    def send(method, path, body=None, **query):
        path = f"/api/workflow/{path}"
        asked = event(method, path, query=urlencode(query), body=body)
        response = api.handle(asked, CONTEXT)
        world.settle()
        return response["statusCode"], response["body"]

    return send


@pytest.mark.parametrize("path", ["retry", "restart"])
@pytest.mark.parametrize("body", [None, {}])
def test_retry_and_restart_answer_nothing(world, ask, path, body):
    started = world.run([simple("a")])
    world.fail("a")

    assert (204, "") == ask("POST", f"{started}/{path}", body)
    assert "RUNNING" == world.status(started)


def test_rerun_answers_the_bare_id(world, ask):
    started = world.run([simple("a")], {"n": 1})
    world.fail("a")
    task_id = world.task(started, "a")["taskId"]

    assert (200, started) == ask(
        "POST", f"{started}/rerun", {"reRunFromTaskId": task_id, "taskInput": {"n": 2}}
    )
    assert {"n": 2} == world.fail("a")["inputData"]
    assert (200, started) == ask(
        "POST", f"{started}/rerun", {"workflowInput": {"n": 3}}
    )
    assert {"n": 3} == world.workflow(started)["input"]


def test_flags_of_any_case_are_read(world, ask):
    started = world.run([simple("a")], name="changing")
    world.complete("a")
    world.register("changing", [simple("b")])

    ask("POST", f"{started}/restart", useLatestDefinitions="True")

    assert ["b"] == world.refs(started)


@pytest.mark.parametrize("form", ["body", "query", "repr", "neither"])
def test_a_skip_takes_body_and_query(world, ask, form):
    started = world.run([simple("a"), simple("b")])
    given = {"taskInput": {"n": 1}, "taskOutput": {"n": 2}}
    path = f"{started}/skiptask/b"

    if form == "body":
        answer = ask("PUT", path, given)
    elif form == "query":
        answer = ask("PUT", path, {}, skipTaskRequest=json.dumps(given))
    elif form == "repr":  # conductor-python's
        answer = ask("PUT", path, skipTaskRequest=repr(given | {"taskInput": None}))
    else:
        answer = ask("PUT", path)

    assert (200, "") == answer
    shown = world.task(started, "b")
    assert "SKIPPED" == shown["status"]
    expected = {} if form == "neither" else {"n": 2}
    assert expected == shown["outputData"]


@pytest.mark.parametrize("text", ["{'taskOutput'", "{1}", "open('x')"])
def test_a_skip_whose_query_is_no_request_is_refused(world, ask, text):
    started = world.run([simple("a"), simple("b")])

    status, answer = ask("PUT", f"{started}/skiptask/b", skipTaskRequest=text)

    assert 400 == status
    assert "expected JSON" in answer


def test_callbacks_are_reset_without_a_word(world, ask):
    started = world.run([simple("a")])
    world.report(world.take("a"), "IN_PROGRESS", callbackAfterSeconds=600)

    assert (204, "") == ask("POST", f"{started}/resetcallbacks")
    assert world.poll("a")


@pytest.mark.parametrize(
    ("method", "path", "ended", "status", "message"),
    [
        ("POST", "retry", False, 404, "Workflow is still running.  status=RUNNING"),
        ("POST", "retry", True, 409, "There are no retryable tasks! Use restart"),
        ("POST", "restart", False, 409, "is not in terminal state, unable to restart."),
        ("POST", "rerun", False, 409, "is not in terminal state, unable to rerun."),
        ("POST", "resetcallbacks", True, 409, "Workflow is in terminal state. Status"),
        ("PUT", "skiptask/a", True, 500, "is not running so the task referenced by a"),
        ("PUT", "skiptask/x", False, 500, "The task referenced by x does not exist"),
        ("PUT", "skiptask/a", False, 500, "has already been processed, cannot be"),
    ],
)
def test_what_cannot_be_is_refused_as_conductor_does(
    world, ask, method, path, ended, status, message
):
    started = world.run([simple("a")])
    if ended:
        world.complete("a")

    found, body = ask(method, f"{started}/{path}", {})

    assert (status, True) == (found, message in json.loads(body)["message"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "retry"),
        ("POST", "restart"),
        ("POST", "rerun"),
        ("POST", "resetcallbacks"),
        ("PUT", "skiptask/a"),
    ],
)
def test_an_unknown_workflow_is_not_found(ask, method, path):
    found, body = ask(method, f"nobody/{path}", {})

    assert (404, "No such workflow found by id: nobody") == (
        found,
        json.loads(body)["message"],
    )


def test_a_task_of_nobody_is_a_bad_request(world, ask):
    started = world.run([simple("a")])
    world.fail("a")

    found, body = ask("POST", f"{started}/rerun", {"reRunFromTaskId": "nobody"})

    assert (400, "Task nobody not found") == (found, json.loads(body)["message"])
