"""Every method of the client: what it puts on the wire and how it reads the answer."""

import pytest

from podium_sdk import (
    BadRequest,
    EventHandler,
    Finding,
    PodiumClient,
    RerunWorkflowRequest,
    StartWorkflowRequest,
    TaskDef,
    TaskResult,
    TaskResultStatus,
    UnreadableAnswer,
    WorkflowDef,
    WorkflowSignalReturnStrategy,
    WorkflowTestRequest,
)
from podium_sdk.testing import ScriptedTransport
from podium_sdk.transport import Response

DONE = TaskResultStatus.COMPLETED
RESULT = TaskResult(task_id="t", workflow_instance_id="w", status=DONE)
BULK = {"bulkErrorResults": {}, "bulkSuccessfulResults": ["d"]}
BLOCKING_TASK = WorkflowSignalReturnStrategy.BLOCKING_TASK

ROUTES = [
    # call, answer, method, path, query
    (
        lambda c: c.metadata.register_workflow({"name": "d"}, overwrite=True),
        None,
        ("POST", "/metadata/workflow", {"overwrite": "true"}),
    ),
    (
        lambda c: c.metadata.update_workflows([WorkflowDef(name="d")]),
        BULK,
        ("PUT", "/metadata/workflow", {}),
    ),
    (
        lambda c: c.metadata.validate_workflow({"name": "d"}),
        None,
        ("POST", "/metadata/workflow/validate", {}),
    ),
    (
        lambda c: c.metadata.get_workflow("a b", 2),
        {"name": "a b"},
        ("GET", "/metadata/workflow/a%20b", {"version": "2"}),
    ),
    (
        lambda c: c.metadata.list_workflows(),
        [{"name": "d"}],
        ("GET", "/metadata/workflow", {}),
    ),
    (
        lambda c: c.metadata.delete_workflow("d", 3),
        None,
        ("DELETE", "/metadata/workflow/d/3", {}),
    ),
    (
        lambda c: c.metadata.register_tasks([TaskDef(name="t")]),
        None,
        ("POST", "/metadata/taskdefs", {}),
    ),
    (
        lambda c: c.metadata.update_task(TaskDef(name="t")),
        None,
        ("PUT", "/metadata/taskdefs", {}),
    ),
    (
        lambda c: c.metadata.get_task("t"),
        {"name": "t"},
        ("GET", "/metadata/taskdefs/t", {}),
    ),
    (lambda c: c.metadata.list_tasks(), [], ("GET", "/metadata/taskdefs", {})),
    (
        lambda c: c.metadata.delete_task("t"),
        None,
        ("DELETE", "/metadata/taskdefs/t", {}),
    ),
    (lambda c: c.workflows.start("d"), "w", ("POST", "/workflow", {})),
    (
        lambda c: c.workflows.execute("d", wait_for_seconds=3, wait_until=["a", "b"]),
        {"workflowId": "w"},
        (
            "POST",
            "/workflow/execute/d/0",
            {
                "waitForSeconds": "3",
                "waitUntilTaskRef": "a,b",
                "returnStrategy": "TARGET_WORKFLOW",
            },
        ),
    ),
    (
        lambda c: c.workflows.get("w", include_tasks=False),
        {"workflowId": "w"},
        ("GET", "/workflow/w", {"includeTasks": "false"}),
    ),
    (
        lambda c: c.workflows.status("w", include_output=True),
        {"workflowId": "w"},
        (
            "GET",
            "/workflow/w/status",
            {"includeOutput": "true", "includeVariables": "false"},
        ),
    ),
    (
        lambda c: c.workflows.search_by_tasks('status="FAILED"', start=5),
        {"totalHits": 0, "results": []},
        (
            "GET",
            "/workflow/search-by-tasks",
            {"query": 'status="FAILED"', "freeText": "*", "start": "5", "size": "100"},
        ),
    ),
    (
        lambda c: c.tasks.search("taskType = HTTP", sort="startTime:DESC"),
        {"totalHits": 1, "results": [{"taskId": "t"}]},
        (
            "GET",
            "/tasks/search",
            {
                "query": "taskType = HTTP",
                "freeText": "*",
                "start": "0",
                "size": "100",
                "sort": "startTime:DESC",
            },
        ),
    ),
    (
        lambda c: c.workflows.test(WorkflowTestRequest(name="d")),
        {"workflowId": "w"},
        ("POST", "/workflow/test", {}),
    ),
    (
        lambda c: c.workflows.set_variables("w", {"a": 1}),
        {"workflowId": "w"},
        ("POST", "/workflow/w/variables", {}),
    ),
    (
        lambda c: c.workflows.bulk.pause(["d"]),
        BULK,
        ("PUT", "/workflow/bulk/pause", {}),
    ),
    (
        lambda c: c.workflows.bulk.resume(["d"]),
        BULK,
        ("PUT", "/workflow/bulk/resume", {}),
    ),
    (
        lambda c: c.workflows.bulk.restart(["d"], use_latest_definition=True),
        BULK,
        ("POST", "/workflow/bulk/restart", {"useLatestDefinitions": "true"}),
    ),
    (
        lambda c: c.workflows.bulk.retry(["d"]),
        BULK,
        ("POST", "/workflow/bulk/retry", {}),
    ),
    (
        lambda c: c.workflows.bulk.terminate(["d"], "enough"),
        BULK,
        ("POST", "/workflow/bulk/terminate", {"reason": "enough"}),
    ),
    (
        lambda c: c.workflows.bulk.remove(["d"], archive=False),
        BULK,
        ("DELETE", "/workflow/bulk/remove", {"archiveWorkflow": "false"}),
    ),
    (
        lambda c: c.workflows.bulk.terminate_and_remove(["d"]),
        BULK,
        ("DELETE", "/workflow/bulk/terminate-remove", {"archiveWorkflow": "true"}),
    ),
    (
        lambda c: c.workflows.bulk.get(["d"], include_tasks=False),
        {"bulkErrorResults": {}, "bulkSuccessfulResults": [{"workflowId": "d"}]},
        ("POST", "/workflow/bulk/search", {"includeTasks": "false"}),
    ),
    (
        lambda c: c.workflows.search('status="FAILED"', size=5, sort="startTime:DESC"),
        {"totalHits": 0, "results": []},
        (
            "GET",
            "/workflow/search",
            {
                "query": 'status="FAILED"',
                "freeText": "*",
                "start": "0",
                "size": "5",
                "sort": "startTime:DESC",
            },
        ),
    ),
    (lambda c: c.workflows.pause("w"), None, ("PUT", "/workflow/w/pause", {})),
    (lambda c: c.workflows.resume("w"), None, ("PUT", "/workflow/w/resume", {})),
    (
        lambda c: c.workflows.terminate("w", "enough"),
        None,
        ("DELETE", "/workflow/w", {"reason": "enough"}),
    ),
    (
        lambda c: c.workflows.restart("w", use_latest_definition=True),
        None,
        ("POST", "/workflow/w/restart", {"useLatestDefinitions": "true"}),
    ),
    (
        lambda c: c.workflows.retry("w"),
        None,
        ("POST", "/workflow/w/retry", {"resumeSubworkflowTasks": "false"}),
    ),
    (
        lambda c: c.workflows.rerun("w", RerunWorkflowRequest(re_run_from_task_id="t")),
        "w",
        ("POST", "/workflow/w/rerun", {}),
    ),
    (
        lambda c: c.workflows.remove("w", archive=False),
        None,
        ("DELETE", "/workflow/w/remove", {"archiveWorkflow": "false"}),
    ),
    (
        lambda c: c.workflows.signal("w", output={"a": 1}),
        None,
        ("POST", "/tasks/w/COMPLETED/signal", {}),
    ),
    (
        lambda c: c.workflows.signal_sync("w", returning=BLOCKING_TASK),
        {"taskId": "t"},
        (
            "POST",
            "/tasks/w/COMPLETED/signal/sync",
            {"returnStrategy": "BLOCKING_TASK", "timeoutMillis": "5000"},
        ),
    ),
    (
        lambda c: c.tasks.poll("t", worker_id="me", domain="d"),
        {"taskId": "1"},
        ("GET", "/tasks/poll/t", {"workerid": "me", "domain": "d"}),
    ),
    (
        lambda c: c.tasks.poll_batch("t", worker_id="me", count=8, timeout_millis=50),
        [{"taskId": "1"}],
        (
            "GET",
            "/tasks/poll/batch/t",
            {"workerid": "me", "count": "8", "timeout": "50"},
        ),
    ),
    (lambda c: c.tasks.update(RESULT), "t", ("POST", "/tasks", {})),
    (lambda c: c.tasks.update_v2(RESULT), None, ("POST", "/tasks/update-v2", {})),
    (
        lambda c: c.tasks.update_by_reference("w", "r", DONE, worker_id="me"),
        "t",
        ("POST", "/tasks/w/r/COMPLETED", {"workerid": "me"}),
    ),
    (
        lambda c: c.tasks.update_by_reference_sync("w", "r", DONE, {"a": 1}),
        {"workflowId": "w"},
        ("POST", "/tasks/w/r/COMPLETED/sync", {}),
    ),
    (lambda c: c.tasks.get("t"), {"taskId": "t"}, ("GET", "/tasks/t", {})),
    (lambda c: c.tasks.log("t", "hello"), None, ("POST", "/tasks/t/log", {})),
    (lambda c: c.tasks.logs("t"), None, ("GET", "/tasks/t/log", {})),
    (
        lambda c: c.tasks.queue_size("t", "d"),
        7,
        ("GET", "/tasks/queue/size", {"taskType": "t", "domain": "d"}),
    ),
    (lambda c: c.tasks.queue_sizes(), {"t": 7}, ("GET", "/tasks/queue/all", {})),
    (
        lambda c: c.tasks.poll_data("t"),
        [],
        ("GET", "/tasks/queue/polldata", {"taskType": "t"}),
    ),
    (lambda c: c.tasks.poll_data(), [], ("GET", "/tasks/queue/polldata/all", {})),
    (
        lambda c: c.event_handlers.register(EventHandler(name="h")),
        None,
        ("POST", "/event", {}),
    ),
    (
        lambda c: c.event_handlers.update(EventHandler(name="h")),
        None,
        ("PUT", "/event", {}),
    ),
    (lambda c: c.event_handlers.delete("h"), None, ("DELETE", "/event/h", {})),
    (lambda c: c.event_handlers.list_all(), [], ("GET", "/event", {})),
    (
        lambda c: c.event_handlers.for_event("conductor:a:b", active_only=False),
        [],
        ("GET", "/event/conductor%3Aa%3Ab", {"activeOnly": "false"}),
    ),
    (lambda c: c.health(), {"healthy": True}, ("GET", "/health", {})),
    (lambda c: c.version(), "1.0", ("GET", "/version", {})),
]


