"""Queues as operators see them, and who polls them: reference 1.3, 4.7."""

import pytest

from podium.decider.effects import queue_name
from world import MINUTE, SECOND, fork_join, join_on, simple, task


def sizes(world):
    return {
        name: size for name, size in world.podium.tasks.queue_sizes().items() if size
    }


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ((None,), 1),
        (("a",), 2),
        (("b",), 0),
        ((None, "space", "group"), 0),
        (("a", None, None), 2),
    ],
)
def test_1_3_size_of_one_queue(world, parts, size):
    world.run([simple("work")])
    for _ in range(2):
        world.run([simple("work")], taskToDomain={"work": "a"})

    assert size == world.podium.tasks.queue_size("work", *parts)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ((None,), "work"),
        (("a",), "a:work"),
        ((None, "space"), "work@space"),
        ((None, None, "group"), "work-group"),
        (("a", "space", "group"), "a:work@space-group"),
    ],
)
def test_4_7_name_of_a_queue(world, parts, name):
    assert name == queue_name("work", *parts)


def test_1_3_delayed_tasks_count_as_waiting(world):
    world.run([simple("work", startDelay=60)])

    assert 1 == world.podium.tasks.queue_size("work", None)


def test_1_3_details_of_every_queue(world):
    world.run([fork_join([simple("one")], [simple("two")]), join_on("one", "two")])
    world.run([simple("one")], name="apart")
    assert 1 == len(world.opened.home.queues.receive("two", 1, 0, MINUTE))

    details = world.podium.queues.details()

    assert {"a": {"size": 2, "uacked": 0}} == details["one"]
    assert {"a": {"size": 0, "uacked": 1}} == details["two"]
    assert sorted(details) == list(details)


def test_1_3_what_was_polled_is_nowhere_any_more(world):
    world.run([simple("work")])
    world.take("work")

    assert {} == sizes(world)


# --- requeue -----------------------------------------------------------------------


def test_1_3_requeue_brings_back_what_the_queue_has_lost(world):
    started = world.run([simple("work")])
    world.settle()
    _lose(world, "work")
    assert [] == world.poll("work")
    world.advance(2 * MINUTE)

    assert 1 == world.podium.queues.requeue("work")
    world.settle()

    assert started == world.take("work")["workflowInstanceId"]


def test_1_3_requeue_doubles_nothing(world):
    world.run([simple("work")])
    world.advance(2 * MINUTE)

    assert 1 == world.podium.queues.requeue("work")
    world.settle()

    assert 1 == len(world.poll("work", count=10))
    assert [] == world.poll("work", count=10)


def test_1_3_requeue_leaves_alone_what_somebody_works_on_and_other_types(world):
    world.run([fork_join([simple("one")], [simple("two")]), join_on("one", "two")])
    world.take("one")
    world.advance(2 * MINUTE)

    assert 0 == world.podium.queues.requeue("one")
    assert 1 == world.podium.queues.requeue("two")
    assert 0 == world.podium.queues.requeue("none")
    world.settle()
    assert [] == world.poll("one")


def test_1_3_requeue_is_not_for_system_tasks(world):
    world.run([task("WAIT", "wait"), simple("work")])

    assert 0 == world.podium.queues.requeue("WAIT")


def _lose(world, queue):
    """Have a queue lose what it has."""
    queues = world.opened.home.queues
    messages = queues.receive(queue, 10, 0, MINUTE)
    queues.delete(queue, [one.receipt for one in messages])


# --- who polls ---------------------------------------------------------------------


def test_1_3_poll_data_tell_who_polled_last_by_domain(world):
    world.poll("work", worker="w1")
    world.advance(5 * SECOND)
    world.poll("work", worker="w2")
    world.poll("work", worker="w3", domain="a")
    world.poll("other", worker="w4")

    found = world.podium.tasks.poll_data("work")

    now = world.clock.now()
    assert {(None, "w2", now), ("a", "w3", now)} == {
        (one.domain, one.worker_id, one.last_poll_time) for one in found
    }
    assert {"work"} == {one.queue_name for one in found}


def test_1_3_poll_data_of_all_types(world):
    for name in ("one", "two"):
        world.poll(name)

    assert ["one", "two"] == [one.queue_name for one in world.podium.tasks.poll_data()]


def test_1_3_nobody_polled_what_nobody_polled(world):
    assert [] == world.podium.tasks.poll_data("work")
