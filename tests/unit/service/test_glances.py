"""What is done on a state seen at a glance, which may lack what was just written."""

from dataclasses import replace

import pytest

from podium.ports import TaskMessage
from podium.service.journals import Journals
from world import World, simple


class Lagging:
    """A journal whose cheap reads lack the newest entries, or one before them."""

    def __init__(self, journal):
        self._journal = journal
        self.lag = 0
        self.gap = 0
        self.reads = []

    def __getattr__(self, name):
        return getattr(self._journal, name)

    def read_tail(self, workflow_id, after, *, may_lag=False):
        self.reads.append("glance" if may_lag else "sure")
        tail = self._journal.read_tail(workflow_id, after)
        if not may_lag:
            return tail
        last = tail[-1].version if tail else 0
        return [
            one
            for one in tail
            if one.version <= last - self.lag and one.version != self.gap
        ]


class LaggingWorld(World):
    """A world each of whose reads is a new process's: nothing is remembered."""

    def equip(self, opened):
        self.journal = Lagging(opened.home.journal)
        return replace(opened, home=replace(opened.home, journal=self.journal))

    def forget(self, workflow_id):
        self.podium.tasks._journals.forget(workflow_id)


@pytest.fixture
def world():
    opened = LaggingWorld()
    yield opened
    opened.opened.close()


def lag(world, workflow_id, entries):
    """Have the next process see a workflow as it was some entries ago."""
    world.forget(workflow_id)
    world.journal.lag = entries
    world.journal.reads.clear()


def test_where_the_glance_shows_all_nothing_else_is_read(world):
    started = world.run([simple("one"), simple("two")])
    task = world.take("one")
    lag(world, started, 0)

    world.report(task)

    assert ["glance"] == world.journal.reads[:1]
    assert "sure" not in world.journal.reads
    assert [("one", "COMPLETED"), ("two", "SCHEDULED")] == world.tasks(started)


def test_a_task_that_a_glance_does_not_show_yet_is_handed_out(world):
    started = world.run([simple("one"), simple("two")])
    world.complete("one")
    lag(world, started, 1)

    assert world.take("two")
    assert ["glance", "sure"] == world.journal.reads[:2]


def test_a_message_is_dropped_on_what_was_surely_read(world):
    started = world.run([simple("one"), simple("two")])
    task = world.complete("one")
    world.opened.home.queues.send("one", [TaskMessage(task["taskId"], 1)])
    lag(world, started, 0)

    assert [] == world.poll("one")
    assert ["glance", "sure"] == world.journal.reads


def test_a_report_on_a_task_that_a_glance_does_not_show_yet_counts(world):
    started = world.run([simple("one"), simple("two")])
    world.complete("one")
    task = world.take("two")
    lag(world, started, 1)

    world.report(task)

    assert "COMPLETED" == world.status(started)


def test_a_decision_on_an_old_state_is_made_again_on_the_present_one(world):
    fork = {
        "name": "fork",
        "taskReferenceName": "fork",
        "type": "FORK_JOIN",
        "forkTasks": [[simple("one")], [simple("two")]],
    }
    join = {"name": "j", "taskReferenceName": "j", "type": "JOIN"}
    started = world.run([fork, {**join, "joinOn": ["one", "two"]}])
    task = world.take("two")
    world.complete("one")
    lag(world, started, 1)

    world.report(task)

    assert "COMPLETED" == world.status(started)


def test_a_second_report_changes_nothing_though_a_glance_shows_the_task_open(world):
    started = world.run([simple("one"), simple("two")])
    task = world.take("one")
    world.report(task, output={"first": True})
    lag(world, started, 1)

    world.report(task, output={"first": False})

    assert {"first": True} == world.output_of(started, "one")


def test_what_a_glance_shows_with_a_gap_is_not_believed(world):
    started = world.run([simple("one"), simple("two"), simple("three")])
    world.complete("one")
    world.complete("two")
    world.journal.gap = 2
    world.journal.reads.clear()
    cold = Journals(world.opened.home)

    state = cold.find(started, may_lag=True)

    assert ["glance", "sure"] == world.journal.reads
    assert cold.load(started) == state
