"""What operators ask (reference 1.5)."""

import pytest

from podium.errors import NotFound
from world import MINUTE, SECOND, simple, task

UNKNOWN = "01890a5d-ac96-8b3c-9f3c-4a7d00000000"


@pytest.fixture
def administration(world):
    return world.podium.administration


def test_1_5_the_version_is_among_the_settings(world, administration, home_name):
    shown = administration.config()

    assert {"version", "home"} <= shown.keys()
    assert ("embedded" if home_name == "sqlite-memory" else "aws") == shown["home"]


def test_1_5_open_tasks_of_a_type_oldest_first(world, administration):
    world.register("order", [simple("charge"), simple("ship")])
    first = world.start("order")
    world.advance(SECOND)
    second = world.start("order")
    world.advance(SECOND)
    world.complete("charge")

    pending = administration.pending("charge", 0, 100)

    assert [second] == [one["workflowInstanceId"] for one in pending]
    assert [first] == [
        one["workflowInstanceId"] for one in administration.pending("ship", 0, 100)
    ]
    assert [] == administration.pending("charge", 1, 100)


def test_1_5_a_sweep_has_the_decider_look_again(world, administration):
    waiting = world.run([task("WAIT", "wait")])

    assert f"true.{waiting}" == administration.requeue_sweep(waiting)
    world.settle()
    assert "RUNNING" == world.status(waiting)


def test_1_5_verify_and_repair_tells_whether_there_was_anything_to_do(
    world, administration
):
    waiting = world.run([task("WAIT", "wait")])
    offered = world.run([simple("a")])

    world.advance(2 * MINUTE)
    assert not administration.repair(waiting)
    assert administration.repair(offered), "the task is offered once more"
    world.settle()
    assert 1 == len(world.poll("a", count=5))
    assert not administration.repair(offered), "a worker has it"


def test_1_5_what_is_due_is_done_by_a_repair(world, administration):
    wait = task("WAIT", "wait", inputParameters={"duration": "5 seconds"})
    waiting = world.run([wait])
    world.clock.advance(6 * SECOND)  # and no timer fired

    assert administration.repair(waiting)
    assert "COMPLETED" == world.status(waiting)


@pytest.mark.parametrize("operation", ["requeue_sweep", "repair"])
def test_1_11_an_unknown_workflow_is_not_found(administration, operation):
    with pytest.raises(NotFound, match=f"No such workflow found by id: {UNKNOWN}"):
        getattr(administration, operation)(UNKNOWN)


def test_1_5_reports_from_outside_go_to_the_deciders_queue(world, administration):
    waiting = world.run([task("WAIT", "wait")])

    assert {"COMPLETED": "decider", "FAILED": "decider"} == (
        administration.update_queues()
    )
    assert {"decider": 0} == administration.update_queue_sizes()

    administration.requeue_sweep(waiting)

    assert {"decider": 1} == administration.update_queue_sizes()
