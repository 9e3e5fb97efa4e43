"""Flows that Conductor's own suite goes through from end to end: reference 9.2.

What each of their steps does is held to elsewhere, by the rule that it follows.
"""

import pytest

from flows import below, choice, sub
from world import do_while, fork_join, inline, join_on, simple, task

# --- branching -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["SWITCH", "DECISION"])
def test_9_2_a_case_that_leads_to_a_fork(world, kind):
    forked = [
        fork_join([simple("a"), simple("b")], [simple("c")]),
        join_on("b", "c"),
        simple("after"),
    ]
    decision = choice(kind, "${first.output.case}", forks=forked)
    started = world.run([simple("first"), decision, simple("last")])

    world.complete("first", {"case": "forks"})
    for name in ("a", "c", "b", "after", "last"):
        assert "RUNNING" == world.status(started)
        world.complete(name)

    assert "COMPLETED" == world.status(started)
    refs = ["first", "choice", "fork", "a", "c", "join", "b", "after", "last"]
    assert refs == world.refs(started)


@pytest.mark.parametrize("kind", ["SWITCH", "DECISION"])
@pytest.mark.parametrize(
    ("case", "taken"),
    [("nested", ["inner", "x"]), ("three", ["y"]), ("other", ["z"]), ("", ["z"])],
)
def test_9_2_a_nested_case_another_one_and_the_default(world, kind, case, taken):
    inner = choice(kind, "${workflow.input.inner}", one=[simple("x")])
    inner = {**inner, "taskReferenceName": "inner"}
    decision = choice(
        kind, "${workflow.input.case}", nested=[inner], three=[simple("y")]
    )
    decision["defaultCase"] = [simple("z")]
    started = world.run([decision, simple("last")], {"case": case, "inner": "one"})

    world.complete(taken[-1])
    world.complete("last")

    assert ["choice", *taken, "last"] == world.refs(started)
    assert "COMPLETED" == world.status(started)


# --- loops ---------------------------------------------------------------------------


def test_9_2_one_loop_after_another(world):
    first = do_while(simple("a"), inline("b", "$.n * 2", n="${a.output.n}"))
    inner = [fork_join([simple("c")], [simple("d")]), join_on("c", "d")]
    second = do_while(*inner, condition="$.second.iteration < 3", ref="second")
    result = {"first": "${loop.output.2.b.result}", "second": "${second.output.3}"}
    started = world.run([first, second], outputParameters=result)

    for number in (1, 2):
        world.complete("a", {"n": number})
    for number in (1, 2, 3):
        world.complete("d", {"d": number})
        world.complete("c", {"c": number})

    assert "COMPLETED" == world.status(started)
    output = world.output(started)
    assert 4 == output["first"]
    assert ({"c": 3}, {"d": 3}) == (output["second"]["c"], output["second"]["d"])
    assert [2, 3] == [
        world.task(started, ref)["iteration"] for ref in ("loop", "second")
    ]


def test_9_2_a_definition_from_an_expression_with_a_loop_a_case_and_a_script(world):
    """An expression: the definition is what a task before it has answered."""
    decision = choice("SWITCH", "${step.output.result}", odd=[simple("odd")])
    step = inline("step", "$.i % 2 == 1 ? 'odd' : 'even'", i="${loop.output.iteration}")
    loop = do_while(step, decision, condition="$.loop.iteration < 3")
    inside = {"name": "made", "version": 1, "tasks": [loop, simple("end")]}
    param = {"name": "made", "workflowDefinition": "${plan.output.definition}"}
    made = task("SUB_WORKFLOW", "sub", subWorkflowParam=param)
    started = world.run([simple("plan"), made])

    world.complete("plan", {"definition": inside})
    for name in ("odd", "odd", "end"):
        world.complete(name)

    assert "COMPLETED" == world.status(started)
    refs = world.refs(below(world, started, "sub"))
    assert ["odd__1", "odd__3"] == [ref for ref in refs if ref.startswith("odd")]


# --- joins ---------------------------------------------------------------------------


def dynamic(**fields):
    return task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        inputParameters={
            "tasks": "${first.output.tasks}",
            "inputs": "${first.output.inputs}",
        },
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        **fields,
    )


