"""SUB_WORKFLOW: how it ends, with its child or its parent: reference 3.7."""

import pytest

from podium.service.messages import LaunchTask, encode_message
from world import MINUTE, simple, task

CHILD = [simple("in_child")]


def _sub(ref="sub", inputs=None, **params):
    params = {"name": "child", **params}
    fields = {} if inputs is None else {"inputParameters": inputs}
    return task("SUB_WORKFLOW", ref, subWorkflowParam=params, **fields)


def _child(world, parent, ref="sub"):
    """Return the child of a task as the API shows it."""
    return world.workflow(world.task(parent, ref)["subWorkflowId"])


def _starts(world, name="child"):
    """Return how many workflows of a name there are."""
    query = f"workflowType = '{name}'"
    return world.podium.searching.search(query, None, None, 0, 100).total


# --- how it ends ---------------------------------------------------------------------


def test_3_7_output_of_the_child_is_that_of_the_task(world):
    world.register("child", CHILD, outputParameters={"y": "${in_child.output.x}"})
    started = world.run([_sub(), simple("after")])
    child = _child(world, started)["workflowId"]

    world.complete("in_child", {"x": 5})

    sub = world.task(started, "sub")
    assert ("COMPLETED", {"y": 5, "subWorkflowId": child}) == (
        sub["status"],
        sub["outputData"],
    )
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def _end(world, child, status):
    """Have a child end in a status, for the reason 'why'."""
    match status:
        case "COMPLETED":
            world.complete("in_child")
        case "FAILED":
            world.fail("in_child", "why", "FAILED_WITH_TERMINAL_ERROR")
        case "TERMINATED":
            world.podium.workflows.terminate(child, "why")
            world.settle()
        case "TIMED_OUT":
            world.advance(10 * MINUTE)


@pytest.mark.parametrize(
    ("ended", "shown", "workflow"),
    [
        ("COMPLETED", "COMPLETED", "COMPLETED"),
        ("FAILED", "FAILED", "FAILED"),
        ("TERMINATED", "CANCELED", "TERMINATED"),
        ("TIMED_OUT", "TIMED_OUT", "TIMED_OUT"),
    ],
)
def test_3_7_the_task_ends_as_its_child_ended(world, ended, shown, workflow):
    world.register("child", CHILD, timeoutSeconds=600, timeoutPolicy="TIME_OUT_WF")
    started = world.run([_sub()])

    _end(world, _child(world, started)["workflowId"], ended)

    assert ended == _child(world, started)["status"]
    assert shown == world.task(started, "sub")["status"]
    assert workflow == world.status(started)


def test_3_7_reason(world):
    world.register("child", CHILD)
    started = world.run([_sub()])
    child = _child(world, started)["workflowId"]

    _end(world, child, "TERMINATED")

    expected = f"Sub workflow child.1/{child} failure reason: why"
    assert expected == world.task(started, "sub")["reasonForIncompletion"]


def test_3_7_a_child_that_ends_at_once(world):
    world.register("child", [task("NOOP", "n")], outputParameters={"x": 1})
    started = world.run([_sub()])

    assert "COMPLETED" == world.status(started)
    assert 1 == world.output(started)["x"]


def test_3_7_a_child_that_fails_at_once(world):
    stop = task("TERMINATE", "stop", inputParameters={"terminationStatus": "FAILED"})
    world.register("child", [stop])
    started = world.run([_sub()])

    assert "FAILED" == world.status(started)


def test_3_7_an_optional_child_that_failed_lets_the_flow_go_on(world):
    world.register("child", CHILD)
    started = world.run([{**_sub(), "optional": True}, simple("after")])

    world.fail("in_child", status="FAILED_WITH_TERMINAL_ERROR")

    assert [
        ("sub", "COMPLETED_WITH_ERRORS"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)


def test_3_7_a_child_of_a_child(world):
    world.register("grandchild", CHILD)
    world.register("child", [_sub("deeper", name="grandchild")])
    started = world.run([_sub()])

    world.complete("in_child", {"x": 1})

    assert "COMPLETED" == world.status(started)
    assert 1 == world.output(started)["x"]


# --- cancelling ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (None, "Parent workflow has been terminated with status TERMINATED"),
        ("enough", "Parent workflow has been terminated with reason: enough"),
    ],
)
def test_3_7_the_end_of_the_parent_terminates_its_child(world, reason, shown):
    world.register("child", CHILD)
    started = world.run([_sub()])

    world.podium.workflows.terminate(started, reason)
    world.settle()

    child = _child(world, started)
    assert "CANCELED" == world.task(started, "sub")["status"]
    assert ("TERMINATED", shown) == (child["status"], child["reasonForIncompletion"])
    assert [] == world.poll("in_child")


def test_3_7_a_failed_sibling_terminates_the_child(world):
    world.register("child", CHILD)
    world.register_task("other", retryCount=0)
    fork = task("FORK_JOIN", "fork", forkTasks=[[_sub()], [simple("other")]])
    started = world.run([fork, task("JOIN", "join", joinOn=["sub", "other"])])

    world.fail("other")

    assert "TERMINATED" == _child(world, started)["status"]


def test_3_7_terminating_reaches_the_grandchildren(world):
    world.register("grandchild", CHILD)
    world.register("child", [_sub("deeper", name="grandchild")])
    started = world.run([_sub()])
    child = _child(world, started)["workflowId"]

    world.podium.workflows.terminate(started, "enough")
    world.settle()

    assert "TERMINATED" == _child(world, child, "deeper")["status"]


# --- once ----------------------------------------------------------------------------


def test_3_7_a_retry_starts_a_fresh_child(world):
    world.register("child", CHILD)
    world.register_task("sub", retryCount=1, retryDelaySeconds=0)
    started = world.run([_sub()])
    first = _child(world, started)["workflowId"]

    world.fail("in_child", status="FAILED_WITH_TERMINAL_ERROR")
    second = _child(world, started)
    world.complete("in_child")

    assert first != second["workflowId"]
    assert "FAILED" == world.status(first)
    assert [("sub", "FAILED"), ("sub", "COMPLETED")] == world.tasks(started)
    assert "COMPLETED" == world.status(started)


def _deliver_launch(world, parent):
    seq = world.task(parent, "sub")["seq"]
    message = encode_message(LaunchTask(seq=seq))
    world.podium.decider_queue.handle(parent, message)
    world.settle()


def test_3_7_a_launch_that_is_delivered_twice_starts_one_child(world):
    world.register("child", CHILD)
    started = world.run([_sub()])

    _deliver_launch(world, started)

    assert 1 == _starts(world)
    assert 1 == len(world.poll("in_child", count=5))


def test_3_7_a_launch_that_comes_after_the_end_starts_nothing(world):
    world.register("child", CHILD)
    started = world.run([{**_sub(), "startDelay": 60}])

    world.podium.workflows.terminate(started, None)
    _deliver_launch(world, started)
    world.advance(MINUTE)

    assert 0 == _starts(world)


def test_3_7_a_hundred_children(world):
    world.register("child", CHILD)
    refs = [f"s{number}" for number in range(100)]
    fork = task("FORK_JOIN", "fork", forkTasks=[[_sub(ref)] for ref in refs])
    started = world.run([fork, task("JOIN", "join", joinOn=refs)])

    for _ in refs:
        world.complete("in_child")

    assert "COMPLETED" == world.status(started)
