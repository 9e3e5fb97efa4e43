"""Ends, system tasks and inputs in the flows of Conductor's own suite: reference 9.2.

What each of their steps does is held to elsewhere, by the rule that it follows.
"""

import pytest

from flows import below, choice, sub
from podium.eventing import Eventing
from podium.model.requests import RerunWorkflowRequest
from podium.model.workflow_definition import WorkflowDef
from world import SECOND, fork_join, inline, join_on, simple, task

# --- what ends and times out ---------------------------------------------------------


def test_9_2_a_terminate_ends_the_child_beside_it(world):
    world.register("child", [simple("inside")])
    inputs = {"terminationStatus": "COMPLETED"}
    stop = task("TERMINATE", "stop", inputParameters=inputs)
    branches = [[sub("sub")], [task("WAIT", "wait"), stop]]
    started = world.run([fork_join(*branches), join_on("sub", "stop")])
    child = below(world, started, "sub")

    world.signal_task(started, "wait")

    shown = world.workflow(started)
    assert "COMPLETED" == shown["status"]
    why = "Workflow is COMPLETED by TERMINATE task"
    assert shown["reasonForIncompletion"].startswith(why)
    assert "CANCELED" == world.status_of(started, "sub")
    ended = world.workflow(child)
    assert "TERMINATED" == ended["status"]
    reason = f"Parent workflow has been terminated with reason: {why}"
    assert ended["reasonForIncompletion"].startswith(reason)
    assert [("inside", "CANCELED")] == world.tasks(child)


def test_9_2_the_failure_workflow_of_a_parent_hears_of_its_childs_task(world):
    world.register("undo", [task("NOOP", "nothing")])
    inputs = {"terminationStatus": "FAILED"}
    world.register("child", [task("TERMINATE", "stop", inputParameters=inputs)])
    tasks = [inline("before", "1"), sub("sub")]
    started = world.run(tasks, failureWorkflow="undo", correlationId="c")

    assert "FAILED" == world.status(started)
    undoing = world.workflow(world.output(started)["conductor.failure_workflow"])
    assert ("COMPLETED", "c") == (undoing["status"], undoing["correlationId"])
    given = undoing["input"]
    assert (started, world.task(started, "sub")["taskId"]) == (
        given["workflowId"],
        given["failureTaskId"],
    )
    assert started == given["failedWorkflow"]["workflowId"]


def test_9_2_a_child_is_retried_whose_parent_timed_out(world):
    world.register("child", [simple("inside")])
    started = world.run(
        [simple("first"), sub("sub")], timeoutSeconds=10, timeoutPolicy="TIME_OUT_WF"
    )
    world.complete("first")
    child = below(world, started, "sub")
    world.advance(11 * SECOND)
    assert ("TIMED_OUT", "CANCELED") == (
        world.status(started),
        world.status_of(started, "sub"),
    )
    assert ("TERMINATED", [("inside", "CANCELED")]) == (
        world.status(child),
        world.tasks(child),
    )

    world.podium.recovery.retry(child)
    world.settle()

    assert [("inside", "CANCELED"), ("inside", "SCHEDULED")] == world.tasks(child)
    assert ("RUNNING", "IN_PROGRESS") == (
        world.status(started),
        world.status_of(started, "sub"),
    )
    world.complete("inside")
    assert ("COMPLETED", "COMPLETED") == (world.status(child), world.status(started))


def test_9_2_a_wait_with_the_timeout_of_a_definition_is_tried_again(world):
    world.register_task(
        "waits",
        retryCount=1,
        retryDelaySeconds=0,
        timeoutSeconds=2,
        timeoutPolicy="RETRY",
        responseTimeoutSeconds=1,
    )
    wait = {**task("WAIT", "wait"), "name": "waits"}
    started = world.run([wait, simple("after")])

    world.advance(3 * SECOND)
    assert ["TIMED_OUT", "IN_PROGRESS"] == [one for _, one in world.tasks(started)]
    world.signal_task(started, "wait")
    world.complete("after")

    assert "COMPLETED" == world.status(started)


# --- system tasks --------------------------------------------------------------------