def test_9_2_branches_of_a_dynamic_fork_that_answer_nothing(world):
    started = world.run(
        [simple("first"), dynamic(), task("JOIN", "join"), simple("last")]
    )
    world.complete("first", {"tasks": [simple("a"), simple("b")], "inputs": {}})

    world.complete("a", {})
    world.complete("b", {})

    assert ("COMPLETED", {}) == (
        world.status_of(started, "join"),
        world.output_of(started, "join"),
    )
    world.complete("last")
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("resume", [True, False])
def test_9_2_a_dynamic_fork_whose_child_failed_is_tried_again(world, resume):
    for name in ("inside", "after_it"):
        world.register_task(name, retryCount=0)
    world.register("child", [simple("inside"), simple("after_it")])
    started = world.run(
        [simple("first"), dynamic(), task("JOIN", "join"), simple("last")]
    )
    world.complete("first", {"tasks": [simple("a"), sub("sub")], "inputs": {}})
    world.complete("a")
    world.complete("inside")
    child = below(world, started, "sub")
    world.fail("after_it")
    assert ("FAILED", "FAILED") == (world.status(child), world.status(started))

    world.podium.recovery.retry(started, resume=resume)
    world.settle()

    assert resume == (child == below(world, started, "sub"))
    if not resume:
        world.complete("inside")
    world.complete("after_it")
    world.complete("last")
    assert "COMPLETED" == world.status(started)
    assert ["a"] == [ref for ref in world.refs(started) if ref == "a"]


def test_9_2_permissive_children_that_a_user_terminates(world):
    world.register("child", [simple("inside")])
    branches = [[sub(ref, permissive=True)] for ref in ("one", "two")]
    started = world.run([fork_join(*branches), join_on("one", "two")])

    for ref in ("one", "two"):
        child = below(world, started, ref)
        world.podium.workflows.terminate(child, "terminated by the user")
        world.settle()

    assert [
        ("fork", "COMPLETED"),
        ("one", "CANCELED"),
        ("two", "CANCELED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)
    assert "TERMINATED" == world.status(started)


def test_9_2_children_with_optional_tasks_in_a_fork(world):
    world.register_task("may_fail", retryCount=0)
    world.register("child", [simple("may_fail", optional=True), simple("inside")])
    branches = [[sub(ref)] for ref in ("one", "two")]
    started = world.run([fork_join(*branches), join_on("one", "two")])

    for _ in branches:
        world.fail("may_fail")
    for _ in branches:
        world.complete("inside")

    assert "COMPLETED" == world.status(started)
    for ref in ("one", "two"):
        tasks = world.tasks(below(world, started, ref))
        assert [("may_fail", "COMPLETED_WITH_ERRORS"), ("inside", "COMPLETED")] == tasks


def test_9_2_a_child_is_tried_again_by_the_definition_of_its_task(world):
    world.register_task("launch", retryCount=1, retryDelaySeconds=0)
    world.register_task("inside", retryCount=0)
    world.register("child", [simple("inside")])
    child = {**sub("sub"), "name": "launch"}
    started = world.run([fork_join([child], [simple("b")]), join_on("sub", "b")])
    first = below(world, started, "sub")

    world.fail("inside")
    world.complete("inside")
    world.complete("b")

    assert "COMPLETED" == world.status(started)
    assert ["FAILED", "COMPLETED"] == [
        status for ref, status in world.tasks(started) if ref == "sub"
    ]
    assert first != below(world, started, "sub")


def nested(world):
    """Start a fork with a fork and a child in it, of which the child has failed."""
    world.register_task("inside", retryCount=0)
    world.register("child", [simple("inside")])
    deep = [fork_join([sub("sub")], [simple("b")], ref="inner")]
    deep.append(join_on("sub", "b", ref="inner_join"))
    outer = fork_join([simple("a")], deep)
    started = world.run([outer, join_on("a", "inner_join"), simple("last")])
    world.complete("a")
    world.complete("b")
    child = below(world, started, "sub")
    world.fail("inside")
    assert ("FAILED", "FAILED") == (world.status(child), world.status(started))
    return started, child


@pytest.mark.parametrize(
    "how",
    [
        ("child", "restart"),
        ("child", "retry"),
        ("parent", "restart"),
        ("parent", "retry"),
        ("parent", "resume"),
    ],
    ids="-".join,
)
def test_9_2_a_child_in_a_fork_within_a_fork_is_brought_back(world, how):
    started, child = nested(world)
    who, operation = how
    target = child if who == "child" else started
    recovery = world.podium.recovery
    if operation == "restart":
        recovery.restart(target)
    else:
        recovery.retry(target, resume=operation == "resume")
    world.settle()

    assert "RUNNING" == world.status(started)
    if how == ("parent", "restart"):
        world.complete("a")
        world.complete("b")
    world.complete("inside")
    assert [] == world.poll("a")
    world.complete("last")

    assert "COMPLETED" == world.status(started)
    is_same = who == "child" or operation == "resume"
    assert is_same == (child == below(world, started, "sub"))
