"""EVENT: Conductor's own sink, and those of others: reference 3.9."""

import json

import pytest

from podium.eventing import Eventing, SinkRefused
from podium.ports import TaskMessage
from telling import children, event_task, starts
from world import simple, task

CHILD = [simple("in_child")]


@pytest.mark.parametrize(
    ("sink", "produced"),
    [
        ("conductor", "conductor:tested:tell"),
        ("conductor:queue", "conductor:tested:queue"),
        ("conductor:${workflow.input.to}", "conductor:tested:there"),
        ("${workflow.input.sink}", "conductor:tested:tell"),
    ],
)
def test_3_9_sink(world, sink, produced):
    given = {"x": 1, "to": "there", "sink": "conductor"}
    started = world.run([event_task(sink), simple("after")], given)

    assert [("tell", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert produced == world.task(started, "tell")["outputData"]["event_produced"]


def test_3_9_output_is_the_message(world):
    started = world.run(
        [event_task()], {"x": 1}, correlationId="c", taskToDomain={"a": "d"}
    )

    output = world.task(started, "tell")["outputData"]
    assert {
        "x": 1,
        "sink": "conductor",
        "asyncComplete": False,
        "workflowInstanceId": started,
        "workflowType": "tested",
        "workflowVersion": 1,
        "correlationId": "c",
        "taskToDomain": {"a": "d"},
        "event_produced": "conductor:tested:tell",
    } == output


@pytest.mark.parametrize("sink", ["sqs:queue", "sqs:", "conductors:x", "", "nothing"])
def test_3_9_a_sink_that_is_not_supported_fails_the_task(world, sink):
    started = world.run([event_task("${workflow.input.sink}")], {"sink": sink})

    tell = world.task(started, "tell")
    assert "FAILED" == tell["status"]
    assert sink in tell["reasonForIncompletion"]
    assert "FAILED" == world.status(started)


def test_3_9_a_sink_of_kafka_without_servers_says_where_they_are_named(world):
    started = world.run([event_task("kafka:topic")])

    reason = world.task(started, "tell")["reasonForIncompletion"]
    assert "kafka:topic" in reason
    assert "PODIUM_KAFKA_SERVERS" in reason


def test_3_9_an_event_nobody_handles_is_an_event(world):
    started = world.run([event_task()])

    assert "COMPLETED" == world.status(started)


def test_3_9_async_complete_stays_in_progress(world):
    world.register("child", CHILD)
    world.register_handler(**starts("conductor:tested:tell"))
    started = world.run([event_task(asyncComplete=True), simple("after")])

    assert [("tell", "IN_PROGRESS")] == world.tasks(started)
    assert 1 == len(children(world))
    world.signal_task(started, "tell", output={"y": 2})

    assert [("tell", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert 2 == world.task(started, "tell")["outputData"]["y"]


def test_3_9_a_task_that_is_delivered_twice_publishes_once(world):
    world.register("child", CHILD)
    world.register_handler(**starts("conductor:tested:tell"))
    telling = world.run([event_task(), simple("after")])

    message = TaskMessage(world.task(telling, "tell")["taskId"], 1, 0, 0)
    world.opened.queues.send("EVENT", [message])
    world.settle()

    assert 1 == len(children(world))
    assert [("tell", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(telling)


# --- sinks of others ---------------------------------------------------------------


class Sink:
    """A sink that remembers, and refuses what is not there."""

    def __init__(self):
        self.published = []

    def publish(self, queue, event):
        if queue == "nowhere":
            raise SinkRefused("there is no queue nowhere")
        self.published.append((queue, event))


@pytest.fixture
def sink(world):
    opened = Sink()
    world.connect(Eventing(sinks={"sqs": opened}))
    return opened


def test_3_9_another_sink_gets_the_message_as_a_document(world, sink):
    started = world.run([event_task("sqs:https://sqs/1/${workflow.input.x}")], {"x": 1})

    [(queue, event)] = sink.published
    tell = world.task(started, "tell")
    assert ("https://sqs/1/1", tell["taskId"], started, tell["scheduledTime"]) == (
        queue,
        event.message_id,
        event.group,
        event.sent_at,
    )
    assert tell["outputData"] == json.loads(event.body)
    assert "sqs:https://sqs/1/1" == tell["outputData"]["event_produced"]
    assert "COMPLETED" == world.status(started)


def test_3_9_a_sink_that_refuses_fails_the_task(world, sink):
    started = world.run([event_task("sqs:nowhere")])

    tell = world.task(started, "tell")
    assert ("FAILED", "there is no queue nowhere") == (
        tell["status"],
        tell["reasonForIncompletion"],
    )


def test_3_9_async_complete_publishes_and_waits(world, sink):
    started = world.run([event_task("sqs:orders", asyncComplete=True)])

    assert 1 == len(sink.published)
    assert "IN_PROGRESS" == world.task(started, "tell")["status"]


# --- KAFKA_PUBLISH -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "No boot strap servers specified"),
        ({"bootStrapServers": "s", "topic": "t"}, "Missing Kafka value"),
    ],
)
def test_3_9_kafka_publish_fails_where_something_is_missing(world, given, reason):
    inputs = {"kafka_request": {"x": "${workflow.input.x}", **given}}
    started = world.run([task("KAFKA_PUBLISH", "publish", inputParameters=inputs)])

    publish = world.task(started, "publish")
    assert "FAILED" == publish["status"]
    assert reason in publish["reasonForIncompletion"]