def test_9_2_a_jq_that_failed_is_rerun_with_another_input(world):
    query = ".input as $_ | { out: ($_.in1.array + $_.in2.array) }"
    jq = task(
        "JSON_JQ_TRANSFORM",
        "jq",
        inputParameters={"input": "${workflow.input}", "queryExpression": query},
    )
    started = world.run([jq], {"in1": "a", "in2": "b"})
    assert ("FAILED", "FAILED") == (
        world.status(started),
        world.status_of(started, "jq"),
    )
    valid = {"in1": {"array": ["a", "b"]}, "in2": {"array": ["c", "d"]}}

    request = {
        "reRunFromTaskId": world.task(started, "jq")["taskId"],
        "taskInput": {"input": valid, "queryExpression": query},
    }
    world.podium.recovery.rerun(started, RerunWorkflowRequest.from_json(request))
    world.settle()

    assert [("jq", "COMPLETED")] == world.tasks(started)
    assert {"out": ["a", "b", "c", "d"]} == world.output_of(started, "jq")["result"]


@pytest.mark.parametrize(
    ("action", "first", "second"),
    [("redeliver", "CREATE", ["redeliver"]), ("nothing", "WAIT", [])],
)
def test_9_2_what_a_jq_answers_decides(world, action, first, second):
    """A text, then a list: a result may be anything."""
    query = 'if .action == "redeliver" then "CREATE" else "WAIT" end'
    inputs = {"action": "${workflow.input.action}", "queryExpression": query}
    words = {
        "action": "${workflow.input.action}",
        "queryExpression": '[.action] | map(select(. == "redeliver"))',
    }
    words = task("JSON_JQ_TRANSFORM", "words", inputParameters=words)
    taken = {"CREATE": [task("NOOP", "create")], "WAIT": [task("NOOP", "wait")]}
    decision = choice("DECISION", "${jq.output.result}", **taken)
    jq = task("JSON_JQ_TRANSFORM", "jq", inputParameters=inputs)
    started = world.run([jq, decision, words], {"action": action})

    assert "COMPLETED" == world.status(started)
    assert first == world.output_of(started, "jq")["result"]
    assert ["jq", "choice", first.lower(), "words"] == world.refs(started)
    assert second == world.output_of(started, "words")["result"]


def test_9_2_variables_that_were_set_are_there_after_a_wait(world):
    values = {"var": "${workflow.input.var}"}
    tasks = [
        simple("first"),
        task("SET_VARIABLE", "set", inputParameters=values),
        task("WAIT", "wait"),
    ]
    result = {"variables": "${workflow.variables}"}
    started = world.run(tasks, {"var": "value"}, outputParameters=result)

    world.complete("first")
    assert {"var": "value"} == world.workflow(started)["variables"]
    world.signal_task(started, "wait")

    assert {"variables": {"var": "value"}} == world.output(started)


def test_9_2_sweeps_leave_alone_what_completes_from_outside(world):
    """An EVENT with asyncComplete waits; only who is asked may end it."""
    tell = task("EVENT", "tell", sink="conductor", asyncComplete=True)
    started = world.run([simple("first"), tell])
    world.complete("first")

    for _ in range(3):
        world.podium.administration.requeue_sweep(started)
        world.podium.administration.repair(started)
        world.advance(SECOND)
    assert "IN_PROGRESS" == world.status_of(started, "tell")
    world.signal_task(started, "tell", output={"op": "done"})

    assert "COMPLETED" == world.status(started)
    assert "done" == world.output_of(started, "tell")["op"]


@pytest.mark.parametrize("times", [1, 3])
def test_9_2_sweeps_start_no_second_child(world, times):
    world.register("child", [simple("inside")])
    started = world.run([sub("sub")])
    child = below(world, started, "sub")

    for _ in range(times):
        world.podium.administration.requeue_sweep(started)
        world.podium.administration.repair(started)
        world.advance(60 * SECOND)

    assert child == below(world, started, "sub")
    found = world.podium.searching.search("workflowType = 'child'", None, None, 0, 9)
    assert 1 == found.total
    world.complete("inside")
    assert "COMPLETED" == world.status(started)


