"""SUB_WORKFLOW: what it starts: reference 3.7."""

import pytest

from world import MINUTE, simple, task

CHILD = [simple("in_child")]


def _sub(ref="sub", inputs=None, **params):
    params = {"name": "child", **params}
    fields = {} if inputs is None else {"inputParameters": inputs}
    return task("SUB_WORKFLOW", ref, subWorkflowParam=params, **fields)


def _child(world, parent, ref="sub"):
    """Return the child of a task as the API shows it."""
    return world.workflow(world.task(parent, ref)["subWorkflowId"])


# --- what is started -----------------------------------------------------------------


def test_3_7_a_child_is_started_and_the_task_is_in_progress(world):
    world.register("child", CHILD)
    started = world.run([_sub(), simple("after")])

    sub, child = world.task(started, "sub"), _child(world, started)
    assert "IN_PROGRESS" == sub["status"]
    assert {"subWorkflowId": child["workflowId"]} == sub["outputData"]
    assert ("child", "RUNNING") == (child["workflowName"], child["status"])
    assert (started, sub["taskId"]) == (
        child["parentWorkflowId"],
        child["parentWorkflowTaskId"],
    )


@pytest.mark.parametrize(
    ("params", "version"),
    [({}, 2), ({"version": 0}, 2), ({"version": 1}, 1), ({"version": None}, 2)],
    ids=["absent", "zero", "one", "null"],
)
def test_3_7_version(world, params, version):
    for number in (1, 2):
        world.register("child", CHILD, version=number)
    started = world.run([_sub(**params)])

    assert version == _child(world, started)["workflowVersion"]


def test_3_7_the_latest_version_is_that_of_the_parents_start(world):
    world.register("child", CHILD)
    started = world.run([simple("first"), _sub()])

    world.register("child", CHILD, version=2)
    world.complete("first")

    assert 1 == _child(world, started)["workflowVersion"]
    [_, shown] = world.workflow(started)["workflowDefinition"]["tasks"]
    assert 1 == shown["subWorkflowParam"]["version"]


def test_3_7_the_latest_version_of_a_computed_name_is_that_of_the_moment(world):
    world.register("child", CHILD)
    named = _sub(name="${workflow.input.which}")
    started = world.run([simple("first"), named], {"which": "child"})

    world.register("child", CHILD, version=2)
    world.complete("first")

    assert 2 == _child(world, started)["workflowVersion"]


def test_3_0_a_system_task_that_is_not_registered_shows_a_definition(world):
    started = world.run([task("WAIT", "pause", name="a_pause")])

    definition = world.task(started, "pause")["workflowTask"]["taskDefinition"]
    assert ("a_pause", 0, 0) == (
        definition["name"],
        definition["retryCount"],
        definition["responseTimeoutSeconds"],
    )


def test_3_7_the_name_may_be_an_expression(world):
    world.register("child", CHILD)
    started = world.run([_sub(name="${workflow.input.which}")], {"which": "child"})

    assert "child" == _child(world, started)["workflowName"]


def test_3_7_mapped_input(world):
    world.register("child", CHILD)
    started = world.run(
        [_sub(inputs={"a": "${workflow.input.x}"}, priority=3)], {"x": 1}
    )

    assert {
        "subWorkflowName": "child",
        "subWorkflowVersion": 1,
        "subWorkflowTaskToDomain": None,
        "subWorkflowDefinition": None,
        "workflowInput": {"a": 1},
        "priority": 3,
        "idempotencyKey": None,
        "idempotencyStrategy": None,
    } == world.task(started, "sub")["inputData"]


def test_3_7_input_parameters_are_the_input_of_the_child(world):
    world.register("child", CHILD)
    started = world.run([_sub(inputs={"a": "${workflow.input.x}"})], {"x": [1]})

    assert {"a": [1]} == _child(world, started)["input"]


def test_3_7_without_input_parameters_the_child_gets_the_input_of_the_task(world):
    world.register("child", CHILD)
    started = world.run([_sub()], {"x": 1})

    given = _child(world, started)["input"]
    assert world.task(started, "sub")["inputData"] == given
    assert ("child", {}) == (given["subWorkflowName"], given["workflowInput"])


INLINE = {
    "name": "inline",
    "tasks": [simple("in_child")],
    "outputParameters": {"x": "${in_child.output.x}"},
    "schemaVersion": 2,
}


def test_3_7_an_inline_definition(world):
    started = world.run([_sub(workflowDefinition=INLINE, inputs={"a": 1})])

    child = _child(world, started)
    assert "inline" == child["workflowName"]
    assert {"a": 1, "_systemMetadata": {"dynamic": True}} == child["input"]
    world.complete("in_child", {"x": 5})
    assert {"x": 5, "subWorkflowId": child["workflowId"]} == world.output(started)


def test_3_7_a_definition_from_an_expression(world):
    sub = _sub(workflowDefinition="${workflow.input.definition}")
    started = world.run([sub], {"definition": INLINE})

    assert "inline" == _child(world, started)["workflowName"]


def test_3_7_a_definition_that_is_not_valid_fails_the_task(world):
    sub = _sub(workflowDefinition="${workflow.input.definition}")
    started = world.run([sub], {"definition": {"name": "bad", "tasks": "none"}})

    sub = world.task(started, "sub")
    assert "FAILED" == sub["status"]
    assert "tasks" in sub["reasonForIncompletion"]
    assert "FAILED" == world.status(started)


@pytest.mark.parametrize(
    ("priority", "given"),
    [(None, 0), (5, 5), ("${workflow.input.p}", 7), ("high", 0), ("5", 0)],
)
def test_3_7_priority_comes_from_a_number_alone(world, priority, given):
    world.register("child", CHILD)
    sub = _sub(**({} if priority is None else {"priority": priority}))
    started = world.run([sub], {"p": 7}, priority=9)

    assert given == _child(world, started)["priority"]


def test_3_7_correlation_and_domains_are_inherited(world):
    world.register("child", CHILD)
    started = world.run([_sub()], correlationId="c", taskToDomain={"in_child": "d"})

    child = _child(world, started)
    assert ("c", {"in_child": "d"}) == (child["correlationId"], child["taskToDomain"])
    assert world.take("in_child", domain="d")


def test_3_7_domains_of_its_own(world):
    world.register("child", CHILD)
    sub = _sub(taskToDomain={"*": "own"})
    started = world.run([sub], taskToDomain={"in_child": "d"})

    assert {"*": "own"} == _child(world, started)["taskToDomain"]


def test_3_7_start_delay_holds_the_child_back(world):
    world.register("child", CHILD)
    started = world.run([{**_sub(), "startDelay": 60}])

    assert "SCHEDULED" == world.task(started, "sub")["status"]
    world.advance(MINUTE)

    assert "IN_PROGRESS" == world.task(started, "sub")["status"]


# --- missing definitions -------------------------------------------------------------


def test_3_7_a_child_without_definition_fails_the_workflow(world):
    started = world.run([_sub(name="nobody")])

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    assert shown["reasonForIncompletion"].startswith(
        "The Task nobody defined as a sub-workflow has no workflow definition available"
    )


def test_3_7_a_version_that_is_missing_fails_the_task(world):
    world.register("child", CHILD)
    started = world.run([_sub(version=7)])

    sub = world.task(started, "sub")
    expected = "No such workflow defined. name=child, version=7"
    assert ("FAILED", expected) == (sub["status"], sub["reasonForIncompletion"])
    assert "FAILED" == world.status(started)
