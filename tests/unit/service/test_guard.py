"""Somebody looks again at whatever a process that died did not carry out."""

from dataclasses import replace

import pytest

from podium.errors import Unavailable
from podium.service import guard
from world import MINUTE, SECOND, World, simple, task


class _Deaf:
    """A port whose next sends do not arrive."""

    def __init__(self, port):
        self._port = port
        self.lost = 0

    def __getattr__(self, name):
        return getattr(self._port, name)

    def send(self, *arguments):
        if self.lost:
            self.lost -= 1
            raise Unavailable("the network is down")
        self._port.send(*arguments)


class _GuardedWorld(World):
    """A home whose appends and sends are calls of their own, as on AWS."""

    def equip(self, opened):
        self.queues = _Deaf(opened.home.queues)
        self.told = _Deaf(opened.home.commands)
        home = replace(
            opened.home,
            atomic=_Nothing,
            after_commit=lambda callback: callback(),
            queues=self.queues,
            commands=self.told,
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


def test_looking_at_all_misses_nobody_between_pages(world, monkeypatch):
    monkeypatch.setattr(guard, "PAGE", 2)
    for _ in range(5):
        world.run([task("HUMAN", "h")])
        world.clock.advance(1)

    assert 5 == world.podium.guard.look_at_all()
