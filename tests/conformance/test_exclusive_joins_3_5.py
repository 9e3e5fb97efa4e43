"""EXCLUSIVE_JOIN: reference 3.5."""

import pytest

from world import SECOND, do_while, fork_join, join_on, simple, task


def _fail_for_good(world, name, status="FAILED"):
    world.fail(name, f"{name} broke", status)


def _without_retries(world, *names):
    for name in names:
        world.register_task(name, retryCount=0)


def _exclusive(*refs, default=(), **fields):
    return task(
        "EXCLUSIVE_JOIN",
        "xor",
        joinOn=list(refs),
        defaultExclusiveJoinTask=list(default),
        **fields,
    )


def _choose(case, *after):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="case",
        inputParameters={"case": case},
        decisionCases={"a": [simple("in_a")], "b": [simple("in_b")]},
        defaultCase=[],
    )
    return [simple("before"), choice, *after]


@pytest.mark.parametrize("case", ["a", "b"])
def test_3_5_exclusive_join_takes_the_output_of_the_one_that_ran(world, case):
    tasks = _choose(case, _exclusive("in_a", "in_b", default=["before"]))
    started = world.run([*tasks, simple("after")])

    world.complete("before")
    world.complete(f"in_{case}", {"from": case})

    assert {"from": case} == world.task(started, "xor")["outputData"]
    assert "SCHEDULED" == world.status_of(started, "after")


def test_3_5_exclusive_join_takes_the_default_where_none_is_there(world):
    tasks = _choose("c", _exclusive("in_a", "in_b", default=["before"]))
    started = world.run(tasks)

    world.complete("before", {"from": "before"})

    assert {"from": "before"} == world.task(started, "xor")["outputData"]


def test_3_5_exclusive_join_without_anything_stays_open(world):
    started = world.run(_choose("c", _exclusive("in_a", "in_b")))

    world.complete("before")
    world.advance(3600 * SECOND)

    assert "IN_PROGRESS" == world.status_of(started, "xor")


def test_3_5_exclusive_join_prefers_the_first_of_its_list(world):
    tasks = [simple("one"), simple("two"), _exclusive("two", "one")]
    started = world.run(tasks)

    world.complete("one", {"n": 1})
    world.complete("two", {"n": 2})

    assert {"n": 2} == world.task(started, "xor")["outputData"]


def _xor_in_fork(one=(), two=(), **fields):
    """Return a fork whose third branch is an EXCLUSIVE_JOIN over the other two."""
    return [
        fork_join(
            [simple("one", **dict(one))],
            [simple("two", **dict(two))],
            [_exclusive("one", "two", **fields)],
        ),
        join_on("xor"),
        simple("after"),
    ]


def test_3_5_exclusive_join_waits_for_the_first_that_is_there(world):
    started = world.run(_xor_in_fork())

    world.complete("two", {"n": 2})
    assert "IN_PROGRESS" == world.status_of(started, "xor")
    world.complete("one", {"n": 1})

    assert {"n": 1} == world.task(started, "xor")["outputData"]


def test_3_5_exclusive_join_takes_a_finished_default_over_a_running_task(world):
    tasks = [simple("before"), *_xor_in_fork(default=["before"])]
    started = world.run(tasks)

    world.complete("before", {"n": 0})

    assert {"n": 0} == world.task(started, "xor")["outputData"]


def test_3_5_exclusive_join_fails_with_a_permissive_task_once_all_are_over(world):
    _without_retries(world, "one", "two")
    permissive = {"permissive": True}
    started = world.run(_xor_in_fork(one=permissive, two=permissive))

    _fail_for_good(world, "one")
    assert "IN_PROGRESS" == world.status_of(started, "xor")
    _fail_for_good(world, "two")

    xor = world.task(started, "xor")
    assert "FAILED" == xor["status"]
    assert "one broke two broke" == xor["reasonForIncompletion"]
    assert "FAILED" == world.status(started)


def test_3_5_exclusive_join_completes_with_an_optional_task_that_failed(world):
    _without_retries(world, "one")
    started = world.run(_xor_in_fork(one={"optional": True}))

    _fail_for_good(world, "one")

    assert "COMPLETED" == world.status_of(started, "xor")


def test_3_5_exclusive_join_in_a_loop_joins_its_own_iteration(world):
    body = [simple("one"), _exclusive("one")]
    started = world.run([do_while(*body)])

    world.complete("one", {"n": 1})
    assert {"n": 1} == world.task(started, "xor__1")["outputData"]
    world.complete("one", {"n": 2})

    assert {"n": 2} == world.task(started, "xor__2")["outputData"]
    assert "COMPLETED" == world.status(started)
