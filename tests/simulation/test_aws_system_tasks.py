"""A system task on AWS is run by one process at a time, and by another if that dies."""

import pytest

from aws_world import new_aws_world
from podium.model.task import TaskStatus
from podium.service.redispatching import SYSTEM_LEASE
from podium.tasks.contract import SystemTaskResult
from story import Crash
from world import MINUTE, task

_CALL = task("HTTP", "call", inputParameters={"http_request": {"uri": "http://x/"}})


@pytest.fixture
def world():
    with new_aws_world() as opened:
        yield opened


class Slow:
    """Takes two minutes, in which the world goes on; ``dies`` in its first run."""

    def __init__(self, world, *, dies=False):
        self._world = world
        self._dies = dies
        self.runs = 0
        world.podium.system_tasks._types["HTTP"] = self

    def run(self, _call):
        self.runs += 1
        if self.runs > 1:
            return SystemTaskResult(TaskStatus.COMPLETED, {})
        self._world.advance(2 * MINUTE)
        if self._dies:
            raise Crash
        return SystemTaskResult(TaskStatus.COMPLETED, {})


def test_what_runs_long_is_run_once_though_the_guard_looks(world):
    slow = Slow(world)
    started = world.run([_CALL])
    world.advance(30 * MINUTE)

    assert "COMPLETED" == world.status(started)
    assert 1 == slow.runs


def test_what_died_is_run_again_once_its_lease_is_over(world):
    """By the guard's next look, or by its message, which comes again later."""
    slow = Slow(world, dies=True)
    world.register("calls", [_CALL])
    started = world.start("calls", settle=False)
    with pytest.raises(Crash):
        world.settle()

    world.advance(SYSTEM_LEASE - 2 * MINUTE - 1)
    assert ("RUNNING", 1) == (world.status(started), slow.runs)
    world.advance(2 * MINUTE)

    assert ("COMPLETED", 2) == (world.status(started), slow.runs)
