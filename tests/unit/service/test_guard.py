"""Somebody looks again at whatever a process that died did not carry out."""

from dataclasses import replace

import pytest

from podium.errors import Unavailable
from podium.service import guard
from world import MINUTE, SECOND, World, simple, task


class _Deaf:
    """A port whose next sends do not arrive, after those that are ``spared``."""

    def __init__(self, port):
        self._port = port
        self.spared = 0
        self.lost = 0

    def __getattr__(self, name):
        return getattr(self._port, name)

    def _hear(self):
        if self.spared:
            self.spared -= 1
        elif self.lost:
            self.lost -= 1
            raise Unavailable("the network is down")

    def send(self, *arguments):
        self._hear()
        self._port.send(*arguments)

    def append(self, *arguments):
        self._hear()
        self._port.append(*arguments)


class _GuardedWorld(World):
    """A home whose appends and sends are calls of their own, as on AWS."""

    def equip(self, opened):
        self.queues = _Deaf(opened.home.queues)
        self.told = _Deaf(opened.home.commands)
        self.journal = _Deaf(opened.home.journal)
        home = replace(
            opened.home,
            atomic=_Nothing,
            after_commit=lambda callback: callback(),
            queues=self.queues,
            commands=self.told,
            journal=self.journal,
            guard_after=MINUTE,
            max_conflicts=3,
        )
        return replace(opened, home=home)


class _Nothing:
    """No unit of work at all."""

    def __enter__(self):
        return None

    def __exit__(self, *_):
        return False


@pytest.fixture
def world():
    world = _GuardedWorld()
    yield world
    world.opened.close()


def test_a_task_whose_message_was_lost_is_offered_after_a_minute(world):
    world.register("w", [simple("a")])
    world.queues.lost = 1

    with pytest.raises(Unavailable):
        world.start("w")
    assert [] == world.poll("a")
    world.advance(MINUTE)

    assert 1 == len(world.poll("a"))


def test_the_guard_comes_at_growing_intervals(world):
    started = world.run([task("HUMAN", "h")])
    begun = world.clock.now()
    looks = []
    for _ in range(4):
        due = world.opened.timers.next_due()
        looks.append((due - begun) // MINUTE)
        world.advance(due - world.clock.now())

    assert [1, 2, 4, 8] == looks
    assert "RUNNING" == world.status(started)


def test_what_a_worker_holds_is_not_offered_again(world):
    world.run([simple("a")])
    world.take("a")

    world.advance(5 * MINUTE)

    assert {"a": 0} == world.podium.tasks.queue_sizes()


def test_a_child_that_was_not_launched_is_launched_by_the_guard(world):
    world.register("child", [simple("inner")])
    world.register("w", [task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})])
    world.told.lost = 1

    with pytest.raises(Unavailable):
        world.start("w")
    world.advance(MINUTE)

    assert 1 == len(world.poll("inner"))


def test_a_parent_that_was_not_told_is_told_by_the_guard(world):
    world.register("child", [simple("inner")])
    started = world.run([task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})])
    inner = world.take("inner")
    world.told.lost = 1

    with pytest.raises(Unavailable):
        world.report(inner)
    world.advance(2 * MINUTE)

    assert "COMPLETED" == world.status(started)


def test_a_child_that_has_ended_is_looked_at_once_and_then_left_alone(world):
    world.register("child", [simple("inner")])
    started = world.run([task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})])
    world.complete("inner")
    begun = world.clock.now()

    assert "COMPLETED" == world.status(started)
    world.advance(begun + MINUTE - world.clock.now())
    assert world.opened.timers.next_due() is None


def test_a_child_that_lived_long_tells_its_parent_again_within_a_minute(world):
    world.register("child", [task("HUMAN", "h")])
    started = world.run([task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})])
    child = world.task(started, "s")["subWorkflowId"]
    world.advance(33 * MINUTE)
    world.told.lost = 1

    with pytest.raises(Unavailable):
        world.signal_task(child, "h")
    world.advance(MINUTE)

    assert "COMPLETED" == world.status(started)


def test_a_timer_that_comes_before_its_time_comes_again(world):
    started = world.run([task("WAIT", "w", inputParameters={"duration": "10s"})])
    [timer] = world.opened.timers.due(world.clock.now() + 10 * SECOND, 2)

    world.clock.advance(10 * SECOND - 1)
    world.opened.timers.done([timer])
    world.podium.decider_queue.wake(started, timer.due)
    world.advance(1)

    assert "COMPLETED" == world.status(started)


def _start_an_orphan(world):
    """Return a parent, and a child of it that it has not heard of yet."""
    world.register("child", [task("HUMAN", "h")])
    sub = task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})
    parent = world.run([simple("other"), sub])
    before = set(_ids(world))
    other = world.take("other")
    world.journal.spared, world.journal.lost = 2, 1
    with pytest.raises(Unavailable):
        world.report(other)
    world.opened.commands.release_in_flight()
    [child] = set(_ids(world)) - before
    return parent, child


def _ids(world):
    found = world.podium.searching.search(None, None, None, 0, 10)
    return [row.workflow_id for row in found.rows]


def test_a_child_that_its_parent_has_not_heard_of_is_pointed_to_in_the_end(world):
    parent, child = _start_an_orphan(world)

    world.advance(MINUTE)

    assert child == world.task(parent, "s")["subWorkflowId"]
    assert "RUNNING" == world.status(child)


def test_a_child_that_its_parent_never_hears_of_ends_with_its_task(world):
    parent, child = _start_an_orphan(world)
    world.signal_task(parent, "s", status="FAILED_WITH_TERMINAL_ERROR")

    assert ("FAILED", "TERMINATED") == (world.status(parent), world.status(child))


def test_a_child_whose_attempt_was_given_up_ends_though_nobody_told_it(world):
    world.register("child", [task("HUMAN", "h")])
    world.register_task(
        "s",
        retryCount=1,
        retryDelaySeconds=0,
        timeoutSeconds=30,
        timeoutPolicy="RETRY",
        responseTimeoutSeconds=20,
    )
    parent = world.run([task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})])
    child = world.task(parent, "s")["subWorkflowId"]
    world.told.lost = 1

    with pytest.raises(Unavailable):
        world.advance(30 * SECOND)
    assert "RUNNING" == world.status(child)
    world.advance(30 * SECOND)

    assert "TERMINATED" == world.status(child)
    assert "TIMED_OUT" in world.workflow(child)["reasonForIncompletion"]


def test_a_child_that_is_to_run_on_without_its_task_does(world):
    world.register("child", [task("HUMAN", "h")])
    sub = task("SUB_WORKFLOW", "s", subWorkflowParam={"name": "child"})
    parent = world.run([sub])
    child = world.task(parent, "s")["subWorkflowId"]
    world.signal_task(parent, "s")

    world.advance(30 * MINUTE)

    assert ("COMPLETED", "RUNNING") == (world.status(parent), world.status(child))


def test_a_system_task_whose_report_was_lost_is_run_again_after_moments(world):
    world.journal.spared, world.journal.lost = 1, 1
    started = world.run([task("EVENT", "e", sink="conductor")])

    assert "RUNNING" == world.status(started)
    world.advance(5 * SECOND)

    assert "COMPLETED" == world.status(started)


def test_looking_at_all_misses_nobody_between_pages(world, monkeypatch):
    monkeypatch.setattr(guard, "PAGE", 2)
    for _ in range(5):
        world.run([task("HUMAN", "h")])
        world.clock.advance(1)

    assert 5 == world.podium.guard.look_at_all()
