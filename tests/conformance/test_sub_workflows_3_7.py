"""SUB_WORKFLOW and START_WORKFLOW: reference 3.7."""

import pytest

from podium.service.messages import LaunchTask, encode_message
from world import MINUTE, simple, task

CHILD = [simple("in_child")]


def _sub(ref="sub", inputs=None, **params):
    params = {"name": "child", **params}
    fields = {} if inputs is None else {"inputParameters": inputs}
    return task("SUB_WORKFLOW", ref, subWorkflowParam=params, **fields)


def _child(world, parent, ref="sub"):
    """Return the child of a task as the API shows it."""
    return world.workflow(world.task(parent, ref)["subWorkflowId"])


def _starts(world, name="child"):
    """Return how many workflows of a name there are."""
    query = f"workflowType = '{name}'"
    return world.podium.searching.search(query, None, None, 0, 100).total


# --- what is started ---------------------------------------------------------------


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


def test_3_7_the_latest_version_is_that_of_the_moment(world):
    world.register("child", CHILD)
    started = world.run([simple("first"), _sub()])

    world.register("child", CHILD, version=2)
    world.complete("first")

    assert 2 == _child(world, started)["workflowVersion"]


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


# --- missing definitions -----------------------------------------------------------


def test_3_7_a_child_without_definition_fails_the_workflow(world):
    started = world.run([_sub(name="nobody")])

    shown = world.workflow(started)
    assert "FAILED" == shown["status"]
    expected = "The Task nobody defined as a sub-workflow has no workflow definition available "
    assert expected == shown["reasonForIncompletion"]


def test_3_7_a_version_that_is_missing_fails_the_task(world):
    world.register("child", CHILD)
    started = world.run([_sub(version=7)])

    sub = world.task(started, "sub")
    expected = "No such workflow defined. name=child, version=7"
    assert ("FAILED", expected) == (sub["status"], sub["reasonForIncompletion"])
    assert "FAILED" == world.status(started)


# --- how it ends -------------------------------------------------------------------


def test_3_7_output_of_the_child_is_that_of_the_task(world):
    world.register("child", CHILD, outputParameters={"y": "${in_child.output.x}"})
    started = world.run([_sub(), simple("after")])
    child = _child(world, started)["workflowId"]

    world.complete("in_child", {"x": 5})

    sub = world.task(started, "sub")
    assert ("COMPLETED", {"y": 5, "subWorkflowId": child}) == (
        sub["status"],
        sub["outputData"],
    )
    assert ("after", "SCHEDULED") == world.tasks(started)[-1]


def _end(world, child, status):
    """Have a child end in a status, for the reason 'why'."""
    match status:
        case "COMPLETED":
            world.complete("in_child")
        case "FAILED":
            world.fail("in_child", "why", "FAILED_WITH_TERMINAL_ERROR")
        case "TERMINATED":
            world.podium.workflows.terminate(child, "why")
            world.settle()
        case "TIMED_OUT":
            world.advance(10 * MINUTE)


@pytest.mark.parametrize(
    ("ended", "shown", "workflow"),
    [
        ("COMPLETED", "COMPLETED", "COMPLETED"),
        ("FAILED", "FAILED", "FAILED"),
        ("TERMINATED", "CANCELED", "TERMINATED"),
        ("TIMED_OUT", "TIMED_OUT", "TIMED_OUT"),
    ],
)
def test_3_7_the_task_ends_as_its_child_ended(world, ended, shown, workflow):
    world.register("child", CHILD, timeoutSeconds=600, timeoutPolicy="TIME_OUT_WF")
    started = world.run([_sub()])

    _end(world, _child(world, started)["workflowId"], ended)

    assert ended == _child(world, started)["status"]
    assert shown == world.task(started, "sub")["status"]
    assert workflow == world.status(started)


def test_3_7_reason(world):
    world.register("child", CHILD)
    started = world.run([_sub()])
    child = _child(world, started)["workflowId"]

    _end(world, child, "TERMINATED")

    expected = f"Sub workflow child.1/{child} failure reason: why"
    assert expected == world.task(started, "sub")["reasonForIncompletion"]


def test_3_7_a_child_that_ends_at_once(world):
    world.register("child", [task("NOOP", "n")], outputParameters={"x": 1})
    started = world.run([_sub()])

    assert "COMPLETED" == world.status(started)
    assert 1 == world.output(started)["x"]