@pytest.fixture
def transport():
    return ScriptedTransport()


@pytest.fixture
def client(transport):
    return PodiumClient(transport=transport)


@pytest.mark.parametrize(
    ("call", "answer", "expected"), ROUTES, ids=[f"{r[2][0]} {r[2][1]}" for r in ROUTES]
)
def test_each_method_calls_its_route(client, transport, call, answer, expected):
    method, path, query = expected
    transport.on(method, path, answer)

    call(client)

    [sent] = transport.sent("*", "*") or transport.sent(method, path)
    assert (method, path, query) == (sent.method, sent.path, dict(sent.query))


def test_a_workflow_is_started_by_name_and_its_id_comes_as_bare_text(client, transport):
    transport.on("POST", "/workflow", "0193-id")

    assert "0193-id" == client.workflows.start("orders", {"a": None}, version=2)

    body = transport.sent("POST", "/workflow")[0].json()
    assert ("orders", 2, {"a": None}) == (body["name"], body["version"], body["input"])


def test_a_full_request_has_its_own_input(client):
    with pytest.raises(TypeError):
        client.workflows.start(StartWorkflowRequest(name="orders"), {"a": 1})


@pytest.mark.parametrize(
    ("key", "strategy", "repeatable"),
    [
        ("k", "RETURN_EXISTING", True),
        ("k", "FAIL", False),
        (None, "RETURN_EXISTING", False),
        (None, None, False),
    ],
)
def test_only_an_idempotent_start_is_repeatable(
    client, transport, key, strategy, repeatable
):
    transport.on("POST", "/workflow", "w")
    request = StartWorkflowRequest(
        name="orders", idempotency_key=key, idempotency_strategy=strategy
    )

    client.workflows.start(request)

    assert repeatable == transport.sent("POST", "/workflow")[0].repeatable


