"""FORK_JOIN, JOIN and EXCLUSIVE_JOIN: reference 3.5."""

import pytest

from world import SECOND, simple, task

NOT_FOLLOWED = (
    "Fork task definition is not followed by a join task.  Check the blueprint"
)


def _fork(*branches, ref="fork", **fields):
    return task("FORK_JOIN", ref, forkTasks=list(branches), **fields)


def _join(*refs, ref="join", **fields):
    return task("JOIN", ref, joinOn=list(refs), **fields)


def _two(first=(), second=(), **fields):
    """Return a fork over two single tasks, its join, and what comes after."""
    return [
        _fork([simple("one", **dict(first))], [simple("two", **dict(second))]),
        _join("one", "two", **fields),
        simple("after"),
    ]


def _status_of(world, workflow, ref):
    return dict(world.tasks(workflow))[ref]


# --- FORK_JOIN ---------------------------------------------------------------------


def test_3_5_fork_opens_every_branch_and_the_join(world):
    started = world.run(_two())

    assert [
        ("fork", "COMPLETED"),
        ("one", "SCHEDULED"),
        ("two", "SCHEDULED"),
        ("join", "IN_PROGRESS"),
    ] == world.tasks(started)
    assert "FORK" == world.task(started, "fork")["taskType"]
    assert ["one", "two"] == world.task(started, "join")["inputData"]["joinOn"]


@pytest.mark.parametrize("following", [[], [simple("after")]], ids=["end", "other"])
def test_3_5_fork_that_no_join_follows_fails_the_workflow(world, following):
    started = world.run([_fork([simple("one")]), *following])

    shown = world.workflow(started)
    assert ("FAILED", NOT_FOLLOWED) == (
        shown["status"],
        shown["reasonForIncompletion"],
    )
    assert [] == world.poll("one")


def test_3_5_branches_are_worked_off_independently(world):
    tasks = [
        _fork([simple("a1"), simple("a2")], [simple("b1"), simple("b2")]),
        _join("a2", "b2"),
        simple("after"),
    ]
    started = world.run(tasks)

    world.complete("b1")
    world.complete("b2")
    assert "IN_PROGRESS" == _status_of(world, started, "join")
    world.complete("a1")
    world.complete("a2")

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_5_an_empty_branch_is_no_branch(world):
    started = world.run([_fork([], [simple("one")]), _join("one")])

    world.complete("one")

    assert "COMPLETED" == world.status(started)


def test_3_5_a_hundred_branches_are_joined_once(world):
    refs = [f"b{number}" for number in range(100)]
    branches = [[simple(ref, "work")] for ref in refs]
    started = world.run([_fork(*branches), _join(*refs), simple("after")])

    for _ in refs:
        world.complete("work", {"x": 1})

    refs_seen = [ref for ref, _ in world.tasks(started)]
    assert 1 == refs_seen.count("join")
    assert 1 == refs_seen.count("after")
    assert 100 == len(world.task(started, "join")["outputData"])


# --- JOIN --------------------------------------------------------------------------


def test_3_5_join_answers_with_the_outputs_that_are_not_empty(world):
    started = world.run(_two())

    world.complete("one", {"x": 1})
    world.complete("two")

    assert {"one": {"x": 1}} == world.task(started, "join")["outputData"]


def test_3_5_output_of_a_join_can_be_referenced(world):
    after = simple("after", inputParameters={"x": "${join.output.one.x}"})
    started = world.run([*_two()[:2], after])

    world.complete("two")
    world.complete("one", {"x": 1})

    assert {"x": 1} == world.task(started, "after")["inputData"]


def test_3_5_join_waits_for_the_tasks_of_its_list_only(world):
    tasks = [_fork([simple("one")], [simple("two")]), _join("one"), simple("after")]
    started = world.run(tasks)

    world.complete("one")
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]
    world.complete("after")

    assert "RUNNING" == world.status(started)
    world.complete("two")
    assert "COMPLETED" == world.status(started)


def test_3_5_join_over_nothing_completes_at_once(world):
    started = world.run([_fork([simple("one")]), _join(), simple("after")])

    assert "COMPLETED" == _status_of(world, started, "join")
    assert "SCHEDULED" == _status_of(world, started, "after")
    assert {} == world.task(started, "join")["outputData"]


def test_3_5_join_waits_for_a_task_that_is_not_there_yet(world):
    started = world.run([_fork([simple("one")]), _join("one", "never")])

    world.complete("one")
    world.advance(3600 * SECOND)

    assert "IN_PROGRESS" == _status_of(world, started, "join")
    assert "RUNNING" == world.status(started)


def test_3_5_join_anywhere_sees_what_was_done_before_it(world):
    started = world.run([simple("one"), _join("one", "one"), simple("after")])

    world.complete("one", {"x": 1})

    assert {"one": {"x": 1}} == world.task(started, "join")["outputData"]
    assert "SCHEDULED" == _status_of(world, started, "after")


