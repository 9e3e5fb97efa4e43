import pytest

from reruns import (
    choice_of,
    end,
    register_workers,
    rerun,
)
from world import do_while, fork_join, join_on, new_world, simple


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        register_workers(opened)
        yield opened


def _loop_of_three(world, **fields):
    loop = do_while(simple("body"), condition="$.loop.iteration < 3")
    return world.run([loop, simple("a")], **fields)


def test_a_loop_begins_with_its_first_iteration(world):
    started = _loop_of_three(world)
    first = world.complete("body")
    world.fail("body", status="FAILED_WITH_TERMINAL_ERROR")

    rerun(world, started, "loop")

    assert [("loop", "IN_PROGRESS"), ("body__1", "SCHEDULED")] == world.tasks(started)
    assert 1 == world.task(started, "loop")["iteration"]
    assert first["taskId"] != world.task(started, "body__1")["taskId"]
    for _ in range(3):
        world.complete("body")
    world.complete("a")
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("iteration", [1, 2, 3])
def test_a_loop_goes_back_to_the_iteration_of_the_task(world, iteration):
    started = _loop_of_three(world)
    for number in (1, 2, 3):
        world.complete("body", {"n": number})
    world.complete("a")
    kept = [
        (ref, status)
        for ref, status in world.tasks(started)
        if ref in {f"body__{number}" for number in range(1, iteration)}
    ]

    rerun(world, started, f"body__{iteration}")

    ref = f"body__{iteration}"
    assert [("loop", "IN_PROGRESS"), *kept, (ref, "SCHEDULED")] == world.tasks(started)
    assert iteration == world.task(started, "loop")["iteration"]
    for number in range(iteration, 4):
        world.complete("body", {"n": 10 * number})
    world.complete("a")
    assert "COMPLETED" == world.status(started)
    shown = world.output_of(started, "loop")
    assert [number if number < iteration else 10 * number for number in (1, 2, 3)] == [
        shown[str(number)]["body"]["n"] for number in (1, 2, 3)
    ]
    assert 3 == shown["iteration"]


def test_a_loop_after_a_fork_goes_on(world):
    fork = fork_join([simple("a")], [simple("b")])
    loop = do_while(simple("body"), condition="$.loop.iteration < 10")
    started = world.run([fork, join_on("a", "b"), loop])
    world.complete("a")
    world.complete("b")
    world.complete("body")
    world.complete("body")
    end(world, started)

    rerun(world, started, "body__2")

    assert [
        ("fork", "COMPLETED"),
        ("a", "COMPLETED"),
        ("b", "COMPLETED"),
        ("join", "COMPLETED"),
        ("loop", "IN_PROGRESS"),
        ("body__1", "COMPLETED"),
        ("body__2", "SCHEDULED"),
    ] == world.tasks(started)
    assert 2 == world.task(started, "loop")["iteration"]


def test_a_switch_in_a_loop_is_evaluated_again(world):
    loop = do_while(simple("body"), choice_of(), condition="$.loop.iteration < 2")
    started = world.run([loop, simple("a")], {"value": "one"})
    for _ in range(2):
        world.complete("body")
        world.complete("case1")
    world.complete("a")

    rerun(world, started, "choice__2", taskInput={"value": "two"})

    assert [("choice__2", "COMPLETED"), ("case2__2", "SCHEDULED")] == (
        world.tasks(started)[-2:]
    )
    assert "IN_PROGRESS" == world.status_of(started, "loop")
    world.complete("case2")
    world.complete("a")
    assert "COMPLETED" == world.status(started)


def test_nested_loops_go_back_together(world):
    inner = do_while(simple("body"), ref="inner", condition="$.inner.iteration < 2")
    outer = do_while(simple("b"), inner, condition="$.loop.iteration < 2")
    started = world.run([outer])
    for _ in range(2):
        world.complete("b")
        world.complete("body")
        world.complete("body")
    assert "COMPLETED" == world.status(started)

    rerun(world, started, "body__1__2")

    assert (1, 2) == (
        world.task(started, "loop")["iteration"],
        world.task(started, "inner__1")["iteration"],
    )
    assert ["loop", "b__1", "inner__1", "body__1__1", "body__1__2"] == (
        world.refs(started)
    )
    world.complete("body")
    world.complete("b")
    world.complete("body")
    world.complete("body")
    assert "COMPLETED" == world.status(started)


def test_a_loop_in_another_branch_goes_on_where_it_was(world):
    loop = do_while(simple("body"), simple("d"), condition="$.loop.iteration < 2")
    fork = fork_join([simple("a"), simple("c")], [loop])
    started = world.run([fork, join_on("c", "loop")])
    world.complete("body")
    world.complete("a")
    world.complete("d")
    world.complete("body")
    world.fail("c")

    rerun(world, started, "c")
    while "RUNNING" == world.status(started):
        for kind in ("c", "body", "d"):
            for polled in world.poll(kind):
                world.report(polled)

    assert "COMPLETED" == world.status(started)
    assert ["1", "2"] == [
        key for key in world.output_of(started, "loop") if key.isdecimal()
    ]
    refs = world.refs(started)
    assert all(refs.count(ref) == 1 for ref in ("body__1", "d__1", "body__2", "d__2"))
