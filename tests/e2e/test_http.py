"""What clients see on the wire, over real sockets (reference 1.0, 1.10 and 12)."""

import json
from urllib.parse import quote

import pytest

from world import simple, task

pytestmark = pytest.mark.e2e

JSON = "application/json"
TEXT = "text/plain;charset=utf-8"
ABSENT = "00000000-0000-8000-8000-000000000000"


@pytest.fixture(scope="module", autouse=True)
def definitions(module_server):
    module_server.ask(
        "PUT",
        "/api/metadata/workflow",
        [
            {"name": "waits", "version": 1, "tasks": [task("WAIT", "wait")]},
            {"name": "works", "version": 1, "tasks": [simple("work", "wire_work")]},
        ],
    )


@pytest.fixture
def waiting(server):
    """A workflow that stands at a WAIT."""
    return server.ask("POST", "/api/workflow/waits", {})


@pytest.fixture
def polled(server):
    """A task that a worker holds."""
    server.ask("POST", "/api/workflow/works", {})
    return server.ask("GET", "/api/tasks/poll/wire_work?workerid=me")


def seen(answer):
    """Return status, content type and body."""
    return answer.status, answer.headers.get("content-type"), answer.data.decode()


def message(answer):
    """Return status and message of an error, which is always JSON."""
    error = json.loads(answer.data)
    assert answer.headers["content-type"] == JSON
    assert error["status"] == answer.status
    assert error["retryable"] is False
    return error["status"], error["message"]


# --- answers -------------------------------------------------------------------------


def test_ids_and_the_version_are_bare_text_whatever_is_accepted(server):
    for accept in (JSON, "text/plain", "*/*", "image/png"):
        answer = server.request("POST", "/api/workflow/waits", {}, accept=accept)
        status, kind, text = seen(answer)
        assert (status, kind, len(text)) == (200, TEXT, 36)
    assert seen(server.request("GET", "/api/version"))[:2] == (200, TEXT)


def test_json_is_json_though_a_client_asks_for_text(server, waiting):
    path = f"/api/workflow/{waiting}"
    status, kind, text = seen(server.request("GET", path, accept="text/plain"))
    assert (status, kind) == (200, JSON)
    assert json.loads(text)["workflowId"] == waiting


def test_calls_without_a_result_answer_an_empty_body(server, waiting):
    nothing = (200, None, "")
    assert seen(server.request("PUT", f"/api/workflow/{waiting}/pause")) == nothing
    assert seen(server.request("PUT", f"/api/workflow/{waiting}/resume")) == nothing
    unknown = f"/api/tasks/{waiting}/unknown/COMPLETED"
    assert seen(server.request("POST", unknown, {})) == nothing
    assert seen(server.request("DELETE", f"/api/workflow/{waiting}")) == nothing


def test_there_is_no_content_where_there_is_no_task_or_no_log(server, polled):
    nothing = (204, None, "")
    assert seen(server.request("GET", "/api/tasks/poll/nobody")) == nothing
    assert seen(server.request("GET", f"/api/tasks/{polled['taskId']}/log")) == nothing
    result = {key: polled[key] for key in ("taskId", "workflowInstanceId")}
    result["status"] = "COMPLETED"
    assert seen(server.request("POST", "/api/tasks/update-v2", result)) == nothing
    batch = server.request("GET", "/api/tasks/poll/batch/nobody")
    assert seen(batch) == (200, JSON, "[]")


def test_health_is_at_the_root_and_below_the_prefix(server):
    for path in ("/health", "/api/health"):
        assert server.ask("GET", path)["healthy"] is True


