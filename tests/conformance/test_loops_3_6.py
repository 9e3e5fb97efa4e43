"""DO_WHILE: reference 3.6."""

import pytest

from world import MINUTE, simple, task


def _loop(*body, condition="$.loop.iteration < 2", ref="loop", **fields):
    return task("DO_WHILE", ref, loopCondition=condition, loopOver=list(body), **fields)


def _inline(ref, expression, **inputs):
    return task("INLINE", ref, inputParameters={"expression": expression, **inputs})


def _refs(world, workflow):
    return [ref for ref, _ in world.tasks(workflow)]


def _status_of(world, workflow, ref):
    return dict(world.tasks(workflow))[ref]


def _output(world, workflow, ref="loop"):
    return world.task(workflow, ref)["outputData"]


# --- numbering and output ----------------------------------------------------------


def test_3_6_iterations_are_numbered_from_one(world):
    started = world.run([_loop(simple("a"), simple("b")), simple("after")])

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
    assert not world.task(started, "after")["loopOverTask"]


def test_3_6_the_loop_is_one_task_in_progress(world):
    started = world.run([_loop(simple("a"))])

    assert ("IN_PROGRESS", 1) == (
        world.task(started, "loop")["status"],
        world.task(started, "loop")["iteration"],
    )
    world.complete("a")
    assert 2 == world.task(started, "loop")["iteration"]
    assert "IN_PROGRESS" == _status_of(world, started, "loop")


def test_3_6_output_has_every_iteration(world):
    started = world.run([_loop(simple("a"), simple("b"))])

    for number in (1, 2):
        world.complete("a", {"n": number})
        world.complete("b")

    assert {
        "1": {"a": {"n": 1}, "b": {}},
        "2": {"a": {"n": 2}, "b": {}},
        "iteration": 2,
    } == _output(world, started)


def test_3_6_output_of_a_loop_can_be_referenced(world):
    after = simple(
        "after",
        inputParameters={
            "one": "${loop.output.1.a.n}",
            "last": "${a.output.n}",
            "count": "${loop.output.iteration}",
        },
    )
    started = world.run([_loop(simple("a")), after])

    world.complete("a", {"n": "x"})
    world.complete("a", {"n": "y"})

    assert {"one": "x", "last": "y", "count": 2} == world.task(started, "after")[
        "inputData"
    ]


def test_3_6_a_body_sees_its_own_iteration_and_the_one_before(world):
    body = [
        _inline("n", "$.before === null ? 1 : $.before + 1", before="${n.output.r}"),
        simple("a", inputParameters={"i": "${loop.output.iteration}"}),
    ]
    body[0]["inputParameters"]["before"] = "${n.output.result}"
    started = world.run([_loop(*body)])

    world.complete("a")
    world.complete("a")

    assert [1, 2] == [
        world.task(started, f"n__{number}")["outputData"]["result"] for number in (1, 2)
    ]
    assert {"i": 2} == world.task(started, "a__2")["inputData"]


# --- condition ---------------------------------------------------------------------


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
    loop = _loop(simple("a"), condition=condition, inputParameters={"limit": 2})
    started = world.run([loop])

    done = 0
    while tasks := world.poll("a"):
        done += 1
        assert done <= times
        world.report(tasks[0], output={"n": done})

    assert (times, "COMPLETED") == (done, world.status(started))


def test_3_6_condition_reads_the_input_anew_each_time(world):
    loop = _loop(
        simple("a"),
        condition="$.left > 0",
        inputParameters={"left": "${a.output.left}"},
    )
    started = world.run([loop])

    world.complete("a", {"left": 1})
    assert "IN_PROGRESS" == _status_of(world, started, "loop")
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
    started = world.run([_loop(choice, condition="$.deep.more")])

    world.complete("deep", {"more": True})
    world.complete("deep", {"more": False})

    assert "COMPLETED" == world.status(started)


def test_3_6_a_condition_that_fails_is_a_terminal_error(world):
    condition = "$.no.such.thing"
    started = world.run([_loop(simple("a"), condition=condition)])

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
        decisionCases={"x": [_inline("quick", "1"), simple("slow")]},
    )
    body = [choice, simple("last")]
    started = world.run([_loop(*body, condition="$.last.more")])

    assert ["loop", "choice__1", "quick__1", "slow__1"] == _refs(world, started)
    world.complete("slow")
    assert "IN_PROGRESS" == _status_of(world, started, "loop")
    world.complete("last", {"more": False})

    assert "COMPLETED" == _status_of(world, started, "loop")


# --- items -------------------------------------------------------------------------


