"""Loops of tasks that are done at once, too many for one decision (3.6)."""

from podium.decider.decide import MAX_EVENTS
from podium.model.requests import StartWorkflowRequest
from world import MINUTE, task


def _loop(condition):
    noop = task("NOOP", "inside")
    return task("DO_WHILE", "loop", loopCondition=condition, loopOver=[noop])


def test_3_6_a_loop_goes_on_in_further_decisions(world):
    workflow_id = world.run([_loop(f"$.loop.iteration < {MAX_EVENTS}")])
    world.advance(MINUTE)

    assert "COMPLETED" == world.status(workflow_id)
    assert MAX_EVENTS == world.task(workflow_id, "loop")["iteration"]


def test_3_6_an_endless_loop_lets_others_in(world):
    """As in Conductor, where a decision ends before its lock does (4.1)."""
    world.register("endless", [_loop("true")])
    request = StartWorkflowRequest.from_json({"name": "endless", "input": {}})

    workflow_id = world.podium.starter.start(request)
    world.podium.workflows.terminate(workflow_id, "it never ends")
    world.settle()

    assert "TERMINATED" == world.status(workflow_id)
