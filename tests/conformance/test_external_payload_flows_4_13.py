"""Workflows whose payloads clients have laid aside: reference 4.13, 9.2.

The flows are those that Conductor's own suite goes through: what comes after an
external payload reads it as if it were there.
"""

import json

import pytest

from podium.decider.payload_limits import MOST
from podium.errors import NotFound
from podium.model.requests import RerunWorkflowRequest
from world import do_while, fork_join, inline, join_on, simple, task

INPUT = {"case": "a", "list": [1, 2], "x": "given"}
BASE = "http://podium.test:8080"


def laid_aside(world, document, kind="TASK_OUTPUT"):
    """Do what a client does with a payload that is too large; return its path."""
    found = world.podium.external_payloads.location("", "WRITE", kind, BASE)
    world.opened.home.payloads.put(found.path, json.dumps(document).encode())
    return found.path


def start(world, tasks, document=None, **fields):
    """Start a workflow with an external input; return its id and the input's path."""
    world.register("external", tasks, **fields)
    path = laid_aside(world, document or INPUT, "WORKFLOW_INPUT")
    started = world.start("external", None, externalInputPayloadStoragePath=path)
    return started, path


def complete(world, name, document, **fields):
    """Complete a task with an external output; return its path."""
    path = laid_aside(world, document)
    world.report(world.take(name), externalOutputPayloadStoragePath=path, **fields)
    return path


def choice(expression, **cases):
    return task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="on",
        inputParameters={"on": expression},
        decisionCases=cases,
    )


def test_9_2_two_tasks_and_an_output(world):
    second = simple("b", inputParameters={"x": "${a.output.x}"})
    result = {"x": "${b.output.x}", "given": "${workflow.input.x}"}
    started, path = start(world, [simple("a"), second], outputParameters=result)

    output = complete(world, "a", {"x": "first"})
    assert {"x": "first"} == world.take("b")["inputData"]
    world.signal_task(started, "b", output={"x": "second"})

    shown = world.workflow(started)
    assert ({}, path) == (shown["input"], shown["externalInputPayloadStoragePath"])
    assert {"x": "second", "given": "given"} == shown["output"]
    assert output == world.task(started, "a")["externalOutputPayloadStoragePath"]


def test_9_2_system_tasks_read_it_within_the_same_decision(world):
    length = inline("length", "$.x.length", x="${a.output.x}")
    jq = task(
        "JSON_JQ_TRANSFORM",
        "jq",
        inputParameters={"list": "${a.output.list}", "queryExpression": ".list | add"},
    )
    values = {"x": "${a.output.x}"}
    variables = task("SET_VARIABLE", "variables", inputParameters=values)
    started, _ = start(world, [simple("a"), length, jq, variables])

    complete(world, "a", {"x": "four", "list": [1, 2, 3]})

    assert "COMPLETED" == world.status(started)
    assert 4 == world.output_of(started, "length")["result"]
    assert 6 == world.output_of(started, "jq")["result"]
    assert {"x": "four"} == world.workflow(started)["variables"]


def test_9_2_it_decides_which_case_is_taken(world):
    inner = choice("${a.output.case}", b=[simple("in_b")])
    inner = {**inner, "taskReferenceName": "inner"}
    outer = choice("${workflow.input.case}", a=[simple("a"), inner])
    started, _ = start(world, [outer])

    complete(world, "a", {"case": "b"})

    assert ["choice", "a", "inner", "in_b"] == world.refs(started)


def test_9_2_branches_are_joined_over_it(world):
    branches = [[simple("a")], [simple("b")]]
    last = simple("c", inputParameters={"all": "${join.output}"})
    started, _ = start(world, [fork_join(*branches), join_on("a", "b"), last])

    complete(world, "a", {"x": 1})
    complete(world, "b", {"y": 2})

    assert {"all": {"a": {"x": 1}, "b": {"y": 2}}} == world.take("c")["inputData"]
    assert {} == world.output_of(started, "join"), "what is far is not shown twice"


def test_9_2_a_child_is_given_it_and_gives_it_back(world):
    given = {"x": "${workflow.input.x}"}
    result = {"x": "${inside.output.x}"}
    inside = simple("inside", inputParameters=given)
    world.register("child", [inside], outputParameters=result)
    sub = task(
        "SUB_WORKFLOW",
        "sub",
        subWorkflowParam={"name": "child"},
        inputParameters={"x": "${a.output.x}"},
    )
    last = simple("last", inputParameters={"x": "${sub.output.x}"})
    start(world, [simple("a"), sub, last])

    complete(world, "a", {"x": "for the child"})
    polled = world.take("inside")
    assert {"x": "for the child"} == polled["inputData"]
    path = laid_aside(world, {"x": "from the child"})
    world.report(polled, externalOutputPayloadStoragePath=path)

    assert {"x": "from the child"} == world.take("last")["inputData"]