def test_synchronous_calls_and_polls_allow_for_the_time_the_server_holds_them(
    client, transport
):
    transport.on("POST", "*", {}).on("GET", "*", [])

    client.workflows.execute("orders", wait_for_seconds=25)
    client.tasks.poll_batch("t", worker_id="me", timeout_millis=5000)

    assert [25] == [one.hold_seconds for one in transport.sent("POST", "*")]
    assert [5] == [one.hold_seconds for one in transport.sent("GET", "*")]


def test_a_definition_from_a_file_is_sent_as_it_is(client, transport):
    transport.on("POST", "*", None)
    definition = {"name": "orders", "tasks": [], "fieldOfTheFuture": 1}

    client.metadata.register_workflow(definition)

    assert definition == transport.sent("POST", "*")[0].json()


def test_a_log_line_is_sent_as_bare_text(client, transport):
    transport.on("POST", "*", None)

    client.tasks.log("t", 'said "hello"')

    assert b'said "hello"' == transport.sent("POST", "*")[0].body


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda c: c.tasks.poll("t", worker_id="me"), None),
        (lambda c: c.tasks.poll_batch("t", worker_id="me"), []),
        (lambda c: c.tasks.logs("t"), []),
        (lambda c: c.tasks.update_v2(RESULT), None),
        (lambda c: c.tasks.update_by_reference("w", "gone", DONE), None),
    ],
)
def test_an_empty_answer_means_nothing_is_there(client, transport, call, expected):
    transport.on("*", "*", None).on("GET", "*", None).on("POST", "*", None)

    assert expected == call(client)