def test_3_7_a_child_that_fails_at_once(world):
    stop = task("TERMINATE", "stop", inputParameters={"terminationStatus": "FAILED"})
    world.register("child", [stop])
    started = world.run([_sub()])

    assert "FAILED" == world.status(started)


def test_3_7_an_optional_child_that_failed_lets_the_flow_go_on(world):
    world.register("child", CHILD)
    started = world.run([{**_sub(), "optional": True}, simple("after")])

    world.fail("in_child", status="FAILED_WITH_TERMINAL_ERROR")

    assert [
        ("sub", "COMPLETED_WITH_ERRORS"),
        ("after", "SCHEDULED"),
    ] == world.tasks(started)


def test_3_7_a_child_of_a_child(world):
    world.register("grandchild", CHILD)
    world.register("child", [_sub("deeper", name="grandchild")])
    started = world.run([_sub()])

    world.complete("in_child", {"x": 1})

    assert "COMPLETED" == world.status(started)
    assert 1 == world.output(started)["x"]


# --- cancelling --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (None, "Parent workflow has been terminated with status TERMINATED"),
        ("enough", "Parent workflow has been terminated with reason: enough"),
    ],
)
def test_3_7_the_end_of_the_parent_terminates_its_child(world, reason, shown):
    world.register("child", CHILD)
    started = world.run([_sub()])

    world.podium.workflows.terminate(started, reason)
    world.settle()

    child = _child(world, started)
    assert "CANCELED" == world.task(started, "sub")["status"]
    assert ("TERMINATED", shown) == (child["status"], child["reasonForIncompletion"])
    assert [] == world.poll("in_child")


def test_3_7_a_failed_sibling_terminates_the_child(world):
    world.register("child", CHILD)
    world.register_task("other", retryCount=0)
    fork = task("FORK_JOIN", "fork", forkTasks=[[_sub()], [simple("other")]])
    started = world.run([fork, task("JOIN", "join", joinOn=["sub", "other"])])

    world.fail("other")

    assert "TERMINATED" == _child(world, started)["status"]


def test_3_7_terminating_reaches_the_grandchildren(world):
    world.register("grandchild", CHILD)
    world.register("child", [_sub("deeper", name="grandchild")])
    started = world.run([_sub()])
    child = _child(world, started)["workflowId"]

    world.podium.workflows.terminate(started, "enough")
    world.settle()

    assert "TERMINATED" == _child(world, child, "deeper")["status"]


# --- once ---------------------------------------------------------------------------


def test_3_7_a_retry_starts_a_fresh_child(world):
    world.register("child", CHILD)
    world.register_task("sub", retryCount=1, retryDelaySeconds=0)
    started = world.run([_sub()])
    first = _child(world, started)["workflowId"]

    world.fail("in_child", status="FAILED_WITH_TERMINAL_ERROR")
    second = _child(world, started)
    world.complete("in_child")

    assert first != second["workflowId"]
    assert "FAILED" == world.status(first)
    assert [("sub", "FAILED"), ("sub", "COMPLETED")] == world.tasks(started)
    assert "COMPLETED" == world.status(started)


def _deliver_launch(world, parent):
    seq = world.task(parent, "sub")["seq"]
    message = encode_message(LaunchTask(seq=seq))
    world.podium.decider_queue.handle(parent, message)
    world.settle()


def test_3_7_a_launch_that_is_delivered_twice_starts_one_child(world):
    world.register("child", CHILD)
    started = world.run([_sub()])

    _deliver_launch(world, started)

    assert 1 == _starts(world)
    assert 1 == len(world.poll("in_child", count=5))


def test_3_7_a_launch_that_comes_after_the_end_starts_nothing(world):
    world.register("child", CHILD)
    started = world.run([{**_sub(), "startDelay": 60}])

    world.podium.workflows.terminate(started, None)
    _deliver_launch(world, started)
    world.advance(MINUTE)

    assert 0 == _starts(world)


def test_3_7_a_hundred_children(world):
    world.register("child", CHILD)
    refs = [f"s{number}" for number in range(100)]
    fork = task("FORK_JOIN", "fork", forkTasks=[[_sub(ref)] for ref in refs])
    started = world.run([fork, task("JOIN", "join", joinOn=refs)])

    for _ in refs:
        world.complete("in_child")

    assert "COMPLETED" == world.status(started)


# --- START_WORKFLOW ----------------------------------------------------------------


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
            "startWorkflow validation failed. 'name' -> "
            "Workflow name cannot be null or empty. ",
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