@pytest.mark.parametrize("again", ["by definition", "by hand", "rerun"])
def test_9_2_another_attempt_reads_it_too(world, again):
    retries = {"by definition": 1}.get(again, 0)
    world.register_task("b", retryCount=retries, retryDelaySeconds=0)
    second = simple("b", inputParameters={"x": "${a.output.x}"})
    started, _ = start(world, [simple("a"), second])
    complete(world, "a", {"x": "kept"})

    world.fail("b")
    if again == "by hand":
        world.podium.recovery.retry(started)
    elif again == "rerun":
        wanted = {"reRunFromTaskId": world.task(started, "b")["taskId"]}
        request = RerunWorkflowRequest.from_json(wanted)
        world.podium.recovery.rerun(started, request)
    world.settle()

    assert {"x": "kept"} == world.complete("b")["inputData"]
    assert "COMPLETED" == world.status(started)


def test_9_2_a_workflow_that_is_restarted_has_its_external_input(world):
    first = simple("a", inputParameters={"x": "${workflow.input.x}"})
    started, path = start(world, [first])
    world.podium.workflows.terminate(started, None)

    world.podium.recovery.restart(started)
    world.settle()

    assert path == world.workflow(started)["externalInputPayloadStoragePath"]
    assert {"x": "given"} == world.take("a")["inputData"]


def test_9_2_a_terminate_in_a_case_ends_with_it(world):
    inputs = {
        "terminationStatus": "FAILED",
        "workflowOutput": {"x": "${a.output.x}"},
    }
    stop = task("TERMINATE", "stop", inputParameters=inputs)
    started, _ = start(world, [simple("a"), choice("${a.output.case}", bad=[stop])])

    complete(world, "a", {"case": "bad", "x": "why"})

    assert ("FAILED", {"x": "why"}) == (world.status(started), world.output(started))


def test_9_2_it_has_the_branches_of_a_dynamic_fork(world):
    world.register("child", [simple("inside")])
    forked = [
        {
            "name": "sub",
            "taskReferenceName": "sub",
            "type": "SUB_WORKFLOW",
            "subWorkflowParam": {"name": "child"},
        },
        simple("other"),
    ]
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        inputParameters={"tasks": "${a.output.tasks}", "inputs": "${a.output.inputs}"},
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
    )
    started, _ = start(world, [simple("a"), fork, task("JOIN", "join")])
    inputs = {"sub": {"x": 1}, "other": {"y": 2}}

    complete(world, "a", {"tasks": forked, "inputs": inputs})
    assert {"y": 2} == world.complete("other")["inputData"]
    world.complete("inside")

    assert "COMPLETED" == world.status(started)


def test_9_2_a_later_report_puts_another_in_its_place(world):
    given = {"x": "${a.output.x}", "y": "${a.output.y}"}
    last = simple("b", inputParameters=given)
    started, _ = start(world, [simple("a"), last])

    first = complete(world, "a", {"x": 1}, status="IN_PROGRESS")
    assert first == world.task(started, "a")["externalOutputPayloadStoragePath"]
    second = complete(world, "a", {"y": 2}, status="IN_PROGRESS")
    assert second == world.task(started, "a")["externalOutputPayloadStoragePath"]
    world.report(world.take("a"), output={"x": 3})

    shown = world.task(started, "a")
    assert {"x": 3} == shown["outputData"]
    assert "externalOutputPayloadStoragePath" not in shown
    assert {"x": 3, "y": None} == world.take("b")["inputData"]


def test_9_2_a_branch_beyond_the_limit_fails_and_takes_the_others_along(world):
    started = world.run(
        [fork_join([simple("a")], [simple("b")]), join_on("a", "b")],
    )

    world.report(world.take("a"), output={"text": "x" * MOST})

    statuses = dict(world.tasks(started))
    assert "FAILED" == world.status(started)
    assert ("FAILED_WITH_TERMINAL_ERROR", "CANCELED", "CANCELED") == (
        statuses["a"],
        statuses["b"],
        statuses["join"],
    )


def test_9_2_a_loop_reads_it_in_each_iteration(world):
    body = simple("a", inputParameters={"x": "${a.output.x}"})
    condition = "$.a['x'] < 3"
    started, _ = start(world, [do_while(body, condition=condition)])

    seen = []
    for number in range(1, 4):
        polled = world.take("a")
        seen.append(polled["inputData"]["x"])
        path = laid_aside(world, {"x": number})
        world.report(polled, externalOutputPayloadStoragePath=path)

    assert [None, 1, 2] == seen
    assert "COMPLETED" == world.status(started)


def test_9_2_what_a_task_starts_may_have_an_external_input(world):
    given = {"x": "${workflow.input.x}"}
    world.register("other", [simple("inside", inputParameters=given)])
    path = laid_aside(world, {"x": "far"}, "WORKFLOW_INPUT")
    request = {"name": "other", "externalInputPayloadStoragePath": path}
    begin = task("START_WORKFLOW", "begin", inputParameters={"startWorkflow": request})
    started = world.run([begin])

    assert "COMPLETED" == world.status(started)
    other = world.workflow(world.output_of(started, "begin")["workflowId"])
    assert ({}, path) == (other["input"], other["externalInputPayloadStoragePath"])
    assert {"x": "far"} == world.take("inside")["inputData"]


def test_9_2_what_is_not_there_is_told(world):
    path = "workflow/input/of-nobody.json"
    given = {"x": "${workflow.input.x}"}
    world.register("external", [simple("a", inputParameters=given)])

    with pytest.raises(NotFound, match=path):
        world.start("external", None, externalInputPayloadStoragePath=path)
