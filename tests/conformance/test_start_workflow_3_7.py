"""START_WORKFLOW: reference 3.7."""

import pytest

from world import simple, task

CHILD = [simple("in_child")]


def _start(**given):
    return task("START_WORKFLOW", "start", inputParameters={"startWorkflow": given})


def _started(world, workflow):
    return world.workflow(world.task(workflow, "start")["outputData"]["workflowId"])


def test_3_7_start_workflow_starts_and_forgets(world):
    world.register("child", CHILD)
    start = _start(name="child", input={"x": "${workflow.input.x}"})
    started = world.run([start, simple("after")], {"x": 1})

    other = _started(world, started)
    assert [("start", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert ({"x": 1}, "RUNNING") == (other["input"], other["status"])
    assert "parentWorkflowId" not in other
    world.podium.workflows.terminate(started, None)
    world.settle()
    assert "RUNNING" == _started(world, started)["status"]


@pytest.mark.parametrize(
    ("given", "correlation", "domains"),
    [
        ({}, "c", {"a": "d"}),
        ({"correlationId": "own", "taskToDomain": {"a": "e"}}, "own", {"a": "e"}),
        ({"correlationId": "", "taskToDomain": {}}, "c", {"a": "d"}),
    ],
    ids=["absent", "own", "blank"],
)
def test_3_7_start_workflow_takes_over_what_it_is_not_given(
    world, given, correlation, domains
):
    world.register("child", CHILD)
    start = _start(name="child", input={}, **given)
    started = world.run([start], correlationId="c", taskToDomain={"a": "d"})

    other = _started(world, started)
    assert (correlation, domains) == (other["correlationId"], other["taskToDomain"])


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "Missing 'startWorkflow' in input data."),
        ({"startWorkflow": "child"}, "Error reading StartWorkflowRequest. "),
        (
            {"startWorkflow": {"input": {}}},
            "startWorkflow validation failed. 'name' -> Workflow name cannot be null",
        ),
        (
            {"startWorkflow": {"name": "child", "priority": 100}},
            "startWorkflow validation failed. 'priority' -> ",
        ),
        (
            {"startWorkflow": {"name": "nobody", "input": {}}},
            "No such workflow defined. name=nobody, version=null",
        ),
    ],
    ids=["absent", "text", "no-name", "priority", "unknown"],
)
def test_3_7_start_workflow_that_cannot_start_fails(world, inputs, reason):
    world.register("child", CHILD)
    started = world.run([task("START_WORKFLOW", "start", inputParameters=inputs)])

    start = world.task(started, "start")
    assert "FAILED" == start["status"]
    assert start["reasonForIncompletion"].startswith(reason)
    assert "FAILED" == world.status(started)