def _over(items, *body, condition="true", **fields):
    return _loop(*body, condition=condition, items=items, **fields)


def test_3_6_items_are_gone_over_one_by_one(world):
    body = simple(
        "a",
        inputParameters={
            "item": "${loop.output.loopItem}",
            "index": "${loop.output.loopIndex}",
        },
    )
    started = world.run([_over("${workflow.input.list}", body)], {"list": ["x", "y"]})

    assert {"item": "x", "index": 0} == world.complete("a")["inputData"]
    assert {"item": "y", "index": 1} == world.complete("a")["inputData"]

    assert "COMPLETED" == world.status(started)
    output = _output(world, started)
    assert (2, 1, "y") == (
        output["iteration"],
        output["loopIndex"],
        output["loopItem"],
    )


def test_3_6_items_may_be_an_input(world):
    loop = _loop(
        simple("a"),
        condition="true",
        inputParameters={"_items": "${workflow.input.list}"},
    )
    started = world.run([loop], {"list": [1, 2, 3]})

    for _ in range(3):
        world.complete("a")

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("items", [[], None])
def test_3_6_no_items_complete_the_loop_at_once(world, items):
    loop = _over("${workflow.input.list}", simple("a"))
    started = world.run([loop, simple("after")], {"list": items})

    assert [("loop", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert {"iteration": 0} == _output(world, started)


def test_3_6_a_single_item_is_a_list_of_one(world):
    started = world.run([_over("${workflow.input.list}", simple("a"))], {"list": 5})

    world.complete("a")

    assert "COMPLETED" == world.status(started)
    assert 5 == _output(world, started)["loopItem"]


def test_3_6_condition_may_end_the_items_early(world):
    condition = "$.loopItem != 'stop' && $.loopIndex < 9"
    loop = _over("${workflow.input.list}", simple("a"), condition=condition)
    started = world.run([loop], {"list": ["go", "stop", "never"]})

    world.complete("a")
    world.complete("a")

    assert "COMPLETED" == world.status(started)
    assert 2 == _output(world, started)["iteration"]


def test_3_6_large_items_do_not_get_lost(world):
    body = simple("a", inputParameters={"item": "${loop.output.loopItem}"})
    large = ["x" * 5000, "y" * 5000]
    started = world.run([_over("${workflow.input.list}", body)], {"list": large})

    assert large[0] == world.complete("a")["inputData"]["item"]
    assert large[1] == world.complete("a")["inputData"]["item"]

    assert "COMPLETED" == world.status(started)
    assert large[1] == _output(world, started)["loopItem"]


# --- keepLastN ---------------------------------------------------------------------


def test_3_6_keep_last_n_drops_old_iterations(world):
    loop = _loop(
        simple("a"),
        condition="$.loop.iteration < 4",
        inputParameters={"keepLastN": 2},
    )
    started = world.run([loop])

    for number in range(1, 5):
        world.complete("a", {"n": number})

    assert "COMPLETED" == world.status(started)
    assert {
        "3": {"a": {"n": 3}},
        "4": {"a": {"n": 4}},
        "iteration": 4,
    } == _output(world, started)
    assert ["loop", "a__3", "a__4"] == _refs(world, started)


def test_3_6_keep_last_n_drops_what_lies_in_an_inner_loop_as_well(world):
    inner = _loop(_inline("a", "1"), ref="inner", condition="$.inner.iteration < 2")
    loop = _loop(inner, inputParameters={"keepLastN": 1})
    started = world.run([loop])

    assert ["loop", "inner__2", "a__2__1", "a__2__2"] == _refs(world, started)


# --- failures ----------------------------------------------------------------------


def test_3_6_a_failed_child_ends_the_workflow(world):
    world.register_task("a", retryCount=0)
    started = world.run([_loop(simple("a"))])

    world.fail("a")

    assert "FAILED" == world.status(started)
    assert [("loop", "CANCELED"), ("a__1", "FAILED")] == world.tasks(started)


def test_3_6_a_child_is_retried_within_its_iteration(world):
    world.register_task("a", retryCount=1, retryDelaySeconds=0)
    started = world.run([_loop(simple("a"))])

    world.complete("a", {"n": 1})
    world.fail("a")
    world.complete("a", {"n": 2})

    assert "COMPLETED" == world.status(started)
    assert ["loop", "a__1", "a__2", "a__2"] == _refs(world, started)
    assert {"1": {"a": {"n": 1}}, "2": {"a": {"n": 2}}, "iteration": 2} == _output(
        world, started
    )


def test_3_6_every_iteration_has_its_own_retries(world):
    world.register_task("a", retryCount=1, retryDelaySeconds=0)
    started = world.run([_loop(simple("a"))])

    for _ in range(2):
        world.fail("a")
        world.complete("a")

    assert "COMPLETED" == world.status(started)
    counts = [one["retryCount"] for one in world.workflow(started)["tasks"]]
    assert [0, 0, 1, 0, 1] == counts


def test_3_6_a_permissive_child_that_failed_fails_the_loop(world):
    world.register_task("a", retryCount=0)
    world.register_task("loop", retryCount=3, retryDelaySeconds=0)
    started = world.run([_loop(simple("a", permissive=True), simple("b"))])

    world.fail("a", "no luck")
    world.complete("b")

    loop = world.task(started, "loop")
    assert ("FAILED", "no luck") == (loop["status"], loop["reasonForIncompletion"])
    assert "FAILED" == world.status(started)
    assert 1 == _refs(world, started).count("loop")


def test_3_6_an_optional_child_that_failed_does_not_fail_the_loop(world):
    world.register_task("a", retryCount=0)
    started = world.run([_loop(simple("a", optional=True))])

    world.fail("a")
    world.fail("a")

    assert "COMPLETED" == _status_of(world, started, "loop")
    assert "COMPLETED" == world.status(started)


def test_3_6_an_optional_loop_that_failed_lets_the_flow_go_on(world):
    world.register_task("a", retryCount=0)
    loop = _loop(simple("a", permissive=True), optional=True)
    started = world.run([loop, simple("after")])

    world.fail("a")

    assert "COMPLETED_WITH_ERRORS" == _status_of(world, started, "loop")
    assert "SCHEDULED" == _status_of(world, started, "after")


# --- what may stand inside ---------------------------------------------------------


def test_3_6_a_loop_in_a_loop(world):
    inner = _loop(simple("a"), ref="inner", condition="$.inner.iteration < 2")
    started = world.run([_loop(inner, simple("b")), simple("after")])

    for number, name in enumerate(("a", "a", "b", "a", "a", "b")):
        world.complete(name, {"n": number})

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]
    inner_outputs = [
        {"1": {"a": {"n": first}}, "2": {"a": {"n": first + 1}}, "iteration": 2}
        for first in (0, 3)
    ]
    assert inner_outputs == [
        _output(world, started, f"inner__{number}") for number in (1, 2)
    ]
    assert {
        "1": {"inner": inner_outputs[0], "b": {"n": 2}},
        "2": {"inner": inner_outputs[1], "b": {"n": 5}},
        "iteration": 2,
    } == _output(world, started)


def test_3_6_a_loop_in_a_loop_starts_anew_each_time(world):
    inner = _loop(_inline("a", "1"), ref="inner", condition="$.inner.iteration < 3")
    started = world.run([_loop(inner)])

    assert "COMPLETED" == world.status(started)
    refs = _refs(world, started)
    assert 6 == sum(ref.startswith("a__") for ref in refs)
    assert len(set(refs)) == len(refs)


def test_3_6_a_loop_followed_by_a_task_within_a_loop(world):
    inner = _loop(_inline("a", "1"), ref="inner", condition="false")
    started = world.run([_loop(inner, simple("sibling")), simple("after")])

    world.complete("sibling")
    world.complete("sibling")

    assert "SCHEDULED" == _status_of(world, started, "after")


def _case(*tasks):
    return task(
        "SWITCH",
        "choice",
        evaluatorType="javascript",
        expression="$.n % 2 ? 'odd' : 'even'",
        inputParameters={"n": "${loop.output.iteration}"},
        decisionCases={"odd": list(tasks), "even": []},
    )


def test_3_6_a_switch_in_a_loop_chooses_anew_each_time(world):
    loop = _loop(_case(simple("odd")), simple("a"), condition="$.loop.iteration < 3")
    started = world.run([loop])

    for name in ("odd", "a", "a", "odd", "a"):
        world.complete(name)

    assert "COMPLETED" == world.status(started)
    assert [
        "loop",
        "choice__1",
        "odd__1",
        "a__1",
        "choice__2",
        "a__2",
        "choice__3",
        "odd__3",
        "a__3",
    ] == _refs(world, started)


def test_3_6_output_of_an_iteration_has_what_ran_in_it(world):
    loop = _loop(_case(simple("odd")), condition="$.loop.iteration < 2")
    started = world.run([loop])

    world.complete("odd", {"x": 1})

    output = _output(world, started)
    assert {"choice", "odd"} == set(output["1"])
    assert {"choice"} == set(output["2"])


def test_3_6_a_switch_as_the_last_of_a_body(world):
    loop = _loop(simple("a"), _case(simple("odd")), condition="$.loop.iteration < 2")
    started = world.run([loop, simple("after")])

    for name in ("a", "odd", "a"):
        world.complete(name)

    assert "SCHEDULED" == _status_of(world, started, "after")


def test_3_6_a_fork_in_a_loop(world):
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple("a")], [simple("b")]])
    join = task("JOIN", "join", joinOn=["a", "b"])
    started = world.run([_loop(fork, join, simple("c")), simple("after")])

    for name in ("a", "b", "c", "b", "a", "c"):
        world.complete(name)

    assert "SCHEDULED" == _status_of(world, started, "after")


