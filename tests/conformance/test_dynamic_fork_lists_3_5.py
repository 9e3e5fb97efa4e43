"""FORK_JOIN_DYNAMIC over a list of tasks, in both forms: reference 3.5."""

import pytest

from world import simple, task

JOIN = task("JOIN", "join")


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


# --- form 2 --------------------------------------------------------------------------


def test_3_5_a_list_of_tasks_with_a_map_of_inputs(world):
    given = {
        "tasks": [
            simple("one", "work", inputParameters={"own": 1, "x": 0}),
            simple("two", "work"),
            task("NOOP", "three"),
        ],
        "inputs": {"one": {"x": 2}, "three": {"y": 3}},
    }
    started = world.run([_of_tasks(), JOIN, simple("after")], given)

    assert {"own": 1, "x": 2} == world.input_of(started, "one")
    assert {} == world.input_of(started, "two")
    assert {"y": 3} == world.input_of(started, "three")
    world.complete("work", {"a": 1})
    world.complete("work")
    assert {"one": {"a": 1}} == world.task(started, "join")["outputData"]
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_5_expressions_in_given_inputs_are_resolved(world):
    script = (
        "({tasks: [{name: 'work', taskReferenceName: 'one'}],"
        " inputs: {one: {task: '$' + '{CPEWF_TASK_ID}', x: '$' + '{workflow.input.x}'}}"
        "})"
    )
    first = task("INLINE", "made", inputParameters={"expression": script})
    fork = _of_tasks()
    fork["inputParameters"] = {
        "tasks": "${made.output.result.tasks}",
        "inputs": "${made.output.result.inputs}",
    }
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    started = world.run([first, fork, JOIN], {"x": 5})

    world.fail("work")

    attempts = [
        one
        for one in world.workflow(started)["tasks"]
        if one["referenceTaskName"] == "one"
    ]
    assert [5, 5] == [one["inputData"]["x"] for one in attempts]
    expected = [one["taskId"] for one in attempts]
    assert expected == [one["inputData"]["task"] for one in attempts]


def test_3_5_a_forked_task_is_retried_by_its_own_definition(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    given = {"tasks": [simple("one", "work")], "inputs": {"one": {"x": 1}}}
    started = world.run([_of_tasks(), JOIN], given)

    world.fail("work")
    task_given = world.complete("work")

    assert {"x": 1} == task_given["inputData"]
    assert "COMPLETED" == world.status(started)


def test_3_5_sub_workflows_as_branches(world):
    world.register("child", [simple("in_child")])
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    given = {"tasks": [sub, simple("other")], "inputs": {"sub": {"x": 1}}}
    started = world.run([_of_tasks(), JOIN], given)

    child = world.task(started, "sub")["subWorkflowId"]
    assert {"x": 1} == world.workflow(child)["input"]
    world.complete("other")
    world.complete("in_child", {"y": 2})

    assert {"sub": {"y": 2, "subWorkflowId": child}} == world.output(started)


def test_3_5_a_loop_as_a_branch_is_joined_when_it_is_over(world):
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition="$.loop.iteration < 2",
        loopOver=[simple("body")],
    )
    given = {"tasks": [loop], "inputs": {}}
    started = world.run([_of_tasks(), JOIN], given)

    world.complete("body", {"n": 1})
    world.complete("body", {"n": 2})

    assert "COMPLETED" == world.status(started)
    assert {
        "loop": {"1": {"body": {"n": 1}}, "2": {"body": {"n": 2}}, "iteration": 2}
    } == world.task(started, "join")["outputData"]


def test_3_5_a_switch_as_a_branch_is_joined_when_its_case_is_over(world):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="case",
        decisionCases={"a": [simple("first"), simple("second")]},
    )
    given = {"tasks": [choice], "inputs": {"choice": {"case": "a"}}}
    started = world.run([_of_tasks(), JOIN, simple("after")], given)

    world.complete("first")
    assert "IN_PROGRESS" == world.task(started, "join")["status"]
    world.complete("second")

    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


@pytest.mark.parametrize("inputs", [None, "text", [1]])
def test_3_5_inputs_that_are_no_map_fail_the_workflow(world, inputs):
    given = {"tasks": [simple("one")], "inputs": inputs}
    started = world.run([_of_tasks(), JOIN], given)

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert shown["reasonForIncompletion"].startswith(
        "Input to the dynamically forked tasks is not a map -> "
        "expecting a map of K,V  but found"
    )
    assert [] == shown["tasks"]


@pytest.mark.parametrize(
    "tasks",
    [
        None,
        "text",
        {"not": "a list"},
        [{"name": "no_ref"}],
        ["text"],
        [simple("one", startDelay="soon")],
    ],
    ids=["null", "text", "map", "no-ref", "no-task", "not-valid"],
)
def test_3_5_tasks_that_are_no_tasks_fail_the_workflow(world, tasks):
    started = world.run([_of_tasks(), JOIN], {"tasks": tasks, "inputs": {}})

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert shown["reasonForIncompletion"].startswith(
        "Input 'tasks' is invalid. Cannot deserialize a list of Workflow Tasks from"
    )
    assert [] == shown["tasks"]


@pytest.mark.parametrize(
    "refs",
    [["a", "a"], ["before"], ["join"], ["fork"]],
    ids=["twice", "of-the-definition", "of-the-join", "of-the-fork"],
)
def test_3_5_a_reference_that_is_taken_fails_the_workflow(world, refs):
    given = {"tasks": [simple(ref, "work") for ref in refs], "inputs": {}}
    started = world.run([simple("before"), _of_tasks(), JOIN], given)

    world.complete("before")

    assert "FAILED" == world.status(started)
    assert refs[0] in world.workflow(started)["reasonForIncompletion"]
    assert [] == world.poll("work")


def test_3_5_references_of_another_fork_are_taken_as_well(world):
    given = {"tasks": [simple("one", "work")], "inputs": {}}
    again = _of_tasks("again")
    started = world.run([_of_tasks(), JOIN, again, task("JOIN", "join2")], given)

    world.complete("work")

    assert "FAILED" == world.status(started)
    assert "one" in world.workflow(started)["reasonForIncompletion"]


# --- form 3 --------------------------------------------------------------------------


def test_3_5_the_legacy_list(world):
    given = [
        {"taskName": "work", "referenceName": "one", "input": {"x": 1}},
        {"taskName": "work", "referenceName": "two", "type": "SIMPLE"},
        {"taskName": "n", "referenceName": "three", "type": "NOOP"},
    ]
    started = world.run([_legacy(), JOIN], {"list": {"dynamicTasks": given}})

    assert ["fork", "one", "two", "three", "join"] == world.refs(started)
    assert {"x": 1} == world.input_of(started, "one")
    world.complete("work")
    world.complete("work")
    assert "COMPLETED" == world.status(started)


def test_3_5_the_legacy_list_may_name_workflows(world):
    world.register("child", [task("NOOP", "n")])
    given = [
        {
            "workflowName": "child",
            "referenceName": "one",
            "type": "SUB_WORKFLOW",
        }
    ]
    started = world.run([_legacy(), JOIN], {"list": {"dynamicTasks": given}})

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("given", [None, "x", {"dynamicTasks": [1]}, [1]])
def test_3_5_a_legacy_list_that_is_none_fails_the_workflow(world, given):
    started = world.run([_legacy(), JOIN], {"list": given})

    assert "FAILED" == world.status(started)
    assert "list" in world.workflow(started)["reasonForIncompletion"]
