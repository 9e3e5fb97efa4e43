"""EVENT with Conductor's own sink: reference 3.9."""

import pytest

from podium.ports import TaskMessage
from world import simple, task

CHILD = [simple("in_child")]


def _event(sink="conductor", ref="tell", **fields):
    inputs = {"x": "${workflow.input.x}"}
    return task("EVENT", ref, sink=sink, inputParameters=inputs, **fields)


def _starts(event, **action):
    """Return the fields of a handler that starts a child."""
    action = {"name": "child", **action}
    return {
        "name": f"on {event}",
        "event": event,
        "actions": [{"action": "start_workflow", "start_workflow": action}],
    }


def _children(world):
    found = world.podium.searching.search("workflowType = 'child'", None, None, 0, 100)
    return [world.workflow(row.workflow_id) for row in found.rows]


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
    started = world.run([_event(sink), simple("after")], given)

    assert [("tell", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert produced == world.task(started, "tell")["outputData"]["event_produced"]


def test_3_9_output_is_the_message(world):
    started = world.run(
        [_event()], {"x": 1}, correlationId="c", taskToDomain={"a": "d"}
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


@pytest.mark.parametrize("sink", ["sqs:queue", "conductors:x", "", "nothing"])
def test_3_9_a_sink_that_is_not_supported_fails_the_task(world, sink):
    started = world.run([_event("${workflow.input.sink}")], {"sink": sink})

    tell = world.task(started, "tell")
    assert "FAILED" == tell["status"]
    assert sink in tell["reasonForIncompletion"]
    assert "FAILED" == world.status(started)


def test_3_9_an_event_nobody_handles_is_an_event(world):
    started = world.run([_event()])

    assert "COMPLETED" == world.status(started)


def test_3_9_async_complete_stays_in_progress(world):
    world.register("child", CHILD)
    world.register_handler(**_starts("conductor:tested:tell"))
    started = world.run([_event(asyncComplete=True), simple("after")])

    assert [("tell", "IN_PROGRESS")] == world.tasks(started)
    assert 1 == len(_children(world))
    world.signal_task(started, "tell", output={"y": 2})

    assert [("tell", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert 2 == world.task(started, "tell")["outputData"]["y"]


def test_3_9_a_task_that_is_delivered_twice_publishes_once(world):
    world.register("child", CHILD)
    world.register_handler(**_starts("conductor:tested:tell"))
    telling = world.run([_event(), simple("after")])

    message = TaskMessage(world.task(telling, "tell")["taskId"], 1, 0, 0)
    world.opened.queues.send("EVENT", [message])
    world.settle()

    assert 1 == len(_children(world))
    assert [("tell", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(telling)