def test_the_api_describes_itself(server):
    page = server.request("GET", "/")
    assert (page.status, page.headers["location"]) == (302, "/swagger-ui/index.html")
    assert b"SwaggerUIBundle" in server.request("GET", "/swagger-ui/index.html").data
    assert "/api/tasks/update-v2" in server.ask("GET", "/api-docs")["paths"]


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/token", "/nope", "/api/workflow/a/b/c", "/api"])
def test_a_path_that_is_none_is_a_404_in_json(server, path):
    expected = (404, f"No static resource {path.strip('/')}.")
    assert message(server.request("POST", path, {})) == expected


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/tasks", "POST"),
        ("PATCH", "/api/metadata/taskdefs", "GET, POST, PUT"),
        ("GET", "/api/tasks/update-v2/log/x", "POST"),
        ("GET", "/api/workflow", "POST"),
    ],
)
def test_a_path_with_another_verb_is_a_405_that_says_which(
    server, method, path, allowed
):
    answer = server.request(method, path)
    assert message(answer) == (405, f"Request method '{method}' is not supported")
    assert answer.headers["allow"] == f"{allowed}, OPTIONS"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/workflow/{}"),
        ("GET", "/api/workflow/{}/status"),
        ("GET", "/api/tasks/{}"),
        ("PUT", "/api/workflow/{}/pause"),
        ("DELETE", "/api/workflow/{}"),
        ("POST", "/api/tasks/{}/wait/COMPLETED"),
        ("GET", "/api/metadata/workflow/{}"),
        ("GET", "/api/metadata/taskdefs/{}"),
        ("DELETE", "/api/metadata/taskdefs/{}"),
        ("DELETE", "/api/metadata/workflow/{}/1"),
        ("DELETE", "/api/event/{}"),
        ("POST", "/api/workflow/{}"),
    ],
)
def test_a_404_names_what_it_did_not_find(server, method, path):
    answer = server.request(
        method, path.format(ABSENT), {} if method == "POST" else None
    )
    status, text = message(answer)
    assert status == 404
    assert ABSENT in text


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{broken", "body: expected JSON: "),
        (b'{"a": 1} {"b": 2}', "body: expected JSON: "),
        (b"[]", "body: expected a JSON object, got list"),
        (b'"text"', "body: expected a JSON object, got str"),
        (b"\xff\xfe{}", "body: expected text in UTF-8"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "body: it is nested too deeply"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_400_that_says_why(server, body, says):
    status, text = message(server.request("POST", "/api/workflow/waits", body))
    assert status == 400
    assert text.startswith(says)


def test_a_finding_names_its_field(server):
    answer = server.request("POST", "/api/workflow", {"name": "waits", "priority": 100})
    assert answer.status == 400
    error = json.loads(answer.data)
    assert error["message"] == "Validation failed, check below errors for detail."
    (finding,) = error["validationErrors"]
    assert finding["path"].endswith("priority")
    assert finding["message"] == "priority: 100 should be maximum 99"


# --- what clients send ---------------------------------------------------------------


@pytest.mark.parametrize("body", [None, b"", b"{}", b" ", b"null"])
def test_a_call_without_a_body_may_carry_an_empty_one(server, waiting, body):
    for change in ("pause", "resume"):
        path = f"/api/workflow/{waiting}/{change}"
        assert server.request("PUT", path, body).status == 200
    assert server.request("POST", "/api/workflow/waits", body).status == 200
    assert server.request("DELETE", f"/api/workflow/{waiting}", body).status == 200


@pytest.mark.parametrize(
    ("value", "shown"),
    [("true", 1), ("True", 1), ("TRUE", 1), ("false", 0), ("False", 0), ("", 1)],
)
def test_booleans_come_in_any_case_and_empty_means_absent(
    server, waiting, value, shown
):
    workflow = server.ask("GET", f"/api/workflow/{waiting}?includeTasks={value}")
    assert len(workflow["tasks"]) == shown


def test_a_boolean_that_is_none_is_refused_by_its_name(server, waiting):
    answer = server.request("GET", f"/api/workflow/{waiting}?includeTasks=maybe")
    expected = "includeTasks: expected true or false, got 'maybe'"
    assert message(answer) == (400, expected)


def test_none_never_matches_and_unknown_parameters_are_ignored(server):
    path = (
        "/api/workflow/execute/waits/0?requestId=None&waitUntilTaskRef=None"
        "&waitForSeconds=1&consistency=DURABLE&bogus=1"
    )
    run = server.ask("POST", path, {"name": "waits"})
    assert (run["requestId"], run["status"]) == ("None", "RUNNING")
    assert [one["status"] for one in run["tasks"]] == ["IN_PROGRESS"]


@pytest.mark.parametrize(
    "query",
    [
        "status=COMPLETED&status=IN_PROGRESS",
        "status%5B%5D=COMPLETED&status[]=IN_PROGRESS",
        "status=COMPLETED,IN_PROGRESS",
    ],
)
def test_a_list_is_repeated_bracketed_or_joined_by_commas(server, waiting, query):
    page = server.ask("GET", f"/api/workflow/{waiting}/tasks?{query}")
    assert page["totalHits"] == 1


def test_queue_sizes_take_types_in_brackets(server):
    path = "/api/tasks/queue/sizes?taskType[]=nobody&taskType[]=nothing"
    assert server.ask("GET", path) == {"nobody": 0, "nothing": 0}


def test_an_empty_search_means_everything(server, waiting):
    empty = "/api/workflow/search?queryId=&query=&sort=&freeText=&size=5000"
    star = "/api/workflow/search?freeText=*&size=5000"
    found = server.ask("GET", empty)
    assert waiting in {one["workflowId"] for one in found["results"]}
    assert found["totalHits"] == server.ask("GET", star)["totalHits"]


@pytest.mark.parametrize("content_type", [JSON, "text/plain", "*/*"])
def test_a_log_line_is_raw_text_or_a_json_string(server, polled, content_type):
    path = f"/api/tasks/{polled['taskId']}/log"
    lines = (b"it's raw", b'"it is \\"quoted\\""', '"half ü'.encode(), b'{"a": 1}')
    for line in lines:
        assert (
            server.request("POST", path, line, content_type=content_type).status == 200
        )
    expected = ["it's raw", 'it is "quoted"', '"half ü', '{"a": 1}']
    assert [one["log"] for one in server.ask("GET", path)] == expected


def test_definitions_and_handlers_come_as_arrays_or_as_single_objects(server):
    definition = {"name": "wire_def", "tasks": [simple("only")]}
    start = {"action": "start_workflow", "start_workflow": {"name": "waits"}}
    handler = {"event": "conductor:waits:done", "actions": [start], "active": True}
    for method, path, body in (
        ("POST", "/api/metadata/taskdefs", {"name": "wire_task"}),
        ("POST", "/api/metadata/taskdefs", [{"name": "wire_task"}]),
        ("PUT", "/api/metadata/taskdefs", {"name": "wire_task"}),
        ("PUT", "/api/metadata/taskdefs", [{"name": "wire_task"}]),
        ("POST", "/api/metadata/workflow", {**definition, "version": 1}),
        ("POST", "/api/metadata/workflow", [{**definition, "version": 2}]),
        ("PUT", "/api/metadata/workflow", {**definition, "version": 3}),
        ("PUT", "/api/metadata/workflow", [{**definition, "version": 4}]),
        ("POST", "/api/event", {"name": "wire_first", **handler}),
        ("POST", "/api/event", [{"name": "wire_second", **handler}]),
    ):
        assert server.request(method, path, body).status == 200, (method, path, body)
    versions = server.ask("GET", "/api/metadata/workflow/wire_def/versions")
    assert [one["version"] for one in versions] == [1, 2, 3, 4]
    of_event = server.ask("GET", "/api/event/conductor:waits:done")
    assert [one["name"] for one in of_event] == ["wire_first", "wire_second"]


@pytest.mark.parametrize(
    "name", ["two words", "a#b", "<x>{y}", "50%25 off", "why?", "ü-ñ", "a+b", "a;b=c&d"]
)
def test_any_name_without_a_slash_can_be_asked_for(server, name):
    definition = {"name": name, "version": 1, "tasks": [simple("only")]}
    server.ask("PUT", "/api/metadata/workflow", definition)
    path = f"/api/metadata/workflow/{quote(name, safe='')}"
    assert server.ask("GET", path)["name"] == name
    assert server.ask("GET", f"{path}/versions")[0]["version"] == 1