def test_3_5_join_waits_for_the_last_attempt(world):
    world.register_task("one", retryCount=1, retryDelaySeconds=0)
    started = world.run(_two())

    world.complete("two")
    world.fail("one")
    assert "IN_PROGRESS" == _status_of(world, started, "join")
    world.complete("one", {"x": 2})

    assert {"one": {"x": 2}} == world.task(started, "join")["outputData"]


def test_3_5_join_ignores_what_orkes_adds_to_it(world):
    extra = {"evaluatorType": "js", "expression": "false", "joinStatus": "x"}
    started = world.run(_two(**extra))

    world.complete("one")
    world.complete("two")

    assert "COMPLETED" == _status_of(world, started, "join")


@pytest.mark.parametrize("mode", ["SYNC", "ASYNC"])
def test_3_5_join_of_either_mode_ends_with_its_last_branch(world, mode):
    started = world.run(_two(joinMode=mode))

    world.complete("one")
    world.complete("two")

    assert "SCHEDULED" == _status_of(world, started, "after")


# --- failures ----------------------------------------------------------------------


def _fail_for_good(world, name, status="FAILED"):
    world.fail(name, f"{name} broke", status)


def _without_retries(world, *names):
    for name in names:
        world.register_task(name, retryCount=0)


def test_3_5_a_failed_branch_ends_the_workflow_at_once(world):
    _without_retries(world, "one")
    started = world.run(_two())

    _fail_for_good(world, "one")

    assert "FAILED" == world.status(started)
    assert [
        ("fork", "COMPLETED"),
        ("one", "FAILED"),
        ("two", "CANCELED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)


def test_3_5_a_cancelled_branch_terminates_the_workflow(world):
    started = world.run(_two())

    _fail_for_good(world, "one", "CANCELED")

    assert "TERMINATED" == world.status(started)


def test_3_5_an_optional_branch_leaves_the_join_with_errors(world):
    _without_retries(world, "one")
    started = world.run(_two(first={"optional": True}))

    _fail_for_good(world, "one")
    assert "IN_PROGRESS" == _status_of(world, started, "join")
    world.complete("two")

    assert "COMPLETED_WITH_ERRORS" == _status_of(world, started, "one")
    assert "COMPLETED_WITH_ERRORS" == _status_of(world, started, "join")
    one = world.task(started, "one")["taskId"]
    expected = f"one/{one} completed with errors"
    assert expected == world.task(started, "join")["reasonForIncompletion"]
    world.complete("after")
    assert "COMPLETED" == world.status(started)


def test_3_5_a_permissive_branch_lets_the_others_come_to_their_end(world):
    _without_retries(world, "one")
    started = world.run(_two(first={"permissive": True}))

    _fail_for_good(world, "one")
    assert "RUNNING" == world.status(started)
    assert "IN_PROGRESS" == _status_of(world, started, "join")
    world.complete("two", {"x": 1})

    assert "FAILED" == world.status(started)
    join = world.task(started, "join")
    assert ("FAILED", "one broke") == (join["status"], join["reasonForIncompletion"])
    assert {"two": {"x": 1}} == join["outputData"]


def test_3_5_join_gives_the_reasons_of_all_that_failed(world):
    _without_retries(world, "one", "two")
    permissive = {"permissive": True}
    started = world.run(_two(first=permissive, second=permissive))

    _fail_for_good(world, "two")
    _fail_for_good(world, "one")

    reason = world.task(started, "join")["reasonForIncompletion"]
    assert "one broke two broke" == reason


@pytest.mark.parametrize(
    ("second", "status", "ends"),
    [
        ("CANCELED", "CANCELED", "TERMINATED"),
        ("FAILED", "FAILED", "FAILED"),
    ],
)
def test_3_5_join_is_cancelled_if_all_that_failed_were(world, second, status, ends):
    _without_retries(world, "one", "two")
    permissive = {"permissive": True}
    started = world.run(_two(first=permissive, second=permissive))

    _fail_for_good(world, "one", "CANCELED")
    _fail_for_good(world, "two", second)

    assert status == _status_of(world, started, "join")
    assert ends == world.status(started)


def test_3_5_join_is_not_retried(world):
    _without_retries(world, "one")
    world.register_task("join", retryCount=3, retryDelaySeconds=0)
    started = world.run(_two(first={"permissive": True}))

    _fail_for_good(world, "one")
    world.complete("two")

    assert 1 == [ref for ref, _ in world.tasks(started)].count("join")
    assert "FAILED" == world.status(started)


def test_3_5_optional_join_lets_the_workflow_go_on(world):
    _without_retries(world, "one")
    started = world.run(_two(first={"permissive": True}, optional=True))

    _fail_for_good(world, "one")
    world.complete("two")

    assert "COMPLETED_WITH_ERRORS" == _status_of(world, started, "join")
    world.complete("after")
    assert "FAILED" == world.status(started)


# --- nesting -----------------------------------------------------------------------


def test_3_5_a_fork_in_a_fork_is_joined_from_the_inside(world):
    inner = [
        _fork([simple("a")], [simple("b")], ref="inner_fork"),
        _join("a", "b", ref="inner_join"),
    ]
    started = world.run(
        [_fork(inner, [simple("c")]), _join("inner_join", "c"), simple("after")]
    )

    for name in ("a", "c", "b"):
        world.complete(name, {"from": name})

    assert "SCHEDULED" == _status_of(world, started, "after")
    assert {
        "inner_join": {"a": {"from": "a"}, "b": {"from": "b"}},
        "c": {"from": "c"},
    } == world.task(started, "join")["outputData"]


def test_3_5_a_join_can_wait_for_a_task_within_a_case(world):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="case",
        inputParameters={"case": "a"},
        decisionCases={"a": [simple("in_a")]},
    )
    started = world.run([_fork([choice], [simple("b")]), _join("in_a", "b")])

    world.complete("b")
    assert "RUNNING" == world.status(started)
    world.complete("in_a")

    assert "COMPLETED" == world.status(started)


def test_3_5_a_fork_as_the_first_task_of_a_branch_needs_its_join_there(world):
    inner = _fork([simple("a")], ref="inner")
    started = world.run([_fork([inner], [simple("b")]), _join("b")])

    assert "FAILED" == world.status(started)
    assert NOT_FOLLOWED == world.workflow(started)["reasonForIncompletion"]


def _loop(*body, times=2, ref="loop"):
    return task(
        "DO_WHILE",
        ref,
        loopCondition=f"$.{ref}.iteration < {times}",
        loopOver=list(body),
    )


def test_3_5_join_in_a_loop_joins_its_own_iteration(world):
    body = [_fork([simple("one")], [simple("two")]), _join("one", "two")]
    started = world.run([_loop(*body), simple("after")])

    world.complete("one", {"n": 1})
    world.complete("two", {"n": 2})
    world.complete("two", {"n": 3})
    assert "IN_PROGRESS" == _status_of(world, started, "join__2")
    world.complete("one", {"n": 4})

    assert {"one__2": {"n": 4}, "two__2": {"n": 3}} == world.task(started, "join__2")[
        "outputData"
    ]
    assert "SCHEDULED" == _status_of(world, started, "after")


# --- EXCLUSIVE_JOIN ----------------------------------------------------------------


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
    assert "SCHEDULED" == _status_of(world, started, "after")


def test_3_5_exclusive_join_takes_the_default_where_none_is_there(world):
    tasks = _choose("c", _exclusive("in_a", "in_b", default=["before"]))
    started = world.run(tasks)

    world.complete("before", {"from": "before"})

    assert {"from": "before"} == world.task(started, "xor")["outputData"]


def test_3_5_exclusive_join_without_anything_stays_open(world):
    started = world.run(_choose("c", _exclusive("in_a", "in_b")))

    world.complete("before")
    world.advance(3600 * SECOND)

    assert "IN_PROGRESS" == _status_of(world, started, "xor")


def test_3_5_exclusive_join_prefers_the_first_of_its_list(world):
    tasks = [simple("one"), simple("two"), _exclusive("two", "one")]
    started = world.run(tasks)

    world.complete("one", {"n": 1})
    world.complete("two", {"n": 2})

    assert {"n": 2} == world.task(started, "xor")["outputData"]


def _xor_in_fork(one=(), two=(), **fields):
    """Return a fork whose third branch is an EXCLUSIVE_JOIN over the other two."""
    return [
        _fork(
            [simple("one", **dict(one))],
            [simple("two", **dict(two))],
            [_exclusive("one", "two", **fields)],
        ),
        _join("xor"),
        simple("after"),
    ]


def test_3_5_exclusive_join_waits_for_the_first_that_is_there(world):
    started = world.run(_xor_in_fork())

    world.complete("two", {"n": 2})
    assert "IN_PROGRESS" == _status_of(world, started, "xor")
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
    assert "IN_PROGRESS" == _status_of(world, started, "xor")
    _fail_for_good(world, "two")

    xor = world.task(started, "xor")
    assert "FAILED" == xor["status"]
    assert "one broke two broke" == xor["reasonForIncompletion"]
    assert "FAILED" == world.status(started)


def test_3_5_exclusive_join_completes_with_an_optional_task_that_failed(world):
    _without_retries(world, "one")
    started = world.run(_xor_in_fork(one={"optional": True}))

    _fail_for_good(world, "one")

    assert "COMPLETED" == _status_of(world, started, "xor")


def test_3_5_exclusive_join_in_a_loop_joins_its_own_iteration(world):
    body = [simple("one"), _exclusive("one")]
    started = world.run([_loop(*body)])

    world.complete("one", {"n": 1})
    assert {"n": 1} == world.task(started, "xor__1")["outputData"]
    world.complete("one", {"n": 2})

    assert {"n": 2} == world.task(started, "xor__2")["outputData"]
    assert "COMPLETED" == world.status(started)
