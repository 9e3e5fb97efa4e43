"""Terminating, setting variables, and doing it all once for a message: 5.1."""

import pytest

from podium.errors import InvalidInput, Unavailable
from podium.model.event_handler import EventExecution
from podium.service.event_processing import DEAD_AFTER
from telling import ends, executions, publish_again, tell
from world import task

# --- terminate_workflow and update_workflow_variables --------------------------------


def test_5_1_terminate_a_workflow(world):
    world.register_handler(
        **ends(
            "terminate_workflow",
            workflowId="${target}",
            terminationReason="because ${why}",
        )
    )
    waiting = world.run([task("WAIT", "wait")])

    telling = tell(world, target=waiting, why="no")

    shown = world.workflow(waiting)
    assert ("TERMINATED", "because no") == (
        shown["status"],
        shown["reasonForIncompletion"],
    )
    assert "COMPLETED" == world.status(telling)


def test_5_1_a_workflow_that_completed_is_not_terminated(world):
    world.register_handler(**ends("terminate_workflow", workflowId="${target}"))
    done = world.run([task("NOOP", "nothing")])

    tell(world, target=done)

    assert "COMPLETED" == world.status(done)
    [record] = executions(world)
    assert "FAILED" == record["status"]
    assert "COMPLETED" in record["output"]["exception"]


@pytest.mark.parametrize(
    ("given", "appends", "variables"),
    [
        ({"a": 2, "c": "${x}"}, False, {"a": 2, "list": [1], "c": {"y": 5}}),
        ({"list": [2]}, False, {"a": 1, "list": [2]}),
        ({"list": [2, 3], "a": 4}, True, {"a": 4, "list": [1, 2, 3]}),
        ({"list": "${x}"}, True, {"a": 1, "list": [1, {"y": 5}]}),
        ({"new": [2]}, True, {"a": 1, "list": [1], "new": [2]}),
        ({}, True, {"a": 1, "list": [1]}),
    ],
)
def test_5_1_update_variables(world, given, appends, variables):
    world.register_handler(
        **ends(
            "update_workflow_variables",
            workflowId="${target}",
            variables=given,
            appendArray=appends,
        )
    )
    before = {"a": 1, "list": [1]}
    waiting = world.run([task("WAIT", "wait")], variables=before, name="has_variables")

    tell(world, target=waiting, x={"y": 5})

    assert variables == world.workflow(waiting)["variables"]


def test_5_1_variables_have_a_limit(world):
    world.register_handler(
        **ends(
            "update_workflow_variables",
            workflowId="${target}",
            variables={"large": "x" * 300 * 1024},
        )
    )
    waiting = world.run([task("WAIT", "wait")])

    tell(world, target=waiting)

    assert {} == world.workflow(waiting)["variables"]
    assert "greater than" in executions(world)[0]["output"]["exception"]


def test_5_1_an_action_that_is_not_there_is_refused_when_it_is_registered(world):
    agent = {"action": "start_agent", "start_agent": {"name": "bond"}}
    handler = {"name": "agents", "event": "conductor:x", "actions": [agent]}

    with pytest.raises(InvalidInput, match="start_agent"):
        world.register_handler(**handler)


# --- what is remembered --------------------------------------------------------------


