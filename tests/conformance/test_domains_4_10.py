"""taskToDomain: reference 4.10."""

import pytest

from world import SECOND, do_while, fork_join, join_on, simple, task


def _queues(world):
    return {
        name: size for name, size in world.podium.tasks.queue_sizes().items() if size
    }


def _poll(world, *domains):
    for domain in domains:
        world.poll("work", domain=domain)


@pytest.mark.parametrize(
    ("mapping", "polled", "queue"),
    [
        ({}, [], "work"),
        ({"work": "a"}, [], "a:work"),
        ({"*": "a"}, [], "a:work"),
        ({"*": "a", "work": "b"}, [], "b:work"),
        ({"other": "a"}, [], "work"),
        ({"work": "a,b"}, [], "b:work"),
        ({"work": "a,b"}, ["a"], "a:work"),
        ({"work": "a,b"}, ["b"], "b:work"),
        ({"work": "a,b"}, ["a", "b"], "a:work"),
        ({"work": " a , b "}, ["a"], "a:work"),
        ({"work": "a,NO_DOMAIN"}, [], "work"),
        ({"work": "a,NO_DOMAIN"}, ["a"], "a:work"),
        ({"work": "NO_DOMAIN"}, [], "work"),
        ({"work": "no_domain"}, [], "work"),
        ({"*": "a", "work": "NO_DOMAIN"}, [], "work"),
        ({"work": "NO_DOMAIN,a"}, [None], "a:work"),
    ],
)
def test_4_10_queue(world, mapping, polled, queue):
    _poll(world, *polled)
    world.run([simple("work")], taskToDomain=mapping)

    assert {queue: 1} == _queues(world)


@pytest.mark.parametrize(
    ("ago", "queue"), [(10 * SECOND, "a:work"), (10 * SECOND + 1, "b:work")]
)
def test_4_10_a_worker_counts_for_ten_seconds_after_its_last_poll(world, ago, queue):
    _poll(world, "a")
    world.advance(ago)
    world.run([simple("work")], taskToDomain={"work": "a,b"})

    assert {queue: 1} == _queues(world)


def test_4_10_domain_is_chosen_anew_for_each_attempt(world):
    world.register_task("work", retryDelaySeconds=60)
    started = world.run([simple("work")], taskToDomain={"work": "a,b"})
    assert "b" == world.task(started, "work")["domain"]
    polled = world.take("work", domain="b")
    world.advance(60 * SECOND)
    _poll(world, "a")
    world.report(polled, "FAILED")

    assert "a" == world.task(started, "work")["domain"]


def test_4_10_a_task_is_only_polled_in_its_domain(world):
    world.run([simple("work")], taskToDomain={"work": "a"})

    assert [0, 0, 1] == [
        len(world.poll("work", domain=domain)) for domain in (None, "b", "a")
    ]


def test_4_10_a_task_that_is_called_back_keeps_its_domain(world):
    world.run([simple("work")], taskToDomain={"work": "a"})
    world.report(world.take("work", domain="a"), "IN_PROGRESS")

    assert 1 == len(world.poll("work", domain="a"))


def test_4_10_system_tasks_have_no_domain(world):
    world.register("child", [simple("work")])
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})],
        taskToDomain={"*": "a"},
    )

    assert "domain" not in world.task(started, "sub")
    assert {"a:work": 1} == _queues(world)


def test_4_10_every_iteration_of_a_loop_is_queued_in_the_domain(world):
    started = world.run([do_while(simple("work"))], taskToDomain={"work": "a"})
    for number in (1, 2):
        assert {"a:work": 1} == _queues(world)
        assert "a" == world.task(started, f"work__{number}")["domain"]
        world.complete("work", domain="a")

    assert "COMPLETED" == world.status(started)


def test_4_10_a_child_takes_over_the_domains_of_its_parent(world):
    world.register("child", [simple("work")])
    param = {"name": "child"}
    world.run([task("SUB_WORKFLOW", "sub", subWorkflowParam=param)], taskToDomain=_A)

    assert {"a:work": 1} == _queues(world)


def test_4_10_a_childs_own_domains_replace_those_of_its_parent(world):
    fork = fork_join([simple("work")], [simple("more")])
    world.register("child", [fork, join_on("work", "more")])
    param = {"name": "child", "taskToDomain": {"more": "b"}}
    world.run([task("SUB_WORKFLOW", "sub", subWorkflowParam=param)], taskToDomain=_A)

    assert {"work": 1, "b:more": 1} == _queues(world)


_A = {"work": "a"}