def test_3_6_a_loop_as_a_branch_of_a_fork(world):
    fork = task("FORK_JOIN", "fork", forkTasks=[[_loop(simple("a"))], [simple("b")]])
    join = task("JOIN", "join", joinOn=["loop", "b"])
    started = world.run([fork, join])

    for name in ("a", "b"):
        world.complete(name, {"n": name})
    assert "IN_PROGRESS" == _status_of(world, started, "join")
    world.complete("a", {"n": "a2"})

    assert "COMPLETED" == world.status(started)
    assert {
        "loop": {"1": {"a": {"n": "a"}}, "2": {"a": {"n": "a2"}}, "iteration": 2},
        "b": {"n": "b"},
    } == _output(world, started, "join")


def test_3_6_a_sub_workflow_in_a_loop_is_a_child_for_each_iteration(world):
    world.register("child", [simple("in_child")])
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([_loop(sub)])

    world.complete("in_child")
    world.complete("in_child")

    assert "COMPLETED" == world.status(started)
    children = {
        world.task(started, f"sub__{number}")["subWorkflowId"] for number in (1, 2)
    }
    assert 2 == len(children)


def test_3_6_a_wait_in_a_loop(world):
    wait = task("WAIT", "wait", inputParameters={"duration": "10 minutes"})
    started = world.run([_loop(wait, condition="$.loop.iteration < 3")])

    world.advance(30 * MINUTE - 1)
    assert "IN_PROGRESS" == _status_of(world, started, "wait__3")
    world.advance(1)

    assert "COMPLETED" == world.status(started)


