"""HTTP against a small server on the loopback: reference 3.2."""

import json
import socket

import pytest

from http_site import METHODS, serving
from world import SECOND, simple, task

REASON = "Failed to invoke HTTP task due to: java.lang.Exception: "


@pytest.fixture
def site():
    with serving() as opened:
        yield opened


def _http(uri, method="GET", **request):
    given = {"uri": uri, "method": method, **request}
    return task("HTTP", "call", inputParameters={"http_request": given})


def _response(world, workflow):
    return world.task(workflow, "call")["outputData"]["response"]


# --- what is sent ------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_3_2_method_and_path(world, site, method):
    world.run([_http(site.uri, method)])

    [(sent, path, _, _)] = site.requests
    assert (method, "/path?q=1") == (sent, path)


def test_3_2_keys_may_stand_at_the_top(world, site):
    inputs = {"uri": site.uri, "method": "POST", "body": {"x": "${workflow.input.x}"}}
    started = world.run([task("HTTP", "call", inputParameters=inputs)], {"x": 1})

    assert "COMPLETED" == world.status(started)
    assert {"x": 1} == json.loads(site.requests[0][3])


@pytest.mark.parametrize(
    ("body", "sent"),
    [({"a": [1]}, '{"a":[1]}'), ([1, "é"], '[1,"é"]'), ("plain", "plain"), (None, "")],
    ids=["map", "list", "text", "none"],
)
def test_3_2_body(world, site, body, sent):
    world.run([_http(site.uri, "POST", body=body)])

    assert sent == site.requests[0][3]


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({}, "Accept", "application/json"),
        ({"accept": "text/plain"}, "Accept", "text/plain"),
        ({"accept": ["text/plain", "a/b"]}, "Accept", "text/plain, a/b"),
        ({"body": "x"}, "Content-Type", "application/json"),
        ({"contentType": "text/x", "body": "x"}, "Content-Type", "text/x"),
        ({"headers": {"X-A": 1}}, "X-A", "1"),
        ({"headers": {"X-A": None}}, "X-A", None),
    ],
)
def test_3_2_headers(world, site, given, name, value):
    world.run([_http(site.uri, "POST", **given)])

    assert value == site.requests[0][2].get(name)


# --- what comes back ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"a": [1, 2.5]}', {"a": [1, 2.5]}),
        (b"[1, null]", [1, None]),
        (b"42", 42.0),
        (b"1.5", 1.5),
        (b"true", "true"),
        (b"null", "null"),
        (b'"text"', "text"),
        (b"<html>", "<html>"),
        (b"", None),
    ],
)
def test_3_2_response_body(world, site, body, parsed):
    site.body = body
    started = world.run([_http(site.uri)])

    found = _response(world, started)["body"]
    assert (parsed, type(parsed)) == (found, type(found))


