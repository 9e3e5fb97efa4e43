"""The real template, run by an emulator: every function, source, stream and role."""

import gzip
import json

import pytest
import urllib3

from gateway_events import recorded
from http_site import serving
from podium_local.emulated.deployment import STACK
from podium_sdk import (
    ApiError,
    EventHandler,
    IdempotencyStrategy,
    PodiumClient,
    StartWorkflowRequest,
    TaskResult,
    TaskResultStatus,
    Unauthorized,
)
from world import fork_join, inline, join_on, simple, task

pytestmark = pytest.mark.e2e


def definition(name, *tasks, **fields):
    return {
        "name": name,
        "version": 1,
        "schemaVersion": 2,
        "ownerEmail": "orders@example.org",
        "timeoutSeconds": 600,
        "tasks": list(tasks),
        **fields,
    }


SUM = definition("sum", inline("add", "$.a + $.b", a="${workflow.input.a}", b=2))
TOLD = definition("told", inline("note", "1"))
ORDER = definition(
    "order",
    fork_join(
        [simple("pick", "pack"), simple("pack")],
        [task("SUB_WORKFLOW", "ship", subWorkflowParam={"name": "sum"})],
        [
            task("WAIT", "rest", inputParameters={"duration": "2 seconds"}),
            task(
                "HTTP",
                "book",
                inputParameters={
                    "http_request": {"uri": "${workflow.input.site}", "method": "GET"}
                },
            ),
        ],
    ),
    join_on("pack", "ship", "book"),
    task("EVENT", "tell", sink="conductor"),
)
PACK = {
    "name": "pack",
    "ownerEmail": "orders@example.org",
    "retryCount": 1,
    "retryDelaySeconds": 1,
    "responseTimeoutSeconds": 60,
}
HANDLER = EventHandler.model_validate(
    {
        "name": "tell_of_orders",
        "event": "conductor:order:tell",
        "active": True,
        "actions": [{"action": "start_workflow", "start_workflow": {"name": "told"}}],
    }
)


@pytest.fixture(scope="module")
def registered(client):
    client.metadata.register_tasks([PACK])
    client.metadata.update_workflows([SUM, TOLD, ORDER])
    client.event_handlers.register(HANDLER)


def report(task, status=TaskResultStatus.COMPLETED, **fields):
    return TaskResult(
        workflow_instance_id=task.workflow_instance_id,
        task_id=task.task_id,
        status=status,
        **fields,
    )


def poll(client):
    return next(iter(client.tasks.poll_batch("pack", worker_id="w", count=1)), None)


# --- what is deployed ----------------------------------------------------------------


def test_the_doctor_finds_the_deployment_well(deployed, admin_key):
    said = deployed.podium(
        *("doctor", "--stack", STACK, "--url", deployed.api_url),
        *("--endpoint-url", deployed.endpoint_url),
        **admin_key,
    )
    assert {"ok"} == {line.split()[0] for line in said.splitlines()}, said


def test_a_worker_gets_its_task_by_the_function_url(
    deployed, client, admin_key, authorized
):
    """The emulator makes URLs and answers none: the function is called as one would."""
    functions = deployed.client("lambda")
    control = f"{deployed.outputs['QueuePrefix']}control"
    url = functions.get_function_url_config(FunctionName=control)
    policy = json.loads(functions.get_policy(FunctionName=control)["Policy"])
    client.metadata.register_tasks([{**PACK, "name": "by_url"}])
    client.metadata.update_workflows([definition("by_url", simple("by_url"))])
    started = client.workflows.start("by_url", {})

    def poll_with(headers):
        event = recorded("function_url")
        event |= {"rawPath": "/api/tasks/poll/by_url", "rawQueryString": "workerid=u"}
        event["headers"] |= headers
        event["requestContext"]["http"] |= {"method": "GET", "path": event["rawPath"]}
        answer = functions.invoke(FunctionName=control, Payload=json.dumps(event))
        return json.load(answer["Payload"])

    assert ("NONE", f"{url['FunctionUrl']}api") == (
        url["AuthType"],
        deployed.outputs["FunctionUrl"],
    )
    assert {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"} == {
        one["Action"]
        for one in policy["Statement"]
        if "FunctionUrl" in json.dumps(one.get("Condition"))
    }
    assert 401 == poll_with({})["statusCode"]
    [token] = authorized(deployed, admin_key).values()
    polled = json.loads(poll_with({"x-authorization": token})["body"])
    assert started == polled["workflowInstanceId"]


# --- one story through everything ----------------------------------------------------


@pytest.fixture(scope="module")
def order(client, registered, eventually):
    """An order that went through workers, children, timers, HTTP and events."""
    with serving() as site:
        started = client.workflows.start("order", {"site": site.uri, "a": 40})
        first = eventually(lambda: poll(client))
        client.tasks.update(report(first, TaskResultStatus.FAILED))
        again = eventually(lambda: poll(client))
        assert (first.reference_task_name, 1) == (
            again.reference_task_name,
            again.retry_count,
        )
        following = client.tasks.update_v2(report(again)) or eventually(
            lambda: poll(client)
        )
        client.tasks.update(report(following, output_data={"boxes": 3}))
        eventually(lambda: client.workflows.status(started).status != "RUNNING")
        assert ["GET"] == [asked[0] for asked in site.requests]
    return client.workflows.get(started)