def test_a_synchronous_call_answers_with_the_view_that_was_asked_for(client, transport):
    transport.on(
        "POST", "*", {"status": "COMPLETED", "taskId": "t", "output": {"a": 1}}
    )

    task = client.workflows.execute("orders", returning=BLOCKING_TASK)
    workflow = client.workflows.execute("orders")

    assert ("TaskRun", "t") == (type(task).__name__, task.task_id)
    assert ("WorkflowRun", {"a": 1}) == (type(workflow).__name__, workflow.output)


@pytest.mark.parametrize("answer", ["<html>", [1], {"status": "NO SUCH"}])
def test_an_answer_of_another_shape_is_an_error_of_its_own(client, transport, answer):
    transport.on("GET", "*", answer)

    with pytest.raises(UnreadableAnswer):
        client.workflows.get("w")


def test_lists_numbers_and_objects_are_checked_too(client, transport):
    transport.on("GET", "*", "{}")

    for call in (
        client.metadata.list_workflows,
        lambda: client.tasks.queue_size("t"),
    ):
        with pytest.raises(UnreadableAnswer):
            call()
    transport.on("GET", "*", [])
    for call in (client.health, client.tasks.queue_sizes):
        with pytest.raises(UnreadableAnswer):
            call()


def test_a_refusal_is_raised_with_all_that_the_server_said(client, transport):
    finding = {"path": "d.name", "message": "must not be empty", "invalidValue": ""}
    answer = {"message": "Validation failed", "validationErrors": [finding]}
    transport.on("POST", "*", Response.of_json(answer, 400))

    with pytest.raises(BadRequest) as raised:
        client.metadata.register_workflow({"name": ""})

    assert "400: Validation failed; d.name: must not be empty" == str(raised.value)
    expected = (Finding("d.name", "must not be empty", ""),)
    assert expected == raised.value.validation_errors


def test_an_empty_id_is_refused_before_it_names_another_route(client, transport):
    with pytest.raises(ValueError, match="empty"):
        client.workflows.get("")

    assert [] == transport.sent("*", "*")


def test_nan_is_not_json(client, transport):
    with pytest.raises(ValueError, match="JSON"):
        client.workflows.signal("w", output={"a": float("nan")})

    assert [] == transport.sent("POST", "*")


def test_headers_belong_to_the_transport_that_sends_them(transport):
    with pytest.raises(TypeError):
        PodiumClient(transport=transport, headers={"X-Authorization": "t"})
