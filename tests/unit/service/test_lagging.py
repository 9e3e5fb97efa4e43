"""A decision from the decider's queue is made on a state that may lag behind."""

from dataclasses import replace

import pytest

from podium.bootstrap import build
from podium.decider import commands as cmd
from podium.model.task import TaskStatus
from world import World, fork_join, join_on, task


class LaggingJournal:
    """Leaves out the last entries where it may, as a replica that is behind."""

    def __init__(self, journal, behind):
        self._journal = journal
        self.behind = behind
        self.reads = []

    def __getattr__(self, name):
        return getattr(self._journal, name)

    def read_tail(self, workflow_id, after, *, may_lag=False):
        self.reads.append(may_lag)
        found = self._journal.read_tail(workflow_id, after)
        return found[: -self.behind] if may_lag and self.behind else found


@pytest.fixture
def world():
    opened = World()
    yield opened
    opened.opened.close()


@pytest.fixture
def waiting(world):
    """A workflow that joins three HUMAN tasks, one of which has been ended."""
    refs = ("one", "two", "three")
    branches = [[task("HUMAN", ref)] for ref in refs]
    workflow_id = world.run([fork_join(*branches), join_on(*refs)])
    world.signal_task(workflow_id, "one")
    return workflow_id


def apart(world, behind):
    """Return another process over the same stores, and its view of the journal."""
    journal = LaggingJournal(world.opened.home.journal, behind)
    return build(replace(world.opened.home, journal=journal)), journal


def ends(world, workflow_id, ref):
    seq = world.task(workflow_id, ref)["seq"]
    return cmd.UpdateTask(seq=seq, status=TaskStatus.COMPLETED)


def run_all(podium, workflow_id, *commands):
    return podium.decider_queue._engine.run_all(workflow_id, commands)


def test_where_nothing_lags_one_read_that_may_lag_is_all(world, waiting):
    podium, journal = apart(world, 0)

    assert run_all(podium, waiting, ends(world, waiting, "two"))

    assert [True] == journal.reads


@pytest.mark.parametrize("behind", [1, 2], ids=["the last entry", "all of them"])
def test_a_state_that_lags_is_read_again(world, waiting, behind):
    podium, journal = apart(world, behind)

    assert run_all(podium, waiting, ends(world, waiting, "two"))

    assert [True, False] == journal.reads
    assert "COMPLETED" == world.status_of(waiting, "two")
    assert "COMPLETED" == world.status_of(waiting, "one"), "nothing is overwritten"


def test_that_nothing_is_to_be_done_is_never_concluded_from_what_may_lag(
    world, waiting
):
    """What is reported may be newer than what was read."""
    podium, journal = apart(world, 1)
    run_all(podium, waiting, ends(world, waiting, "two"))
    journal.reads.clear()

    assert not run_all(podium, waiting, ends(world, waiting, "two"))

    assert [True, False] == journal.reads
