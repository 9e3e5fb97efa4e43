"""Events by way of an SQS queue, from the task that tells to the handler: 9.2, 5.1.

The queue is nobody's of Podium's; what Lambda brings of it is received here when asked.
"""

import pytest
from botocore.awsrequest import AWSResponse

from aws_world import new_aws_world
from podium.adapters.event_sinks import open_sinks
from podium.adapters.sqs.event_source import SqsEventSource
from podium.eventing import Eventing
from world import MINUTE, SECOND, fork_join, join_on, task

QUEUE = "podium-events-orders"
EVENT = f"sqs:{QUEUE}"
TARGET = {"workflowId": "${workflowInstanceId}", "taskRefName": "wait"}


@pytest.fixture
def world():
    with new_aws_world() as opened:
        client = opened.stack.clients.of
        source = SqsEventSource(client)
        opened.stack.clients.sqs.create_queue(QueueName=QUEUE)
        opened.connect(Eventing(sinks=open_sinks(client), sources={"sqs": source}))
        yield opened


def deliver(world):
    """Have every message of the queue handled, as the event consumer does."""
    source = SqsEventSource(world.stack.clients.of)
    while received := source.receive(QUEUE, 10, 0):
        for one in received:
            world.podium.events.receive(EVENT, one.message)
            source.delete(QUEUE, [one.receipt])
    world.settle()


def listen(world, name="listens", action="complete_task", **fields):
    output = {"output": {"by": name, "case": "${case}"}}
    details = {**TARGET, **(output if action.endswith("_task") else {})}
    world.register_handler(
        **{
            "name": name,
            "event": EVENT,
            "actions": [{"action": action, action: details}],
            **fields,
        }
    )


def register(world, sink=EVENT, **fields):
    inputs = {"case": "${workflow.input.case}"}
    tell = task("EVENT", "tell", sink=sink, inputParameters=inputs)
    branches = fork_join([tell], [task("WAIT", "wait")])
    world.register("tells", [branches, join_on("tell", "wait")], **fields)


def test_9_2_an_event_completes_the_workflow_that_waits_for_it(world):
    listen(world)
    register(world)
    started = world.start("tells", {"case": 5})
    assert ["COMPLETED", "IN_PROGRESS"] == [
        world.status_of(started, ref) for ref in ("tell", "wait")
    ]
    assert EVENT == world.output_of(started, "tell")["event_produced"]

    deliver(world)

    assert "COMPLETED" == world.status(started)
    output = world.output_of(started, "wait")
    assert ("listens", 5) == (output["by"], output["case"])


def test_9_2_of_many_workflows_each_has_its_own_message(world):
    listen(world)
    register(world)
    started = [world.start("tells", {"case": number}) for number in range(12)]

    deliver(world)

    assert {"COMPLETED"} == {world.status(one) for one in started}
    cases = [world.output_of(one, "wait")["case"] for one in started]
    assert list(range(12)) == cases


def test_9_2_what_is_told_while_the_queue_does_not_answer_is_told_later(world):
    listen(world)
    register(world)
    refused = []

    def refuse(model, **_):
        if model.name != "SendMessage":
            return None
        refused.append(model.name)
        error = {"Code": "ServiceUnavailable", "Message": "on purpose"}
        answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 503}}
        return AWSResponse("", 503, {}, None), answer

    events = world.stack.clients.sqs.meta.events
    events.register("before-call", refuse)
    started = world.start("tells")
    events.unregister("before-call", refuse)
    assert refused
    assert world.status_of(started, "tell") in {"SCHEDULED", "IN_PROGRESS"}

    world.advance(10 * SECOND)
    deliver(world)

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("sink", ["sqs:podium-events-nowhere", "sqs:", "sqs:a b"])
def test_9_2_a_queue_that_is_none_fails_the_task(world, sink):
    register(world, sink)

    started = world.start("tells")

    assert ("FAILED", "FAILED") == (
        world.status(started),
        world.status_of(started, "tell"),
    )
    assert "sqs:" in world.task(started, "tell")["reasonForIncompletion"]


def test_9_2_a_handler_that_is_not_active_leaves_the_workflow_to_its_timeout(world):
    listen(world, active=False)
    register(world, timeoutSeconds=60, timeoutPolicy="TIME_OUT_WF")
    started = world.start("tells")

    deliver(world)
    assert "RUNNING" == world.status(started)
    world.advance(2 * MINUTE)

    assert "TIMED_OUT" == world.status(started)


def test_9_2_handlers_of_one_event_do_not_get_in_each_others_way(world):
    """Each does what it is there for; who comes second finds the task ended."""
    listen(world, name="completes", condition="$.case == 1")
    listen(world, name="fails", action="fail_task", condition="$.case == 2")
    world.register("heard", [task("HUMAN", "ask")])
    starting = {"action": "start_workflow", "start_workflow": {"name": "heard"}}
    listen(world, name="starts", actions=[starting])
    register(world)
    one, two = (world.start("tells", {"case": number}) for number in (1, 2))

    deliver(world)

    assert ["COMPLETED", "FAILED"] == [world.status(which) for which in (one, two)]
    found = world.podium.searching.search("workflowType = 'heard'", None, None, 0, 9)
    assert 2 == found.total
    statuses = [str(one.status) for one in world.podium.events.executions(EVENT, 0, 9)]
    assert ["COMPLETED"] * 4 + ["SKIPPED"] * 2 == sorted(statuses)