def test_a_workflow_ends_whose_tasks_are_of_every_kind(order):
    ended = {one.reference_task_name: str(one.status) for one in order.tasks}
    assert "COMPLETED" == order.status, order.reason_for_incompletion
    assert {
        **dict.fromkeys(("fork", "pick", "pack", "ship", "rest", "book"), "COMPLETED"),
        **dict.fromkeys(("join", "tell"), "COMPLETED"),
    } == ended


def test_a_failed_task_came_again_after_its_delay(order):
    first, second = (one for one in order.tasks if one.reference_task_name == "pick")
    assert ("FAILED", "COMPLETED") == (first.status, second.status)
    assert second.start_time - first.end_time >= 1_000


def test_a_wait_takes_its_time_and_not_much_more(order):
    [rest] = [one for one in order.tasks if one.reference_task_name == "rest"]
    assert 2_000 <= rest.end_time - rest.start_time < 15_000


def test_a_child_is_a_workflow_of_its_own(client, order):
    [ship] = [one for one in order.tasks if one.reference_task_name == "ship"]
    child = client.workflows.get(ship.sub_workflow_id)
    assert ("sum", "COMPLETED", order.workflow_id) == (
        child.workflow_name,
        child.status,
        child.parent_workflow_id,
    )


def test_an_event_starts_what_its_handler_says(client, order, eventually):
    query = "workflowType='told' AND status='COMPLETED'"
    found = eventually(lambda: client.workflows.search(query).results)
    assert ["told"] == [row.workflow_type for row in found]


def test_search_follows(client, order, eventually):
    query = "workflowType='order' AND status='COMPLETED'"
    found = eventually(lambda: client.workflows.search(query).results)
    assert [order.workflow_id] == [row.workflow_id for row in found]


def test_the_archive_has_what_ended(deployed, order, eventually):
    bucket, s3 = deployed.outputs["Bucket"], deployed.client("s3")

    def lines():
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="archive/")
        for one in listed.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            yield from map(json.loads, gzip.decompress(body).splitlines())

    def found():
        return [one for one in lines() if one["workflow_id"] == order.workflow_id]

    assert "COMPLETED" == eventually(found)[0]["status"]


# --- rules that must hold behind API Gateway too -------------------------------------


def test_execute_waits_for_the_end(client, registered):
    run = client.workflows.execute("sum", {"a": 40})
    assert ("COMPLETED", 42) == (run.status, run.output["result"])


def test_a_start_with_the_same_key_is_the_same_workflow(client, registered):
    request = StartWorkflowRequest(
        name="sum",
        input={"a": 1},
        idempotency_key="emulated-1",
        idempotency_strategy=IdempotencyStrategy.RETURN_EXISTING,
    )
    assert client.workflows.start(request) == client.workflows.start(request)


def test_an_http_task_reaches_no_network_that_is_not_allowed(
    client, registered, eventually
):
    inside = {"http_request": {"uri": "http://10.0.0.1/", "method": "GET"}}
    call = task("HTTP", "call", inputParameters=inside)
    client.metadata.register_workflow(definition("inside", call))
    started = client.workflows.start("inside")
    eventually(lambda: client.workflows.status(started).status != "RUNNING")
    [refused] = client.workflows.get(started).tasks
    assert refused.status.startswith("FAILED")
    assert "10.0.0.1" in refused.reason_for_incompletion


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        (404, "GET", "/workflow/nothing", None),
        (404, "POST", "/workflow/no_such_workflow", {}),
        (404, "GET", "/metadata/workflow/no_such_workflow", None),
        (400, "POST", "/metadata/workflow", {"name": "", "tasks": []}),
        (200, "GET", "/metadata/workflow", None),
    ],
)
def test_answers_have_conductors_statuses(
    deployed, authorized, admin_key, registered, status, method, path, body
):
    answer = urllib3.request(
        method,
        f"{deployed.api_url}{path}",
        json=body,
        headers=authorized(deployed, admin_key),
    )
    assert status == answer.status, answer.data
    if status >= 400:
        assert status == answer.json()["status"]


# --- access --------------------------------------------------------------------------


def test_nobody_is_answered_without_a_token(deployed):
    with PodiumClient(deployed.api_url) as stranger, pytest.raises(Unauthorized):
        stranger.metadata.list_workflows()


def test_a_role_allows_what_it_says_and_no_more(deployed, registered, authorized):
    key = deployed.make_key("auditors", "read-only")
    with PodiumClient(deployed.api_url, headers=authorized(deployed, key)) as auditor:
        assert {"sum", "order"} <= {
            one.name for one in auditor.metadata.list_workflows()
        }
        with pytest.raises(ApiError) as refused:
            auditor.workflows.start("sum", {"a": 1})
    assert 403 == refused.value.status
