"""Reports on tasks by the way of Conductor's queues, and the queues of events: 1.5."""

import json

import pytest

from podium.errors import InvalidInput, NotFound
from podium.eventing import EventMessage
from world import do_while, simple, task


@pytest.fixture
def waiting(world):
    return world.run([task("WAIT", "wait"), simple("after")])


# --- POST /queue/update ----------------------------------------------------------


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_1_5_update_by_reference(world, waiting, status):
    world.podium.wait_queues.update_by_reference(waiting, "wait", status, {"y": 2})
    world.settle()

    wait = world.task(waiting, "wait")
    external = {"workflowId": waiting, "taskRefName": "wait"}
    assert status == wait["status"]
    assert 2 == wait["outputData"]["y"]
    assert external == json.loads(wait["outputData"]["externalId"])


def test_1_5_update_by_id(world, waiting):
    task_id = world.task(waiting, "wait")["taskId"]
    world.podium.wait_queues.update_by_id(waiting, task_id, "COMPLETED", {"y": 2})
    world.settle()

    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(waiting)


def test_1_5_a_reference_in_a_loop_is_that_of_its_present_iteration(world):
    looping = world.run([do_while(task("WAIT", "wait"))])
    for _ in range(2):
        world.podium.wait_queues.update_by_reference(looping, "wait", "COMPLETED", {})
        world.settle()

    assert "COMPLETED" == world.status(looping)


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SCHEDULED", "CANCELED", "SKIPPED"])
def test_1_5_a_status_without_a_queue_is_refused(world, waiting, status):
    with pytest.raises(InvalidInput, match=f"no queue for handling {status}"):
        world.podium.wait_queues.update_by_reference(waiting, "wait", status, {})


def test_1_5_what_is_no_status_is_refused(world, waiting):
    with pytest.raises(InvalidInput, match="DONE is not one of"):
        world.podium.wait_queues.update_by_reference(waiting, "wait", "DONE", {})


def test_1_5_a_task_that_has_ended_stays_as_it_is(world, waiting):
    for status in ("COMPLETED", "FAILED"):
        world.podium.wait_queues.update_by_reference(waiting, "wait", status, {})
        world.settle()

    assert "COMPLETED" == world.task(waiting, "wait")["status"]


def test_1_5_a_task_that_is_not_there_is_not_found(world, waiting):
    queues = world.podium.wait_queues
    other = world.run([task("WAIT", "wait")], name="other")
    theirs = world.task(other, "wait")["taskId"]

    with pytest.raises(NotFound, match="nobody"):
        queues.update_by_reference(waiting, "nobody", "COMPLETED", {})
    with pytest.raises(NotFound, match=theirs):
        queues.update_by_id(waiting, theirs, "COMPLETED", {})
    with pytest.raises(NotFound, match="no-id"):
        queues.update_by_id(waiting, "no-id", "COMPLETED", {})
    with pytest.raises(NotFound, match="no-workflow"):
        queues.update_by_reference("no-workflow", "wait", "COMPLETED", {})


# --- real queues of such names ---------------------------------------------------


def _come(world, external, queue="app_sqs_notify_test_COMPLETED", **payload):
    text = external if isinstance(external, str) else json.dumps(external)
    message = EventMessage("m1", world.clock.now(), {"externalId": text, **payload})
    world.podium.events.receive(f"sqs:{queue}", message)
    world.settle()


@pytest.mark.parametrize("names", ["taskRefName", "taskId", "nothing"])
def test_1_5_a_message_ends_the_task_that_it_names(world, waiting, names):
    named = {"taskRefName": "wait", "taskId": world.task(waiting, "wait")["taskId"]}
    external = {"workflowId": waiting}
    if names in named:
        external[names] = named[names]

    _come(world, external, y=2)

    wait = world.task(waiting, "wait")
    assert ("COMPLETED", 2) == (wait["status"], wait["outputData"]["y"])


def test_1_5_the_queues_name_says_how_it_ends(world, waiting):
    external = {"workflowId": waiting, "taskRefName": "wait"}
    _come(world, external, queue="app_sqs_notify_test_FAILED")

    assert "FAILED" == world.task(waiting, "wait")["status"]


@pytest.mark.parametrize(
    ("external", "queue"),
    [
        ({"workflowId": "nobody", "taskRefName": "wait"}, "x_COMPLETED"),
        ({"taskRefName": "wait"}, "x_COMPLETED"),
        ("no JSON", "x_COMPLETED"),
        ("[]", "x_COMPLETED"),
        ({"workflowId": "${waiting}", "taskRefName": "nobody"}, "x_COMPLETED"),
        ({"workflowId": "${waiting}", "taskId": "nobody"}, "x_COMPLETED"),
        ({"workflowId": "${waiting}", "taskRefName": "wait"}, "orders"),
    ],
)
def test_1_5_any_other_message_is_done_with(world, waiting, external, queue):
    text = json.dumps(external) if isinstance(external, dict) else external
    _come(world, text.replace("${waiting}", waiting), queue=queue)

    assert "IN_PROGRESS" == world.task(waiting, "wait")["status"]


# --- GET /admin/queues -----------------------------------------------------------


def test_1_5_the_queues_of_active_handlers(world):
    actions = [{"action": "terminate_workflow", "terminate_workflow": {}}]
    for name, event, active in (
        ("a", "conductor:wf:ref", True),
        ("b", "sqs:orders", True),
        ("c", "sqs:orders", True),
        ("d", "kafka:gone", False),
    ):
        world.register_handler(name=name, event=event, active=active, actions=actions)

    assert {"conductor:wf:ref": "wf:ref", "sqs:orders": "orders"} == (
        world.podium.events.queues(verbose=False)
    )
    assert {"conductor:wf:ref": {"wf:ref": 0}, "sqs:orders": {}} == (
        world.podium.events.queues(verbose=True)
    )
