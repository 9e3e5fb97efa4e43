"""FORK_JOIN_DYNAMIC over a list of inputs: reference 3.5."""

import pytest

from world import simple, task

JOIN = task("JOIN", "join")


def _of_inputs(inputs="${workflow.input.list}", ref="fork", optional=False, **given):
    """Return a fork of form 1: one task or workflow over a list of inputs."""
    given = {"forkTaskInputs": inputs, **given}
    return task("FORK_JOIN_DYNAMIC", ref, inputParameters=given, optional=optional)


def test_3_5_one_task_over_a_list_of_inputs(world):
    fork = _of_inputs(forkTaskName="work")
    started = world.run([fork, JOIN, simple("after")], {"list": [{"a": 1}, "x", None]})

    assert ["fork", "_work_0", "_work_1", "_work_2", "join"] == world.refs(started)
    assert {"a": 1, "__index": 0} == world.input_of(started, "_work_0")
    assert {"input": "x", "__index": 1} == world.input_of(started, "_work_1")
    assert {"input": None, "__index": 2} == world.input_of(started, "_work_2")
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
    assert ["_work_0"] == world.input_of(started, "join")["joinOn"]


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

    assert ["fork", "_named_0", "join"] == world.refs(started)


def test_3_5_without_a_task_name_the_fork_gives_its_own(world):
    world.register("child", [simple("in_child")])
    fork = _of_inputs(forkTaskWorkflow="child")
    started = world.run([fork, JOIN], {"list": [{"a": 1}]})

    assert ["fork", "_fork_0", "join"] == world.refs(started)
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


def test_4_4_a_forked_task_without_a_definition_is_not_tried_again(world):
    """One that stands in the definition is: it has Conductor's defaults (3.0)."""
    started = world.run([_of_inputs(forkTaskName="work"), JOIN], {"list": [1]})

    given = world.take("work")
    assert 3600 == given["responseTimeoutSeconds"]
    world.report(given, "FAILED")

    assert "FAILED" == world.status(started)


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
    ] == world.refs(started)
