"""Idempotency keys that two want at once."""

from dataclasses import replace

import pytest

from podium.bootstrap import build
from podium.model.requests import RerunWorkflowRequest
from world import new_world, simple, task


class Overtaken:
    """Keys that another launch of the same task binds a moment before."""

    def __init__(self, keys):
        self._keys = keys

    def __getattr__(self, name):
        return getattr(self._keys, name)

    def rebind(self, *given):
        self._keys.rebind(*given)
        return self._keys.rebind(*given)


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register("child", [simple("in_child")])
        yield opened


@pytest.mark.parametrize(
    "strategy", [None, "FAIL", "FAIL_ON_RUNNING", "RETURN_EXISTING"]
)
def test_a_child_that_two_launch_at_once_has_its_key(world, strategy):
    """A rerun launches it at once, and by the decider's queue as well."""
    params = {"name": "child", "idempotencyKey": "k", "idempotencyStrategy": strategy}
    parent = world.run([task("SUB_WORKFLOW", "sub", subWorkflowParam=params)])
    world.fail("in_child", status="FAILED_WITH_TERMINAL_ERROR")
    first = world.task(parent, "sub")
    keys = Overtaken(world.opened.home.keys)
    overtaken = build(replace(world.opened.home, keys=keys))

    overtaken.recovery.rerun(
        parent, RerunWorkflowRequest(re_run_from_task_id=first["taskId"])
    )

    again = world.task(parent, "sub")
    assert ("IN_PROGRESS", None) == (
        again["status"],
        again.get("reasonForIncompletion"),
    )
    assert first["subWorkflowId"] != again["subWorkflowId"]
    world.settle()
    world.complete("in_child")
    assert "COMPLETED" == world.status(parent)
