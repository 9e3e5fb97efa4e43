"""FORK_JOIN_DYNAMIC in its three forms: reference 3.5."""

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


def _refs(world, workflow):
    return [ref for ref, _ in world.tasks(workflow)]


def _input(world, workflow, ref):
    return world.task(workflow, ref)["inputData"]


# --- form 1 ------------------------------------------------------------------------


def test_3_5_one_task_over_a_list_of_inputs(world):
    fork = _of_inputs(forkTaskName="work")
    started = world.run([fork, JOIN, simple("after")], {"list": [{"a": 1}, "x", None]})

    assert ["fork", "_work_0", "_work_1", "_work_2", "join"] == _refs(world, started)
    assert {"a": 1, "__index": 0} == _input(world, started, "_work_0")
    assert {"input": "x", "__index": 1} == _input(world, started, "_work_1")
    assert {"input": None, "__index": 2} == _input(world, started, "_work_2")
    for number in range(3):
        world.complete("work", {"n": number})
    assert {
        "_work_0": {"n": 0},
        "_work_1": {"n": 1},
        "_work_2": {"n": 2},
    } == world.task(started, "join")["outputData"]
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def test_3_5_fork_records_what_it_forked(world):
    started = world.run([_of_inputs(forkTaskName="work"), JOIN], {"list": [{"a": 1}]})

    fork = world.task(started, "fork")
    assert ("FORK", "COMPLETED") == (fork["taskType"], fork["status"])
    assert ["_work_0"] == fork["inputData"]["forkedTasks"]
    [forked] = fork["inputData"]["forkedTaskDefs"]
    assert ("work", "SIMPLE") == (forked["name"], forked["type"])
    assert {"a": 1, "__index": 0} == forked["inputParameters"]
    assert ["_work_0"] == _input(world, started, "join")["joinOn"]


def test_3_5_system_tasks_over_a_list_of_inputs(world):
    fork = _of_inputs(forkTaskType="INLINE")
    inputs = [{"expression": f"$.x * {n}", "x": 10} for n in (1, 2)]
    started = world.run([fork, JOIN], {"list": inputs})

    assert {
        "_INLINE_0": {"result": 10},
        "_INLINE_1": {"result": 20},
    } == world.output(started)


def test_3_5_fork_task_name_goes_before_its_type(world):
    fork = _of_inputs(forkTaskType="NOOP", forkTaskName="named")
    started = world.run([fork, JOIN], {"list": [1]})

    assert ["fork", "_named_0", "join"] == _refs(world, started)


def test_3_5_without_a_task_name_the_fork_gives_its_own(world):
    world.register("child", [simple("in_child")])
    fork = _of_inputs(forkTaskWorkflow="child")
    started = world.run([fork, JOIN], {"list": [{"a": 1}]})

    assert ["fork", "_fork_0", "join"] == _refs(world, started)
    assert "child" == world.task(started, "_fork_0")["taskDefName"]


def test_3_5_inputs_may_say_more_of_their_task(world):
    world.register("child", [simple("in_child")])
    fork = _of_inputs(forkTaskType="SUB_WORKFLOW", forkTaskName="sub")
    given = [{"subWorkflowParam": {"name": "child"}, "name": "ignored"}]
    started = world.run([fork, JOIN], {"list": given})

    assert "IN_PROGRESS" == world.task(started, "_sub_0")["status"]
    assert world.task(started, "_sub_0")["subWorkflowId"]


@pytest.mark.parametrize(("version", "answer"), [("1", 1), (None, 2)])
def test_3_5_workflows_over_a_list_of_inputs(world, version, answer):
    for number in (1, 2):
        says = {"version": number, "given": "${workflow.input}"}
        world.register(
            "child", [task("NOOP", "n")], version=number, outputParameters=says
        )
    fork = _of_inputs(
        forkTaskName="sub", forkTaskWorkflow="child", forkTaskWorkflowVersion=version
    )
    started = world.run([fork, JOIN], {"list": [{"a": 1}, "x"]})

    assert "COMPLETED" == world.status(started)
    outputs = world.output(started)
    assert answer == outputs["_sub_0"]["version"]
    assert {"a": 1, "__index": 0} == outputs["_sub_0"]["given"]
    assert {"input": "x", "__index": 1} == outputs["_sub_1"]["given"]


def test_3_5_optional_fork_makes_its_tasks_optional(world):
    world.register_task("work", retryCount=0)
    fork = _of_inputs(forkTaskName="work", optional=True)
    started = world.run([fork, JOIN, simple("after")], {"list": [1]})

    world.fail("work")

    assert [
        ("fork", "COMPLETED"),
        ("_work_0", "COMPLETED_WITH_ERRORS"),
        ("join", "COMPLETED_WITH_ERRORS"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)


def test_3_5_a_second_dynamic_fork_puts_its_name_before_those_of_its_tasks(world):
    started = world.run(
        [
            _of_inputs(forkTaskName="work", ref="first"),
            task("JOIN", "first_join"),
            _of_inputs(forkTaskName="work", ref="second"),
            task("JOIN", "second_join"),
        ],
        {"list": [1]},
    )

    world.complete("work")
    world.complete("work")

    assert "COMPLETED" == world.status(started)
    assert [
        "first",
        "_work_0",
        "first_join",
        "second",
        "_second_work_0",
        "second_join",
    ] == _refs(world, started)


# --- form 2 ------------------------------------------------------------------------


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

    assert {"own": 1, "x": 2} == _input(world, started, "one")
    assert {} == _input(world, started, "two")
    assert {"y": 3} == _input(world, started, "three")
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


# --- form 3 ------------------------------------------------------------------------


def test_3_5_the_legacy_list(world):
    given = [
        {"taskName": "work", "referenceName": "one", "input": {"x": 1}},
        {"taskName": "work", "referenceName": "two", "type": "SIMPLE"},
        {"taskName": "n", "referenceName": "three", "type": "NOOP"},
    ]
    started = world.run([_legacy(), JOIN], {"list": {"dynamicTasks": given}})

    assert ["fork", "one", "two", "three", "join"] == _refs(world, started)
    assert {"x": 1} == _input(world, started, "one")
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


# --- all forms ---------------------------------------------------------------------

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

    assert ["fork", "_work_0", "join"] == _refs(world, started)


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

    assert {"x": 1, "joinOn": ["_work_0"]} == _input(world, started, "join")


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
    ] == _refs(world, started)
    assert {"_work_0__2": {"n": 3}} == world.task(started, "join__2")["outputData"]


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