def test_3_6_terminate_in_a_loop_ends_the_workflow(world):
    stop = task("TERMINATE", "stop", inputParameters={"terminationStatus": "COMPLETED"})
    started = world.run([_loop(simple("a"), stop), simple("never")])

    world.complete("a")

    assert "COMPLETED" == world.status(started)
    assert "CANCELED" == _status_of(world, started, "loop")
    assert "never" not in dict(world.tasks(started))


def test_3_6_variables_count_along(world):
    body = [
        _inline("next", "$.n + 1", n="${workflow.variables.n}"),
        task("SET_VARIABLE", "set", inputParameters={"n": "${next.output.result}"}),
    ]
    loop = _loop(*body, condition="$.n < 5")
    loop["inputParameters"] = {"n": "${workflow.variables.n}"}
    started = world.run([loop], variables={"n": 0})

    assert "COMPLETED" == world.status(started)
    assert {"n": 5} == world.workflow(started)["variables"]


# --- at length ---------------------------------------------------------------------


def test_3_6_five_hundred_iterations_are_one_decision(world):
    loop = _loop(
        _inline("a", "$.n * 2", n="${loop.output.iteration}"),
        condition="$.loop.iteration < 500",
    )
    started = world.run([loop])

    assert "COMPLETED" == world.status(started)
    output = _output(world, started)
    assert 501 == len(output)
    assert {"a": {"result": 1000}} == output["500"]


def test_3_6_a_long_loop_with_large_outputs_exceeds_no_entry(world):
    loop = _loop(
        _inline("a", "$.text.repeat(500)", text="0123456789" * 2),
        condition="$.loop.iteration < 300",
    )
    started = world.run([loop, simple("after")])

    assert "SCHEDULED" == _status_of(world, started, "after")
    world.complete("after")
    assert "COMPLETED" == world.status(started)
    assert 10_000 == len(_output(world, started)["300"]["a"]["result"])


def test_3_6_two_hundred_iterations_of_a_worker(world):
    started = world.run([_loop(simple("a"), condition="$.a.n < 200")])

    for number in range(1, 201):
        world.complete("a", {"n": number})

    assert "COMPLETED" == world.status(started)
    assert 200 == _output(world, started)["iteration"]
