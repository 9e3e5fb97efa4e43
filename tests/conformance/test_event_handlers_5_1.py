"""What event handlers do when an EVENT task speaks: reference 5.1."""

import pytest

from telling import children, ends, event_task, publish_again, starts, tell
from world import do_while, simple, task

CHILD = [simple("in_child")]


# --- start_workflow ----------------------------------------------------------------


def test_5_1_start_workflow(world):
    world.register("child", CHILD, version=1)
    world.register("child", CHILD, version=2)
    handler = starts(
        "conductor:tested:tell",
        version=1,
        correlationId="${workflowInstanceId}",
        input={"given": "${x}", "whole": "is ${x}", "fixed": 1, "none": "${no.such}"},
    )
    world.register_handler(**handler)
    started = world.run([event_task()], {"x": {"y": 5}}, taskToDomain={"a": "d"})

    [child] = children(world)
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
    world.register_handler(**{**starts("conductor:tested:tell"), **handler})

    world.run([event_task()], {"x": 2})

    assert count == len(children(world))


def test_5_1_every_handler_and_every_action_runs(world):
    world.register("child", CHILD)
    handler = starts("conductor:tested:tell")
    handler["actions"] *= 2
    world.register_handler(**handler)
    world.register_handler(**{**starts("conductor:tested:tell"), "name": "another"})

    world.run([event_task()])

    assert 3 == len(children(world))


def test_5_1_an_action_that_fails_leaves_the_others_alone(world):
    world.register("child", CHILD)
    handler = starts("conductor:tested:tell")
    missing = starts("x", name="nobody")["actions"]
    world.register_handler(**{**handler, "actions": missing + handler["actions"]})

    started = world.run([event_task()])

    assert 1 == len(children(world))
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize(("expands", "given"), [(True, 5), (False, None)])
def test_5_1_expand_inline_json(world, expands, given):
    world.register("child", CHILD)
    handler = starts("conductor:tested:tell", input={"given": "${x.y}"})
    handler["actions"][0]["expandInlineJSON"] = expands
    world.register_handler(**handler)

    world.run([event_task()], {"x": '{"y": 5}'})

    assert given == children(world)[0]["input"]["given"]


# --- complete_task and fail_task ---------------------------------------------------


@pytest.mark.parametrize(
    ("action", "status", "ended"),
    [
        ("complete_task", "COMPLETED", "COMPLETED"),
        ("fail_task", "FAILED", "FAILED"),
    ],
)
def test_5_1_end_a_task_by_workflow_and_reference(world, action, status, ended):
    world.register_handler(
        **ends(
            action,
            workflowId="${target}",
            taskRefName="${ref}",
            output={"y": "${x}"},
        )
    )
    waiting = world.run([task("WAIT", "wait")])

    tell(world, target=waiting, ref="wait", x=5)

    wait = world.task(waiting, "wait")
    assert status == wait["status"]
    assert 5 == wait["outputData"]["y"]
    assert ended == world.status(waiting)


def test_5_1_end_a_task_by_its_id(world):
    world.register_handler(**ends("complete_task", taskId="${task}"))
    waiting = world.run([task("HUMAN", "ask"), simple("after")])

    tell(world, task=world.task(waiting, "ask")["taskId"])

    assert [("ask", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(waiting)


def test_5_1_fail_a_task_with_a_reason(world):
    world.register_handler(
        **ends("fail_task", taskId="${task}", reasonForIncompletion="because ${why}")
    )
    waiting = world.run([task("HUMAN", "ask")])

    tell(world, task=world.task(waiting, "ask")["taskId"], why="no")

    assert "because no" == world.task(waiting, "ask")["reasonForIncompletion"]


def test_5_1_a_reference_in_a_loop_is_that_of_its_latest_iteration(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    world.register_handler(**handler)
    loop = do_while(task("WAIT", "wait"))
    waiting = world.run([loop])

    tell(world, target=waiting)
    assert "IN_PROGRESS" == world.task(waiting, "wait__2")["status"]
    tell(world, target=waiting)

    assert "COMPLETED" == world.status(waiting)


def test_5_1_ending_what_is_not_there_is_no_failure_of_the_event(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="nobody")
    world.register_handler(**handler)
    waiting = world.run([task("WAIT", "wait")])

    telling = tell(world, target=waiting)

    assert "COMPLETED" == world.status(telling)
    assert "IN_PROGRESS" == world.task(waiting, "wait")["status"]


# --- twice -------------------------------------------------------------------------


def test_5_1_a_message_that_comes_twice_starts_one_workflow(world):
    world.register("child", CHILD)
    world.register_handler(**starts("conductor:tested:tell"))
    telling = world.run([event_task()])

    publish_again(world, telling)

    assert 1 == len(children(world))


def test_5_1_a_message_that_comes_twice_ends_one_task(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    world.register_handler(**handler)
    loop = do_while(task("WAIT", "wait"), condition="$.loop.iteration < 3")
    waiting = world.run([loop])
    telling = tell(world, target=waiting)

    publish_again(world, telling)

    assert [
        ("loop", "IN_PROGRESS"),
        ("wait__1", "COMPLETED"),
        ("wait__2", "IN_PROGRESS"),
    ] == world.tasks(waiting)
