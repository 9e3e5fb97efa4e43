"""The function that consumes other people's queues."""

import json
import logging

import pytest

from gateway_events import CONTEXT
from lambda_events import failed_ids, sqs_event
from podium.model.event_handler import EventHandler
from podium.model.requests import StartWorkflowRequest
from podium.model.workflow_definition import WorkflowDef
from podium_functions.event_consumer import make
from world import task


@pytest.fixture
def podium(deployment):
    return deployment.runtime.build()


@pytest.fixture
def handle(deployment):
    return make(deployment.runtime)


@pytest.fixture
def orders(deployment):
    """Return the ARN of a queue that is not ours."""
    made = deployment.stack.clients.sqs.create_queue(QueueName="orders-COMPLETED")
    url = made["QueueUrl"]
    return f"arn:aws:sqs:us-east-1:{deployment.stack.account}:{url.rpartition('/')[2]}"


def send(deployment, arn, body, **fields):
    url = deployment.url_of(arn)
    deployment.stack.clients.sqs.send_message(QueueUrl=url, MessageBody=body, **fields)


def batch(deployment, arn):
    return sqs_event(arn, deployment.receive(arn))


def define(podium, name, *tasks):
    definition = {"name": name, "schemaVersion": 2, "tasks": list(tasks)}
    podium.definitions.update_workflows([WorkflowDef.from_json(definition)])


def listen(podium, **fields):
    """Have a workflow started for each message."""
    define(podium, "heard", task("WAIT", "wait"))
    action = {
        "action": "start_workflow",
        "start_workflow": {"name": "heard", "input": {"x": "${x}"}},
    }
    handler = {
        "name": "orders",
        "event": "sqs:orders-COMPLETED",
        "active": True,
        "actions": [action],
        **fields,
    }
    podium.events.add(EventHandler.from_json(handler))


def records(podium):
    return podium.events.executions("sqs:orders-COMPLETED", 0, 10)


def test_a_message_is_an_event_of_its_queue(deployment, podium, handle, orders):
    listen(podium)
    send(deployment, orders, '{"x": 5}')

    assert [] == failed_ids(handle(batch(deployment, orders), CONTEXT))

    [record] = records(podium)
    started = podium.workflows.get(record.output["workflowId"])
    assert ("heard", 5) == (started["workflowName"], started["input"]["x"])
    assert "sqs:orders-COMPLETED" == started["event"]


def test_a_message_that_comes_twice_is_handled_once(deployment, podium, handle, orders):
    listen(podium)
    send(deployment, orders, "{}")
    event = batch(deployment, orders)

    handle(event, CONTEXT)
    handle(event, CONTEXT)

    assert 1 == len(records(podium))


def test_what_was_published_twice_is_known_by_its_id(
    deployment, podium, handle, orders
):
    """Both messages are of one EVENT task; SQS gives each an id and a time."""
    listen(podium)
    send(deployment, orders, "{}")
    event = batch(deployment, orders)
    [record] = event["Records"]
    given = {
        "podium-message-id": {"stringValue": "t1", "dataType": "String"},
        "podium-sent-at": {"stringValue": "1700000000123", "dataType": "Number"},
    }
    twice = [
        {
            **record,
            "messageId": name,
            "messageAttributes": given,
            "attributes": {**record["attributes"], "SentTimestamp": sent},
        }
        for name, sent in (("a", "1700000000200"), ("b", "1700000000300"))
    ]

    handle({"Records": twice}, CONTEXT)

    assert ["t1_0"] == [one.id for one in records(podium)]


def test_a_message_that_is_no_json_is_its_text(deployment, podium, handle, orders):
    listen(podium, condition="$ == 'hello'")
    send(deployment, orders, "hello")

    assert [] == failed_ids(handle(batch(deployment, orders), CONTEXT))
    assert ["COMPLETED"] == [str(one.status) for one in records(podium)]


def test_what_fails_for_good_does_not_come_again(deployment, podium, handle, orders):
    nobody = {"action": "start_workflow", "start_workflow": {"name": "nobody"}}
    listen(podium, actions=[nobody])
    send(deployment, orders, "{}")

    assert [] == failed_ids(handle(batch(deployment, orders), CONTEXT))
    assert ["FAILED"] == [str(one.status) for one in records(podium)]


def test_only_the_message_that_may_succeed_later_comes_again(
    deployment, podium, handle, orders, caplog, monkeypatch
):
    listen(podium)
    for number in range(2):
        send(deployment, orders, json.dumps({"x": number}))
    event = batch(deployment, orders)
    wrong = event["Records"][0]["messageId"]

    refuse(deployment, monkeypatch, wrong)
    with caplog.at_level(logging.ERROR):
        assert [wrong] == failed_ids(handle(event, CONTEXT))
    assert 1 == len(records(podium))


def test_nothing_overtakes_what_failed_in_its_group_of_a_fifo_queue(
    deployment, podium, handle, orders, caplog, monkeypatch
):
    listen(podium, event="sqs:orders.fifo")
    send(deployment, orders, "{}")
    [record] = batch(deployment, orders)["Records"]
    groups = {"a1": "a", "b1": "b", "a2": "a", "b2": "b"}
    in_order = [
        {
            **record,
            "messageId": name,
            "eventSourceARN": "arn:aws:sqs:us-east-1:1:orders.fifo",
            "attributes": {**record["attributes"], "MessageGroupId": group},
        }
        for name, group in groups.items()
    ]

    refuse(deployment, monkeypatch, "a1")
    with caplog.at_level(logging.ERROR):
        assert ["a1", "a2"] == failed_ids(handle({"Records": in_order}, CONTEXT))
    handled = podium.events.executions("sqs:orders.fifo", 0, 10)
    assert {"b1", "b2"} == {one.message_id for one in handled}


def refuse(deployment, monkeypatch, wrong):
    """Have what is done about one message fail."""
    table = type(deployment.home.executions)
    add = table.add

    def refuse_it(self, execution, *given):
        if execution.message_id == wrong:
            raise RuntimeError("whatever")
        return add(self, execution, *given)

    monkeypatch.setattr(table, "add", refuse_it)


def test_conductors_own_queues_end_tasks_that_wait(deployment, podium, handle, orders):
    define(podium, "waiting", task("WAIT", "wait"))
    request = StartWorkflowRequest.from_json({"name": "waiting"})
    waiting = podium.starter.start(request)
    external = json.dumps({"workflowId": waiting, "taskRefName": "wait"})
    send(deployment, orders, json.dumps({"externalId": external, "y": 2}))

    assert [] == failed_ids(handle(batch(deployment, orders), CONTEXT))

    [wait] = podium.workflows.get(waiting)["tasks"]
    assert ("COMPLETED", 2) == (wait["status"], wait["outputData"]["y"])