class Repairing:
    """A sink during whose call an operator repairs, and another process receives."""

    def __init__(self):
        self.world = self.started = None
        self.calls = 0

    def publish(self, _queue, _event):
        self.calls += 1
        if self.calls > 1:
            return
        podium = self.world.podium
        podium.administration.repair(self.started)
        for message in podium.system_tasks.receive("EVENT", 5, 0):
            podium.system_tasks.handle("EVENT", message)


def test_9_2_a_task_under_way_is_not_run_again_by_a_repair(world):
    sink = Repairing()
    world.connect(Eventing(sinks={"far": sink}))
    started = world.run([simple("first"), task("EVENT", "tell", sink="far:away")])
    sink.world, sink.started = world, started

    world.complete("first")

    assert 1 == sink.calls
    assert "COMPLETED" == world.status(started)


# --- definitions and inputs ----------------------------------------------------------


def test_9_2_nulls_are_values(world):
    given = {"p1": "${workflow.input.param1}", "p2": "${workflow.input.param2}"}
    second = {"key": "${first.output.some}", "deep": "${first.output.other}"}
    started = world.run(
        [
            simple("first", inputParameters={**given, "none": None}),
            simple("second", inputParameters=second),
        ],
        {"param1": "value", "param2": None},
    )
    shown = world.workflow(started)
    assert {"param1": "value", "param2": None} == shown["input"]
    polled = world.take("first")
    assert {"p1": "value", "p2": None, "none": None} == polled["inputData"]

    output = {"some": None, "other": {"a": 1, "A": None}}
    world.report(polled, output=output)

    assert output == world.output_of(started, "first")
    assert {"key": None, "deep": {"a": 1, "A": None}} == world.take("second")[
        "inputData"
    ]


def test_9_2_a_definition_without_a_schema_version_has_the_second(world):
    for name, fields in (("without", {}), ("with", {"schemaVersion": 2})):
        document = {"name": name, "tasks": [simple("t")], **fields}
        world.podium.definitions.update_workflows([WorkflowDef.from_json(document)])

        found = world.podium.definitions.workflow(name, 1)
        assert 2 == found.to_json()["schemaVersion"]


def test_9_2_a_workflow_without_tasks_has_completed(world):
    """A client cannot start one (2.2), but an expression may make one."""
    param = {"name": "empty", "workflowDefinition": "${workflow.input.definition}"}
    made = task("SUB_WORKFLOW", "sub", subWorkflowParam=param)
    definition = {"name": "empty", "tasks": [], "schemaVersion": 2}
    started = world.run([made], {"definition": definition})

    child = below(world, started, "sub")
    assert ("COMPLETED", []) == (world.status(child), world.tasks(child))
    assert "COMPLETED" == world.status(started)


def test_9_2_a_template_has_texts_maps_and_lists_of_expressions(world):
    body = {
        "paths": ["${workflow.input.path1}", "${workflow.input.path2}"],
        "details": "${workflow.input.details}",
    }
    request = {"method": "GET", "uri": "/get/something", "body": body}
    world.register_task("templated", inputTemplate={"http_request": request})
    details = {"key1": "value1", "key2": 42}

    world.run(
        [simple("templated")],
        {"path1": "file://1", "path2": "file://2", "details": details},
    )

    given = world.take("templated")["inputData"]["http_request"]
    assert ("GET", "/get/something") == (given["method"], given["uri"])
    assert {"paths": ["file://1", "file://2"], "details": details} == given["body"]


def test_9_2_start_workflow_may_bring_its_own_definition(world):
    definition = {"name": "made_up", "version": 1, "tasks": [simple("inside")]}
    request = {"name": "made_up", "workflowDef": definition, "input": {"x": 1}}
    begin = task("START_WORKFLOW", "begin", inputParameters={"startWorkflow": request})
    started = world.run([begin], correlationId="c")

    other = world.workflow(world.output_of(started, "begin")["workflowId"])
    assert ("RUNNING", "c", 1) == (
        other["status"],
        other["correlationId"],
        other["input"]["x"],
    )
    assert other["workflowId"] == world.take("inside")["workflowInstanceId"]