def test_5_1_every_action_has_a_record(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    missing = {"action": "start_workflow", "start_workflow": {"name": "nobody"}}
    world.register_handler(**{**handler, "actions": [*handler["actions"], missing]})
    waiting = world.run([task("WAIT", "wait")])

    telling = tell(world, target=waiting)

    message = world.task(telling, "tell")["taskId"]
    completed, failed = sorted(executions(world), key=lambda one: one["id"])
    assert {
        "id": f"{message}_0",
        "messageId": message,
        "name": "ends",
        "event": "conductor:telling:tell",
        "created": completed["created"],
        "status": "COMPLETED",
        "action": "complete_task",
        "output": completed["output"],
    } == completed
    assert waiting == completed["output"]["workflowId"]
    assert (f"{message}_1", "FAILED") == (failed["id"], failed["status"])
    assert "nobody" in failed["output"]["exception"]


def test_5_1_a_condition_that_is_false_leaves_a_record(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    world.register_handler(**{**handler, "condition": "$.x > 1"})

    telling = tell(world, x=1)

    [record] = executions(world)
    told = world.task(telling, "tell")
    assert (f"{told['taskId']}_0", "SKIPPED") == (record["id"], record["status"])
    assert {"msg": told["outputData"], "condition": "$.x > 1"} == record["output"]


def test_5_1_a_message_that_comes_again_after_its_action_was_undone_is_not_heeded(
    world,
):
    """What was done about a message is remembered, whatever became of it."""
    handler = ends(
        "update_workflow_variables",
        workflowId="${target}",
        variables={"list": [1]},
        appendArray=True,
    )
    world.register_handler(**handler)
    waiting = world.run([task("WAIT", "wait")], variables={"list": []}, name="listing")
    telling = tell(world, target=waiting)

    publish_again(world, telling)

    assert [1] == world.workflow(waiting)["variables"]["list"]


# --- an attempt that died ------------------------------------------------------------


def _begun(world, telling, number=0):
    """Leave what an attempt leaves that died after its record was written."""
    told = world.task(telling, "tell")
    message = told["taskId"]
    record = EventExecution(
        id=f"{message}_{number}",
        message_id=message,
        name="ends",
        event="conductor:telling:tell",
        created=world.clock.now(),
    )
    world.opened.home.executions.finish(record, told["scheduledTime"])


def test_5_1_what_is_under_way_is_not_run_beside_it(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    waiting = world.run([task("WAIT", "wait")])
    telling = tell(world, target=waiting)
    world.register_handler(**handler)
    _begun(world, telling)

    with pytest.raises(Unavailable):
        publish_again(world, telling)

    assert "IN_PROGRESS" == world.task(waiting, "wait")["status"]


def test_5_1_what_a_dead_attempt_left_is_done_by_the_next(world):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    waiting = world.run([task("WAIT", "wait")])
    telling = tell(world, target=waiting)
    world.register_handler(**handler)
    _begun(world, telling)

    world.clock.advance(DEAD_AFTER)
    publish_again(world, telling)

    assert "COMPLETED" == world.task(waiting, "wait")["status"]
    assert "COMPLETED" == executions(world)[0]["status"]


def test_5_1_variables_that_a_dead_attempt_appended_are_not_appended_again(world):
    handler = ends(
        "update_workflow_variables",
        workflowId="${target}",
        variables={"list": [1]},
        appendArray=True,
    )
    world.register_handler(**handler)
    waiting = world.run([task("WAIT", "wait")], variables={"list": []}, name="listing")
    telling = tell(world, target=waiting)
    _begun(world, telling)

    world.clock.advance(DEAD_AFTER)
    publish_again(world, telling)

    assert [1] == world.workflow(waiting)["variables"]["list"]


# --- trouble -------------------------------------------------------------------------


def test_5_1_what_may_pass_is_tried_three_times_and_then_comes_again(
    world, monkeypatch
):
    handler = ends("complete_task", workflowId="${target}", taskRefName="wait")
    world.register_handler(**handler)
    waiting = world.run([task("WAIT", "wait")])
    tries = []

    def refuse(*_):
        tries.append(1)
        raise Unavailable("not now")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.opened.home.keys), "reserve", refuse)
        telling = tell(world, target=waiting)
    assert 3 == len(tries)
    assert "RUNNING" == world.status(telling)
    assert {"IN_PROGRESS"} >= {record["status"] for record in executions(world)}

    world.advance(10_000)
    assert "COMPLETED" == world.task(telling, "tell")["status"]
    assert "COMPLETED" == world.task(waiting, "wait")["status"]


@pytest.mark.parametrize("failures", [1, 3, 4])
def test_5_1_what_was_done_and_not_recorded_is_not_done_again(
    world, monkeypatch, failures
):
    """The action stands in the journal; the request that says so is refused."""
    handler = ends(
        "update_workflow_variables",
        workflowId="${target}",
        variables={"list": [1]},
        appendArray=True,
    )
    world.register_handler(**handler)
    waiting = world.run([task("WAIT", "wait")], variables={"list": []}, name="listing")
    executions_port = type(world.opened.home.executions)
    finish, refused = executions_port.finish, []

    def refuse_first(self, *given):
        if len(refused) < failures:
            refused.append(given)
            raise Unavailable("not now")
        finish(self, *given)

    monkeypatch.setattr(executions_port, "finish", refuse_first)
    tell(world, target=waiting)
    world.advance(10_000)

    assert failures == len(refused)
    assert [1] == world.workflow(waiting)["variables"]["list"]
    assert ["COMPLETED"] == [record["status"] for record in executions(world)]
