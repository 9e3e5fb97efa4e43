"""DO_WHILE: its iterations, its condition, its failures: reference 3.6."""

import pytest

from world import do_while, inline, simple, task

# --- numbering and output ------------------------------------------------------------


def test_3_6_iterations_are_numbered_from_one(world):
    started = world.run([do_while(simple("a"), simple("b")), simple("after")])

    for name in ("a", "b", "a", "b"):
        world.complete(name)

    assert [
        ("loop", "COMPLETED"),
        ("a__1", "COMPLETED"),
        ("b__1", "COMPLETED"),
        ("a__2", "COMPLETED"),
        ("b__2", "COMPLETED"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)
    numbers = [one["iteration"] for one in world.workflow(started)["tasks"]]
    assert [2, 1, 1, 2, 2, 0] == numbers
    assert world.task(started, "a__2")["loopOverTask"]
    assert world.task(started, "loop")["loopOverTask"]
    assert not world.task(started, "after")["loopOverTask"]


def test_3_6_the_loop_is_one_task_in_progress(world):
    started = world.run([do_while(simple("a"))])

    assert ("IN_PROGRESS", 1) == (
        world.task(started, "loop")["status"],
        world.task(started, "loop")["iteration"],
    )
    world.complete("a")
    assert 2 == world.task(started, "loop")["iteration"]
    assert "IN_PROGRESS" == world.status_of(started, "loop")


def test_3_6_output_has_every_iteration(world):
    started = world.run([do_while(simple("a"), simple("b"))])

    for number in (1, 2):
        world.complete("a", {"n": number})
        world.complete("b")

    assert {
        "1": {"a": {"n": 1}, "b": {}},
        "2": {"a": {"n": 2}, "b": {}},
        "iteration": 2,
    } == world.output_of(started, "loop")


def test_3_6_output_of_a_loop_can_be_referenced(world):
    after = simple(
        "after",
        inputParameters={
            "one": "${loop.output.1.a.n}",
            "last": "${a.output.n}",
            "count": "${loop.output.iteration}",
        },
    )
    started = world.run([do_while(simple("a")), after])

    world.complete("a", {"n": "x"})
    world.complete("a", {"n": "y"})

    assert {"one": "x", "last": "y", "count": 2} == world.task(started, "after")[
        "inputData"
    ]


def test_3_6_a_body_sees_its_own_iteration_and_the_one_before(world):
    body = [
        inline("n", "$.before === null ? 1 : $.before + 1", before="${n.output.r}"),
        simple("a", inputParameters={"i": "${loop.output.iteration}"}),
    ]
    body[0]["inputParameters"]["before"] = "${n.output.result}"
    started = world.run([do_while(*body)])

    world.complete("a")
    world.complete("a")

    assert [1, 2] == [
        world.task(started, f"n__{number}")["outputData"]["result"] for number in (1, 2)
    ]
    assert {"i": 2} == world.task(started, "a__2")["inputData"]


# --- condition -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "times"),
    [
        ("$.loop.iteration < 3", 3),
        ("$.loop['iteration'] < $.limit", 2),
        ("$.a.more", 1),
        ("$.a.n < 2", 2),
        ("$.loop['1'].a.n == 1 && $.loop.iteration < 2", 2),
        ("if ($.loop['iteration'] < 2) { true; } else { false; }", 2),
        ("(function () { return $.loop.iteration < 2 })()", 2),
        ("2 - $.loop.iteration", 2),
        ("false", 1),
        ("null", 1),
        ("'true'", 1),
        ("-1", 1),
        ("({})", 1),
    ],
)
def test_3_6_condition_decides_whether_it_goes_on(world, condition, times):
    loop = do_while(simple("a"), condition=condition, inputParameters={"limit": 2})
    started = world.run([loop])

    done = 0
    while tasks := world.poll("a"):
        done += 1
        assert done <= times
        world.report(tasks[0], output={"n": done})

    assert (times, "COMPLETED") == (done, world.status(started))


def test_3_6_condition_reads_the_input_anew_each_time(world):
    loop = do_while(
        simple("a"),
        condition="$.left > 0",
        inputParameters={"left": "${a.output.left}"},
    )
    started = world.run([loop])

    world.complete("a", {"left": 1})
    assert "IN_PROGRESS" == world.status_of(started, "loop")
    world.complete("a", {"left": 0})

    assert "COMPLETED" == world.status(started)


