"""The function that runs system tasks, with batches of their queues."""

import logging

import pytest

from gateway_events import CONTEXT
from http_site import serving
from lambda_events import Deployment, failed_ids, sqs_event
from podium.model.requests import StartWorkflowRequest
from podium.model.workflow_definition import WorkflowDef
from podium.ports import TaskMessage
from podium.service.announcer import NOTIFICATIONS
from podium_functions.system_tasks import SystemTasks
from world import MINUTE, task

EVENT = task("EVENT", "tell", sink="conductor")
URGENT = 5


@pytest.fixture
def podium(deployment):
    return deployment.runtime.build()


@pytest.fixture
def handle(deployment):
    return SystemTasks(deployment.runtime, threads=1).handle  # moto bears no threads


@pytest.fixture
def events(deployment):
    return deployment.arn_of("EventQueueArn")


@pytest.fixture
def start(podium):
    """Start a workflow of one EVENT task."""
    definition = {"name": "telling", "schemaVersion": 2, "tasks": [EVENT]}
    podium.definitions.update_workflows([WorkflowDef.from_json(definition)])

    def started(**fields):
        request = {"name": "telling", **fields}
        return podium.starter.start(StartWorkflowRequest.from_json(request))

    return started


def status(podium, workflow_id):
    return podium.workflows.get(workflow_id)["status"]


def test_a_task_is_run_and_its_message_left_to_lambda_to_remove(
    deployment, podium, handle, events, start
):
    workflow_id = start()
    received = deployment.receive(events)
    assert [] == failed_ids(handle(sqs_event(events, received), CONTEXT))

    assert "COMPLETED" == status(podium, workflow_id)
    deployment.clock.advance(721_000)
    assert 1 == len(deployment.receive(events))


def test_what_has_a_priority_comes_by_the_urgent_lane(
    deployment, podium, handle, events, start
):
    start(priority=URGENT)
    assert 1 == deployment.pump(handle, events), "the lane is new"
    deployment.clock.advance(MINUTE)
    workflow_id = start(priority=URGENT)
    assert 0 == deployment.pump(handle, events)
    assert 1 == deployment.pump(handle, deployment.arn_of("UrgentEventQueueArn"))
    assert "COMPLETED" == status(podium, workflow_id)


def test_a_message_that_comes_twice_runs_nothing_twice(
    deployment, podium, handle, events, start
):
    workflow_id = start()
    batch = sqs_event(events, deployment.receive(events))
    handle(batch, CONTEXT)
    [ran] = podium.workflows.get(workflow_id)["tasks"]

    assert [] == failed_ids(handle(batch, CONTEXT))
    assert [ran] == podium.workflows.get(workflow_id)["tasks"]


def test_only_the_message_that_fails_comes_again(
    deployment, podium, handle, events, start, caplog
):
    workflow_id = start()
    sqs, url = deployment.stack.clients.sqs, deployment.url_of(events)
    sqs.send_message(QueueUrl=url, MessageBody="no task")
    received = deployment.receive(events)
    wrong = [one["MessageId"] for one in received if one["Body"] == "no task"]

    with caplog.at_level(logging.ERROR):
        assert wrong == failed_ids(handle(sqs_event(events, received), CONTEXT))
    assert "COMPLETED" == status(podium, workflow_id)


def test_a_task_comes_again_in_seconds_where_a_store_does_not_answer(
    deployment, clock, handle, events, start
):
    start()
    table = deployment.stack.outputs["WorkflowsTable"]
    deployment.stack.clients.dynamodb.delete_table(TableName=table)
    received = deployment.receive(events)
    assert [received[0]["MessageId"]] == failed_ids(
        handle(sqs_event(events, received), CONTEXT)
    )

    assert [] == deployment.receive(events)
    clock.advance(2_100)
    assert 1 == len(deployment.receive(events))


def test_the_function_listens_to_the_queues_of_every_type_it_runs(deployment, podium):
    outputs = deployment.stack.outputs
    listened = {
        outputs[name].rpartition("-")[2]
        for name in outputs
        if name.removeprefix("Urgent") in {"HttpQueueArn", "EventQueueArn"}
    }
    assert set(podium.system_tasks.types) == listened


# --- notifications -------------------------------------------------------------------


@pytest.fixture
def site():
    with serving() as opened:
        yield opened


@pytest.fixture
def told(stack, clock, site):
    """Return a deployment whose workflows' ends are posted to a site."""
    return Deployment.over(stack, clock, workflow_webhook=site.uri)


@pytest.fixture
def notifications(told):
    return told.arn_of("NotificationsQueueArn")


def note(told, workflow_id, version=1):
    """Do what the projector does about an entry."""
    told.home.queues.send(NOTIFICATIONS, [TaskMessage(workflow_id, version)])


@pytest.fixture
def ended(told):
    """Return a workflow that is over with its first entry."""
    podium = told.runtime.build()
    definition = {
        "name": "short",
        "schemaVersion": 2,
        "tasks": [task("NOOP", "nothing")],
    }
    podium.definitions.update_workflows([WorkflowDef.from_json(definition)])
    return podium.starter.start(StartWorkflowRequest.from_json({"name": "short"}))


def test_what_an_entry_tells_is_posted(told, notifications, ended, site):
    handle = SystemTasks(told.runtime, threads=1).handle
    note(told, ended)

    assert 1 == told.pump(handle, notifications)
    [(_, _, _, body)] = site.requests
    assert ended in body


def test_a_webhook_that_does_not_answer_is_asked_again_by_another_message(
    told, notifications, ended, site, clock
):
    """The tries of one message would be over in minutes."""
    site.status = 500
    handle = SystemTasks(told.runtime, threads=1).handle
    note(told, ended)
    for _ in range(7):
        told.pump(handle, notifications)
        clock.advance(15 * 60 * 1000)
    asked = len(site.requests)

    site.status = 200
    told.pump(handle, notifications)
    clock.advance(15 * 60 * 1000)

    assert 7 == asked
    assert 8 == len(site.requests)
    assert [] == told.receive(notifications)
