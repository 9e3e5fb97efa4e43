"""What may stand in the body of a DO_WHILE: reference 3.6."""

from world import MINUTE, do_while, inline, simple, task


def test_3_6_a_loop_in_a_loop(world):
    inner = do_while(simple("a"), ref="inner", condition="$.inner.iteration < 2")
    started = world.run([do_while(inner, simple("b")), simple("after")])

    for number, name in enumerate(("a", "a", "b", "a", "a", "b")):
        world.complete(name, {"n": number})

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]
    inner_outputs = [
        {"1": {"a": {"n": first}}, "2": {"a": {"n": first + 1}}, "iteration": 2}
        for first in (0, 3)
    ]
    assert inner_outputs == [
        world.output_of(started, f"inner__{number}") for number in (1, 2)
    ]
    assert {
        "1": {"inner": inner_outputs[0], "b": {"n": 2}},
        "2": {"inner": inner_outputs[1], "b": {"n": 5}},
        "iteration": 2,
    } == world.output_of(started, "loop")


def test_3_6_a_loop_in_a_loop_starts_anew_each_time(world):
    inner = do_while(inline("a", "1"), ref="inner", condition="$.inner.iteration < 3")
    started = world.run([do_while(inner)])

    assert "COMPLETED" == world.status(started)
    refs = world.refs(started)
    assert 6 == sum(ref.startswith("a__") for ref in refs)
    assert len(set(refs)) == len(refs)


def test_3_6_a_loop_followed_by_a_task_within_a_loop(world):
    inner = do_while(inline("a", "1"), ref="inner", condition="false")
    started = world.run([do_while(inner, simple("sibling")), simple("after")])

    world.complete("sibling")
    world.complete("sibling")

    assert "SCHEDULED" == world.status_of(started, "after")


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
    loop = do_while(_case(simple("odd")), simple("a"), condition="$.loop.iteration < 3")
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
    ] == world.refs(started)


def test_3_6_output_of_an_iteration_has_what_ran_in_it(world):
    loop = do_while(_case(simple("odd")), condition="$.loop.iteration < 2")
    started = world.run([loop])

    world.complete("odd", {"x": 1})

    output = world.output_of(started, "loop")
    assert {"choice", "odd"} == set(output["1"])
    assert {"choice"} == set(output["2"])


def test_3_6_a_switch_as_the_last_of_a_body(world):
    loop = do_while(simple("a"), _case(simple("odd")), condition="$.loop.iteration < 2")
    started = world.run([loop, simple("after")])

    for name in ("a", "odd", "a"):
        world.complete(name)

    assert "SCHEDULED" == world.status_of(started, "after")


def test_3_6_a_fork_in_a_loop(world):
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple("a")], [simple("b")]])
    join = task("JOIN", "join", joinOn=["a", "b"])
    started = world.run([do_while(fork, join, simple("c")), simple("after")])

    for name in ("a", "b", "c", "b", "a", "c"):
        world.complete(name)

    assert "SCHEDULED" == world.status_of(started, "after")


def test_3_6_a_loop_as_a_branch_of_a_fork(world):
    fork = task("FORK_JOIN", "fork", forkTasks=[[do_while(simple("a"))], [simple("b")]])
    join = task("JOIN", "join", joinOn=["loop", "b"])
    started = world.run([fork, join])

    for name in ("a", "b"):
        world.complete(name, {"n": name})
    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("a", {"n": "a2"})

    assert "COMPLETED" == world.status(started)
    assert {
        "loop": {"1": {"a": {"n": "a"}}, "2": {"a": {"n": "a2"}}, "iteration": 2},
        "b": {"n": "b"},
    } == world.output_of(started, "join")


def test_3_6_a_sub_workflow_in_a_loop_is_a_child_for_each_iteration(world):
    world.register("child", [simple("in_child")])
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    started = world.run([do_while(sub)])

    world.complete("in_child")
    world.complete("in_child")

    assert "COMPLETED" == world.status(started)
    children = {
        world.task(started, f"sub__{number}")["subWorkflowId"] for number in (1, 2)
    }
    assert 2 == len(children)


def test_3_6_a_wait_in_a_loop(world):
    wait = task("WAIT", "wait", inputParameters={"duration": "10 minutes"})
    started = world.run([do_while(wait, condition="$.loop.iteration < 3")])

    world.advance(30 * MINUTE - 1)
    assert "IN_PROGRESS" == world.status_of(started, "wait__3")
    world.advance(1)

    assert "COMPLETED" == world.status(started)


def test_3_6_terminate_in_a_loop_ends_the_workflow(world):
    stop = task("TERMINATE", "stop", inputParameters={"terminationStatus": "COMPLETED"})
    started = world.run([do_while(simple("a"), stop), simple("never")])

    world.complete("a")

    assert "COMPLETED" == world.status(started)
    assert "CANCELED" == world.status_of(started, "loop")
    assert "never" not in dict(world.tasks(started))


def test_3_6_variables_count_along(world):
    body = [
        inline("next", "$.n + 1", n="${workflow.variables.n}"),
        task("SET_VARIABLE", "set", inputParameters={"n": "${next.output.result}"}),
    ]
    loop = do_while(*body, condition="$.n < 5")
    loop["inputParameters"] = {"n": "${workflow.variables.n}"}
    started = world.run([loop], variables={"n": 0})

    assert "COMPLETED" == world.status(started)
    assert {"n": 5} == world.workflow(started)["variables"]


# --- at length -----------------------------------------------------------------------


def test_3_6_five_hundred_iterations_are_one_decision(world):
    loop = do_while(
        inline("a", "$.n * 2", n="${loop.output.iteration}"),
        condition="$.loop.iteration < 500",
    )
    started = world.run([loop])

    assert "COMPLETED" == world.status(started)
    output = world.output_of(started, "loop")
    assert 501 == len(output)
    assert {"a": {"result": 1000}} == output["500"]


def test_3_6_a_long_loop_with_large_outputs_exceeds_no_entry(world):
    loop = do_while(
        inline("a", "$.text.repeat(500)", text="0123456789" * 2),
        condition="$.loop.iteration < 300",
    )
    started = world.run([loop, simple("after")])

    assert "SCHEDULED" == world.status_of(started, "after")
    world.complete("after")
    assert "COMPLETED" == world.status(started)
    assert 10_000 == len(world.output_of(started, "loop")["300"]["a"]["result"])


def test_3_6_two_hundred_iterations_of_a_worker(world):
    started = world.run([do_while(simple("a"), condition="$.a.n < 200")])

    for number in range(1, 201):
        world.complete("a", {"n": number})

    assert "COMPLETED" == world.status(started)
    assert 200 == world.output_of(started, "loop")["iteration"]
