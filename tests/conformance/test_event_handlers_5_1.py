"""What event handlers do when an EVENT task speaks: reference 5.1."""

import pytest

from world import do_while, simple, task

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


# --- start_workflow ----------------------------------------------------------------


def test_5_1_start_workflow(world):
    world.register("child", CHILD, version=1)
    world.register("child", CHILD, version=2)
    handler = _starts(
        "conductor:tested:tell",
        version=1,
        correlationId="${workflowInstanceId}",
        input={"given": "${x}", "whole": "is ${x}", "fixed": 1, "none": "${no.such}"},
    )
    world.register_handler(**handler)
    started = world.run([_event()], {"x": {"y": 5}}, taskToDomain={"a": "d"})

    [child] = _children(world)
    tell = world.task(started, "tell")["taskId"]
    assert {
        "given": {"y": 5},
        "whole": "is {y=5}",
        "fixed": 1,
        "none": None,
        "conductor.event.messageId": tell,
        "conductor.event.name": "conductor:tested:tell",
    } == child["input"]
    assert (1, started, "conductor:tested:tell", {"a": "d"}) == (
        child["workflowVersion"],
        child["correlationId"],
        child["event"],
        child["taskToDomain"],
    )


@pytest.mark.parametrize(
    ("handler", "count"),
    [
        ({}, 1),
        ({"active": False}, 0),
        ({"event": "conductor:tested:other"}, 0),
        ({"condition": "$.x > 1"}, 1),
        ({"condition": "$.x > 2"}, 0),
        ({"condition": "$.x"}, 1),
        ({"condition": "no.such"}, 0),
        ({"condition": "x", "evaluatorType": "value-param"}, 1),
        ({"condition": "$.x == 2", "evaluatorType": "javascript"}, 1),
        ({"condition": "$.x == 2", "evaluatorType": "unknown"}, 1),
    ],
)
def test_5_1_which_handlers_run(world, handler, count):
    world.register("child", CHILD)
    world.register_handler(**{**_starts("conductor:tested:tell"), **handler})

    world.run([_event()], {"x": 2})

    assert count == len(_children(world))


def test_5_1_every_handler_and_every_action_runs(world):
    world.register("child", CHILD)
    handler = _starts("conductor:tested:tell")
    handler["actions"] *= 2
    world.register_handler(**handler)
    world.register_handler(**{**_starts("conductor:tested:tell"), "name": "another"})

    world.run([_event()])

    assert 3 == len(_children(world))


def test_5_1_an_action_that_fails_leaves_the_others_alone(world):
    world.register("child", CHILD)
    handler = _starts("conductor:tested:tell")
    missing = _starts("x", name="nobody")["actions"]
    world.register_handler(**{**handler, "actions": missing + handler["actions"]})

    started = world.run([_event()])

    assert 1 == len(_children(world))
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize(("expands", "given"), [(True, 5), (False, None)])
def test_5_1_expand_inline_json(world, expands, given):
    world.register("child", CHILD)
    handler = _starts("conductor:tested:tell", input={"given": "${x.y}"})
    handler["actions"][0]["expandInlineJSON"] = expands
    world.register_handler(**handler)

    world.run([_event()], {"x": '{"y": 5}'})

    assert given == _children(world)[0]["input"]["given"]


# --- complete_task and fail_task ---------------------------------------------------


def _ends(action, **details):
    return {
        "name": "ends",
        "event": "conductor:telling:tell",
        "actions": [{"action": action, action: details}],
    }


def _tell(world, **given):
    """Publish an event whose payload has what is given."""
    inputs = {key: f"${{workflow.input.{key}}}" for key in given}
    tell = task("EVENT", "tell", sink="conductor", inputParameters=inputs)
    return world.run([tell], given, name="telling")


@pytest.mark.parametrize(
    ("action", "status", "ends"),
    [
        ("complete_task", "COMPLETED", "COMPLETED"),
        ("fail_task", "FAILED", "FAILED"),
    ],
)
def test_5_1_end_a_task_by_workflow_and_reference(world, action, status, ends):
    world.register_handler(
        **_ends(
            action,
            workflowId="${target}",
            taskRefName="${ref}",
            output={"y": "${x}"},
        )
    )
    waiting = world.run([task("WAIT", "wait")])

    _tell(world, target=waiting, ref="wait", x=5)

    wait = world.task(waiting, "wait")
    assert status == wait["status"]
    assert 5 == wait["outputData"]["y"]
    assert ends == world.status(waiting)


def test_5_1_end_a_task_by_its_id(world):
    world.register_handler(**_ends("complete_task", taskId="${task}"))
    waiting = world.run([task("HUMAN", "ask"), simple("after")])

    _tell(world, task=world.task(waiting, "ask")["taskId"])

    assert [("ask", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(waiting)


def test_5_1_fail_a_task_with_a_reason(world):
    world.register_handler(
        **_ends("fail_task", taskId="${task}", reasonForIncompletion="because ${why}")
    )
    waiting = world.run([task("HUMAN", "ask")])

    _tell(world, task=world.task(waiting, "ask")["taskId"], why="no")

    assert "because no" == world.task(waiting, "ask")["reasonForIncompletion"]


def test_5_1_a_reference_in_a_loop_is_that_of_its_latest_iteration(world):
    handler = _ends("complete_task", workflowId="${target}", taskRefName="wait")
    world.register_handler(**handler)
    loop = do_while(task("WAIT", "wait"))
    waiting = world.run([loop])

    _tell(world, target=waiting)
    assert "IN_PROGRESS" == world.task(waiting, "wait__2")["status"]
    _tell(world, target=waiting)

    assert "COMPLETED" == world.status(waiting)


def test_5_1_ending_what_is_not_there_is_no_failure_of_the_event(world):
    handler = _ends("complete_task", workflowId="${target}", taskRefName="nobody")
    world.register_handler(**handler)
    waiting = world.run([task("WAIT", "wait")])

    telling = _tell(world, target=waiting)

    assert "COMPLETED" == world.status(telling)
    assert "IN_PROGRESS" == world.task(waiting, "wait")["status"]


# --- twice -------------------------------------------------------------------------


def _publish_again(world, telling):
    """Have the event's message come once more, as after a crash."""
    tell = world.task(telling, "tell")
    world.podium.events.publish(
        tell["outputData"]["event_produced"], tell["taskId"], tell["outputData"]
    )
    world.settle()


def test_5_1_a_message_that_comes_twice_starts_one_workflow(world):
    world.register("child", CHILD)
    world.register_handler(**_starts("conductor:tested:tell"))
    telling = world.run([_event()])

    _publish_again(world, telling)

    assert 1 == len(_children(world))


def test_5_1_a_message_that_comes_twice_ends_one_task(world):
    handler = _ends("complete_task", workflowId="${target}", taskRefName="wait")
    world.register_handler(**handler)
    loop = do_while(task("WAIT", "wait"), condition="$.loop.iteration < 3")
    waiting = world.run([loop])
    telling = _tell(world, target=waiting)

    _publish_again(world, telling)

    assert [
        ("loop", "IN_PROGRESS"),
        ("wait__1", "COMPLETED"),
        ("wait__2", "IN_PROGRESS"),
    ] == world.tasks(waiting)
