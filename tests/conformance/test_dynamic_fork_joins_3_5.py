"""FORK_JOIN_DYNAMIC, whatever its form: its JOIN and its surroundings (3.5)."""

import pytest

from world import simple, task

JOIN = task("JOIN", "join")
NOT_FOLLOWED = (
    "Dynamic join definition is not followed by a join task.  "
    "Check the workflow definition."
)


def _of_inputs(inputs="${workflow.input.list}", ref="fork", optional=False, **given):
    """Return a fork of form 1: one task or workflow over a list of inputs."""
    given = {"forkTaskInputs": inputs, **given}
    return task("FORK_JOIN_DYNAMIC", ref, inputParameters=given, optional=optional)


def _of_tasks(ref="fork"):
    """Return a fork of form 2: a list of tasks and a map of inputs."""
    return task(
        "FORK_JOIN_DYNAMIC",
        ref,
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters={
            "tasks": "${workflow.input.tasks}",
            "inputs": "${workflow.input.inputs}",
        },
    )


def _legacy():
    """Return a fork of form 3: a DynamicForkJoinTaskList."""
    return task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        dynamicForkJoinTasksParam="list",
        inputParameters={"list": "${workflow.input.list}"},
    )


EMPTY = {
    "form-1": (_of_inputs(forkTaskName="work"), {"list": []}),
    "form-2": (_of_tasks(), {"tasks": [], "inputs": {}}),
    "form-3": (_legacy(), {"list": {"dynamicTasks": []}}),
}


@pytest.mark.parametrize(("fork", "given"), EMPTY.values(), ids=EMPTY)
def test_3_5_an_empty_list_is_joined_at_once(world, fork, given):
    started = world.run([fork, JOIN, simple("after")], given)

    assert [
        ("fork", "COMPLETED"),
        ("join", "COMPLETED"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)
    assert {} == world.task(started, "join")["outputData"]


def test_3_5_form_1_goes_before_form_2(world):
    fork = _of_tasks()
    fork["inputParameters"] |= {"forkTaskInputs": [1], "forkTaskName": "work"}
    started = world.run([fork, JOIN])

    assert ["fork", "_work_0", "join"] == world.refs(started)


@pytest.mark.parametrize(
    "following", [[], [simple("after")]], ids=["end", "another-task"]
)
def test_3_5_a_dynamic_fork_that_no_join_follows_fails_the_workflow(world, following):
    fork = _of_inputs(forkTaskName="work")
    started = world.run([fork, *following], {"list": [1]})

    shown = world.workflow(started)
    assert ("FAILED", NOT_FOLLOWED) == (
        shown["status"],
        shown["reasonForIncompletion"],
    )


def test_3_5_the_join_keeps_its_own_input(world):
    join = task("JOIN", "join", inputParameters={"x": 1}, joinOn=["ignored"])
    started = world.run([_of_inputs(forkTaskName="work"), join], {"list": [1]})

    assert {"x": 1, "joinOn": ["_work_0"]} == world.input_of(started, "join")


def test_3_5_outputs_of_forked_tasks_can_be_referenced(world):
    fork = _of_inputs(forkTaskName="work")
    output = {"n": "${_work_1.output.n}", "all": "${join.output}"}
    started = world.run([fork, JOIN], {"list": [1, 2]}, outputParameters=output)

    world.complete("work", {"n": 1})
    world.complete("work", {"n": 2})

    assert {
        "n": 2,
        "all": {"_work_0": {"n": 1}, "_work_1": {"n": 2}},
    } == world.output(started)


def test_3_5_a_failed_branch_ends_the_workflow_at_once(world):
    world.register_task("work", retryCount=0)
    fork = _of_inputs(forkTaskName="work")
    started = world.run([fork, JOIN], {"list": [1, 2]})

    world.fail("work")

    assert "FAILED" == world.status(started)
    assert [
        ("fork", "COMPLETED"),
        ("_work_0", "FAILED"),
        ("_work_1", "CANCELED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)


def test_3_5_a_dynamic_fork_in_a_loop_forks_anew_each_time(world):
    fork = _of_inputs("${before.output.list}", forkTaskName="work")
    before = task(
        "INLINE",
        "before",
        inputParameters={
            "expression": "({list: $.n ? ['c'] : ['a', 'b']})",
            "n": "${loop.output.1.join}",
        },
    )
    fork["inputParameters"]["forkTaskInputs"] = "${before.output.result.list}"
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition="$.loop.iteration < 2",
        loopOver=[before, fork, JOIN],
    )
    started = world.run([loop, simple("after")])

    world.complete("work", {"n": 1})
    world.complete("work", {"n": 2})
    world.complete("work", {"n": 3})

    assert [
        "loop",
        "before__1",
        "fork__1",
        "_work_0__1",
        "_work_1__1",
        "join__1",
        "before__2",
        "fork__2",
        "_work_0__2",
        "join__2",
        "after",
    ] == world.refs(started)
    assert {"_work_0__2": {"n": 3}} == world.task(started, "join__2")["outputData"]


def test_3_5_a_dynamic_fork_in_a_loop_that_a_dynamic_fork_made(world):
    inner = _of_inputs("${workflow.input.list}", ref="inner", forkTaskName="work")
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition="$.loop.iteration < 2",
        loopOver=[inner, task("JOIN", "inner_join"), simple("last")],
    )
    given = {"tasks": [loop, simple("other")], "inputs": {}, "list": [1, 2]}
    started = world.run([_of_tasks(), JOIN, simple("after")], given)

    world.complete("other")
    for _ in range(2):
        world.complete("work")
        world.complete("work")
        assert "IN_PROGRESS" == world.task(started, "join")["status"]
        world.complete("last")

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]
    assert "_inner_work_1__2" in world.refs(started)


def test_3_5_a_dynamic_fork_in_a_branch_of_a_fork(world):
    branch = [_of_inputs(forkTaskName="work", ref="dynamic"), task("JOIN", "inner")]
    fork = task("FORK_JOIN", "fork", forkTasks=[branch, [simple("other")]])
    join = task("JOIN", "join", joinOn=["inner", "other"])
    started = world.run([fork, join], {"list": [1, 2]})

    for name in ("work", "other", "work"):
        assert "RUNNING" == world.status(started)
        world.complete(name, {"n": 1})

    assert "COMPLETED" == world.status(started)
    inner = {"_work_0": {"n": 1}, "_work_1": {"n": 1}}
    assert {"inner": inner, "other": {"n": 1}} == world.task(started, "join")[
        "outputData"
    ]


def test_3_5_workflows_of_a_list_may_have_domains_of_their_own(world):
    world.register("child", [simple("in_child")])
    fork = _of_inputs(forkTaskWorkflow="child")
    started = world.run([fork, JOIN], {"list": [{"taskToDomain": {"*": "d"}}]})

    assert "RUNNING" == world.status(started)
    assert world.poll("in_child", domain="d")


def test_3_5_a_thousand_branches(world):
    fork = _of_inputs(forkTaskName="work")
    started = world.run([fork, JOIN], {"list": list(range(1000))})

    tasks = world.poll("work", count=1000)
    assert 1000 == len(tasks)
    for one in tasks:
        world.report(one, output={"n": one["inputData"]["input"]})

    assert "COMPLETED" == world.status(started)
    output = world.output(started)
    assert 1000 == len(output)
    assert {"n": 999} == output["_work_999"]
