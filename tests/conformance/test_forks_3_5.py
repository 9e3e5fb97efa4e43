"""FORK_JOIN and JOIN: reference 3.5."""

import pytest

from world import SECOND, do_while, fork_join, inline, join_on, simple, task

NOT_FOLLOWED = (
    "Fork task definition is not followed by a join task.  Check the blueprint"
)


def _two(first=(), second=(), **fields):
    """Return a fork over two single tasks, its join, and what comes after."""
    return [
        fork_join([simple("one", **dict(first))], [simple("two", **dict(second))]),
        join_on("one", "two", **fields),
        simple("after"),
    ]


# --- FORK_JOIN -----------------------------------------------------------------------


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
    started = world.run([fork_join([simple("one")]), *following])

    shown = world.workflow(started)
    assert ("FAILED", NOT_FOLLOWED) == (
        shown["status"],
        shown["reasonForIncompletion"],
    )
    assert [] == world.poll("one")


def test_3_5_branches_are_worked_off_independently(world):
    tasks = [
        fork_join([simple("a1"), simple("a2")], [simple("b1"), simple("b2")]),
        join_on("a2", "b2"),
        simple("after"),
    ]
    started = world.run(tasks)

    world.complete("b1")
    world.complete("b2")
    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("a1")
    world.complete("a2")

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_5_an_empty_branch_is_no_branch(world):
    started = world.run([fork_join([], [simple("one")]), join_on("one")])

    world.complete("one")

    assert "COMPLETED" == world.status(started)


def test_3_5_a_hundred_branches_are_joined_once(world):
    refs = [f"b{number}" for number in range(100)]
    branches = [[simple(ref, "work")] for ref in refs]
    started = world.run([fork_join(*branches), join_on(*refs), simple("after")])

    for _ in refs:
        world.complete("work", {"x": 1})

    refs_seen = [ref for ref, _ in world.tasks(started)]
    assert 1 == refs_seen.count("join")
    assert 1 == refs_seen.count("after")
    assert 100 == len(world.task(started, "join")["outputData"])


# --- JOIN ----------------------------------------------------------------------------


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
    tasks = [
        fork_join([simple("one")], [simple("two")]),
        join_on("one"),
        simple("after"),
    ]
    started = world.run(tasks)

    world.complete("one")
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]
    world.complete("after")

    assert "RUNNING" == world.status(started)
    world.complete("two")
    assert "COMPLETED" == world.status(started)


def test_3_5_join_over_nothing_completes_at_once(world):
    started = world.run([fork_join([simple("one")]), join_on(), simple("after")])

    assert "COMPLETED" == world.status_of(started, "join")
    assert "SCHEDULED" == world.status_of(started, "after")
    assert {} == world.task(started, "join")["outputData"]


def test_3_5_join_waits_for_a_task_that_is_not_there_yet(world):
    started = world.run([fork_join([simple("one")]), join_on("one", "never")])

    world.complete("one")
    world.advance(3600 * SECOND)

    assert "IN_PROGRESS" == world.status_of(started, "join")
    assert "RUNNING" == world.status(started)


def test_3_5_join_anywhere_sees_what_was_done_before_it(world):
    started = world.run([simple("one"), join_on("one", "one"), simple("after")])

    world.complete("one", {"x": 1})

    assert {"one": {"x": 1}} == world.task(started, "join")["outputData"]
    assert "SCHEDULED" == world.status_of(started, "after")


def test_3_5_join_waits_for_the_last_attempt(world):
    world.register_task("one", retryCount=1, retryDelaySeconds=0)
    started = world.run(_two())

    world.complete("two")
    world.fail("one")
    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("one", {"x": 2})

    assert {"one": {"x": 2}} == world.task(started, "join")["outputData"]


def test_3_5_join_ignores_what_orkes_adds_to_it(world):
    extra = {"evaluatorType": "js", "expression": "false", "joinStatus": "x"}
    started = world.run(_two(**extra))

    world.complete("one")
    world.complete("two")

    assert "COMPLETED" == world.status_of(started, "join")


@pytest.mark.parametrize("mode", ["SYNC", "ASYNC"])
def test_3_5_join_of_either_mode_ends_with_its_last_branch(world, mode):
    started = world.run(_two(joinMode=mode))

    world.complete("one")
    world.complete("two")

    assert "SCHEDULED" == world.status_of(started, "after")


# --- nesting -------------------------------------------------------------------------


def test_3_5_a_fork_in_a_fork_is_joined_from_the_inside(world):
    inner = [
        fork_join([simple("a")], [simple("b")], ref="inner_fork"),
        join_on("a", "b", ref="inner_join"),
    ]
    started = world.run(
        [fork_join(inner, [simple("c")]), join_on("inner_join", "c"), simple("after")]
    )

    for name in ("a", "c", "b"):
        world.complete(name, {"from": name})

    assert "SCHEDULED" == world.status_of(started, "after")
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
    started = world.run([fork_join([choice], [simple("b")]), join_on("in_a", "b")])

    world.complete("b")
    assert "RUNNING" == world.status(started)
    world.complete("in_a")

    assert "COMPLETED" == world.status(started)


def test_3_5_a_fork_as_the_first_task_of_a_branch_needs_its_join_there(world):
    inner = fork_join([simple("a")], ref="inner")
    started = world.run([fork_join([inner], [simple("b")]), join_on("b")])

    assert "FAILED" == world.status(started)
    assert NOT_FOLLOWED == world.workflow(started)["reasonForIncompletion"]


def test_3_5_join_in_a_loop_joins_its_own_iteration(world):
    body = [fork_join([simple("one")], [simple("two")]), join_on("one", "two")]
    started = world.run([do_while(*body), simple("after")])

    world.complete("one", {"n": 1})
    world.complete("two", {"n": 2})
    world.complete("two", {"n": 3})
    assert "IN_PROGRESS" == world.status_of(started, "join__2")
    world.complete("one", {"n": 4})

    assert {"one__2": {"n": 4}, "two__2": {"n": 3}} == world.task(started, "join__2")[
        "outputData"
    ]
    assert "SCHEDULED" == world.status_of(started, "after")


def test_3_5_what_a_branch_begins_with_comes_before_the_next_branch(world):
    """A fork or a case in it is opened at once, as Conductor counts tasks."""
    inner = [
        fork_join([simple("x")], [simple("y")], ref="inner"),
        join_on("x", "y", ref="inner_join"),
    ]
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="on",
        inputParameters={"on": "case"},
        decisionCases={"case": [simple("c")]},
    )
    instant = [inline("instant", "1"), simple("z")]
    refs = ("inner_join", "c", "z", "a")
    branches = [inner, [choice], instant, [simple("a")]]
    started = world.run([fork_join(*branches), join_on(*refs)])

    assert [
        *("fork", "inner", "x", "y", "inner_join"),
        *("choice", "c", "instant", "a", "join"),
        "z",
    ] == world.refs(started)


def test_3_5_many_choices_that_lead_nowhere_are_no_depth(world):
    nowhere = [
        task(
            "SWITCH",
            f"s{number}",
            evaluatorType="value-param",
            expression="on",
            inputParameters={"on": "nothing"},
            decisionCases={"case": [simple(f"never{number}")]},
        )
        for number in range(1_200)
    ]
    started = world.run([fork_join(nowhere, [simple("a")]), join_on("s1199", "a")])

    world.complete("a")

    assert "COMPLETED" == world.status(started)