def test_3_6_condition_reads_tasks_inside_cases(world):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="c",
        inputParameters={"c": "x"},
        decisionCases={"x": [simple("deep")]},
    )
    started = world.run([do_while(choice, condition="$.deep.more")])

    world.complete("deep", {"more": True})
    world.complete("deep", {"more": False})

    assert "COMPLETED" == world.status(started)


def test_3_6_a_condition_that_fails_is_a_terminal_error(world):
    condition = "$.no.such.thing"
    started = world.run([do_while(simple("a"), condition=condition)])

    world.complete("a")

    loop = world.task(started, "loop")
    assert "FAILED_WITH_TERMINAL_ERROR" == loop["status"]
    assert loop["reasonForIncompletion"].startswith(
        f"Unable to evaluate condition {condition}, exception "
    )
    assert "FAILED" == world.status(started)


def test_3_6_condition_is_not_evaluated_before_the_iteration_is_over(world):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="c",
        inputParameters={"c": "x"},
        decisionCases={"x": [inline("quick", "1"), simple("slow")]},
    )
    body = [choice, simple("last")]
    started = world.run([do_while(*body, condition="$.last.more")])

    assert ["loop", "choice__1", "quick__1", "slow__1"] == world.refs(started)
    world.complete("slow")
    assert "IN_PROGRESS" == world.status_of(started, "loop")
    world.complete("last", {"more": False})

    assert "COMPLETED" == world.status_of(started, "loop")


# --- failures ------------------------------------------------------------------------


def test_3_6_a_failed_child_ends_the_workflow(world):
    world.register_task("a", retryCount=0)
    started = world.run([do_while(simple("a"))])

    world.fail("a")

    assert "FAILED" == world.status(started)
    assert [("loop", "CANCELED"), ("a__1", "FAILED")] == world.tasks(started)


def test_3_6_a_child_is_retried_within_its_iteration(world):
    world.register_task("a", retryCount=1, retryDelaySeconds=0)
    started = world.run([do_while(simple("a"))])

    world.complete("a", {"n": 1})
    world.fail("a")
    world.complete("a", {"n": 2})

    assert "COMPLETED" == world.status(started)
    assert ["loop", "a__1", "a__2", "a__2"] == world.refs(started)
    assert {
        "1": {"a": {"n": 1}},
        "2": {"a": {"n": 2}},
        "iteration": 2,
    } == world.output_of(started, "loop")


def test_3_6_every_iteration_has_its_own_retries(world):
    world.register_task("a", retryCount=1, retryDelaySeconds=0)
    started = world.run([do_while(simple("a"))])

    for _ in range(2):
        world.fail("a")
        world.complete("a")

    assert "COMPLETED" == world.status(started)
    counts = [one["retryCount"] for one in world.workflow(started)["tasks"]]
    assert [0, 0, 1, 0, 1] == counts


def test_3_6_a_permissive_child_that_failed_fails_the_loop(world):
    world.register_task("a", retryCount=0)
    world.register_task("loop", retryCount=3, retryDelaySeconds=0)
    started = world.run([do_while(simple("a", permissive=True), simple("b"))])

    world.fail("a", "no luck")
    world.complete("b")

    loop = world.task(started, "loop")
    assert ("FAILED", "no luck") == (loop["status"], loop["reasonForIncompletion"])
    assert "FAILED" == world.status(started)
    assert 1 == world.refs(started).count("loop")


def test_3_6_an_optional_child_that_failed_does_not_fail_the_loop(world):
    world.register_task("a", retryCount=0)
    started = world.run([do_while(simple("a", optional=True))])

    world.fail("a")
    world.fail("a")

    assert "COMPLETED" == world.status_of(started, "loop")
    assert "COMPLETED" == world.status(started)


def test_3_6_an_optional_loop_that_failed_lets_the_flow_go_on(world):
    world.register_task("a", retryCount=0)
    loop = do_while(simple("a", permissive=True), optional=True)
    started = world.run([loop, simple("after")])

    world.fail("a")

    assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "loop")
    assert "SCHEDULED" == world.status_of(started, "after")