@pytest.mark.parametrize(
    ("status", "phrase"),
    [(200, "OK"), (201, "Created"), (202, "Accepted"), (299, "")],
)
def test_3_2_success(world, site, status, phrase):
    site.status = status
    started = world.run([_http(site.uri), simple("after")])

    assert [("call", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    response = _response(world, started)
    assert (status, phrase) == (response["statusCode"], response["reasonPhrase"])


def test_3_2_response_headers_are_lists(world, site):
    site.headers = [("X-A", "1"), ("X-A", "2"), ("X-B", "3")]
    started = world.run([_http(site.uri)])

    headers = _response(world, started)["headers"]
    assert (["1", "2"], ["3"]) == (headers["X-A"], headers["X-B"])


def test_3_2_response_can_be_referenced(world, site):
    site.body = b'{"items": [{"id": 7}]}'
    inputs = {
        "id": "${call.output.response.body.items[0].id}",
        "code": "${call.output.response.statusCode}",
    }
    started = world.run([_http(site.uri), simple("after", inputParameters=inputs)])

    assert {"id": 7, "code": 200} == world.task(started, "after")["inputData"]


def test_3_2_async_complete_stays_in_progress(world, site):
    started = world.run([{**_http(site.uri), "asyncComplete": True}, simple("after")])

    assert [("call", "IN_PROGRESS")] == world.tasks(started)
    assert 200 == _response(world, started)["statusCode"]
    world.signal_task(started, "call", output={"x": 1})

    assert [("call", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)


# --- failures ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (400, "Bad Request"),
        (404, "Not Found"),
        (500, "Internal Server Error"),
        (503, "Service Unavailable"),
    ],
)
def test_3_2_other_answers_fail_the_task(world, site, status, phrase):
    site.status, site.body = status, b'{"why": "not"}'
    started = world.run([_http(site.uri)])

    call = world.task(started, "call")
    what = f'{status} {phrase}: "{{"why": "not"}}"'
    assert ("FAILED", REASON + what) == (call["status"], call["reasonForIncompletion"])
    assert f"java.lang.Exception: {what}" == call["outputData"]["response"]
    assert "FAILED" == world.status(started)


def test_3_2_a_refused_connection_fails_the_task(world):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    started = world.run([_http(f"http://127.0.0.1:{port}/")])

    call = world.task(started, "call")
    assert "FAILED" == call["status"]
    assert call["reasonForIncompletion"].startswith(REASON)
    assert isinstance(call["outputData"]["response"], str)


def test_3_2_a_server_that_is_too_slow_fails_the_task(world):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        started = world.run([_http(uri, readTimeOut=50)])

    call = world.task(started, "call")
    assert "FAILED" == call["status"]
    assert call["reasonForIncompletion"].startswith(REASON)
    assert "timed out" in call["reasonForIncompletion"]


@pytest.mark.parametrize("uri", ["no uri", "ftp://127.0.0.1/", "http://"])
def test_3_2_a_uri_that_is_none_fails_the_task(world, uri):
    started = world.run([_http(uri)])

    call = world.task(started, "call")
    assert "FAILED" == call["status"]
    assert call["reasonForIncompletion"].startswith(REASON)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"method": "GET"}, "Missing HTTP URI."),
        ({"uri": "http://127.0.0.1/"}, "No HTTP method specified"),
        ({"uri": None, "method": None}, "Missing HTTP URI."),
    ],
)
def test_3_2_what_is_missing_fails_the_task(world, request_, reason):
    inputs = {"http_request": request_}
    started = world.run([task("HTTP", "call", inputParameters=inputs)])

    call = world.task(started, "call")
    assert "FAILED" == call["status"]
    assert call["reasonForIncompletion"].startswith(reason)


def test_3_2_without_definition_there_is_no_retry(world, site):
    site.status = 500
    started = world.run([_http(site.uri)])

    assert [("call", "FAILED")] == world.tasks(started)
    assert 1 == len(site.requests)


def test_3_2_retries_follow_the_definition(world, site):
    world.register_task("call", retryCount=2, retryDelaySeconds=5)
    site.status = 500
    started = world.run([_http(site.uri), simple("after")])

    world.advance(5 * SECOND)
    site.status = 200
    world.advance(5 * SECOND)

    assert [
        ("call", "FAILED"),
        ("call", "FAILED"),
        ("call", "COMPLETED"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)


def test_3_2_request_from_the_template_of_the_definition(world, site):
    request = {"uri": site.uri, "method": "PUT"}
    world.register_task("call", inputTemplate={"http_request": request})
    started = world.run([task("HTTP", "call")])

    assert "COMPLETED" == world.status(started)
    assert "PUT" == site.requests[0][0]


def test_3_2_a_start_delay_holds_the_call_back(world, site):
    world.run([{**_http(site.uri), "startDelay": 30}])

    assert [] == site.requests
    world.advance(30 * SECOND)

    assert 1 == len(site.requests)


def test_3_2_a_redirect_is_followed(world, site):
    site.status, site.headers = 302, [("Location", "/elsewhere")]
    started = world.run([_http(site.uri)])

    assert ["/path?q=1", "/elsewhere"] == [one[1] for one in site.requests[:2]]
    assert "FAILED" == world.status(started)
