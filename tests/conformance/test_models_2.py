"""Definitions, requests, workflows and tasks, as JSON: reference 1.0, 2.1-2.10."""

import pytest

from podium.errors import InvalidInput
from podium.model.requests import StartWorkflowRequest
from podium.model.signal_response import WorkflowSignalReturnStrategy
from world import SECOND, do_while, fork_join, join_on, simple, task

OF_WORKFLOW = {
    "status",
    "workflowId",
    "workflowName",
    "workflowVersion",
    "startTime",
    "endTime",
    "createTime",
    "updateTime",
    "input",
    "output",
    "variables",
    "tasks",
    "taskToDomain",
    "priority",
    "failedReferenceTaskNames",
    "failedTaskNames",
    "workflowDefinition",
}
OF_TASK = {
    "taskType",
    "status",
    "inputData",
    "outputData",
    "referenceTaskName",
    "taskDefName",
    "taskId",
    "workflowInstanceId",
    "workflowType",
    "retryCount",
    "seq",
    "pollCount",
    "iteration",
    "callbackAfterSeconds",
    "startDelayInSeconds",
    "workflowPriority",
    "scheduledTime",
    "startTime",
    "endTime",
    "updateTime",
    "retried",
    "executed",
    "callbackFromWorker",
    "subworkflowChanged",
    "responseTimeoutSeconds",
    "workflowTask",
    "executionMetadata",
}


def test_1_0_nulls_and_empty_values_of_maps_are_kept(world):
    given = {"nothing": None, "text": "", "list": [], "map": {"inner": None}}
    started = world.run([simple("work")], given)

    assert given == world.workflow(started)["input"]


def test_2_1_a_definition_knows_when_it_was_made_and_changed(world):
    world.register("flow", [simple("work")])
    made = world.podium.definitions.workflow("flow", 1)
    world.advance(SECOND)
    world.register("flow", [simple("work")], description="changed")
    changed = world.podium.definitions.workflow("flow", 1)

    assert made.create_time == changed.create_time > 0
    assert changed.update_time == made.create_time + SECOND


@pytest.mark.parametrize(
    ("priority", "message"),
    [
        (-1, "priority: -1 should be minimum 0"),
        (100, "priority: 100 should be maximum 99"),
    ],
)
def test_2_5_a_priority_is_between_0_and_99(world, priority, message):
    world.register("flow", [simple("work")])

    with pytest.raises(InvalidInput) as refused:
        world.start("flow", priority=priority)

    assert [message] == [one.message for one in refused.value.findings]


def test_2_6_a_workflow_has_conductors_fields(world):
    shown = world.workflow(world.run([simple("work")]))

    assert OF_WORKFLOW <= shown.keys()
    assert shown["startTime"] == shown["createTime"] > 0
    assert 0 == shown["endTime"]


def test_2_7_a_task_has_conductors_fields(world):
    world.run([simple("work")])
    taken = world.take("work")

    assert OF_TASK <= taken.keys()
    assert ("work", 1, 0, 1) == (
        taken["taskType"],
        taken["seq"],
        taken["retryCount"],
        taken["pollCount"],
    )


def _inline_request(**fields):
    definition = {"name": "inline", "tasks": [task("WAIT", "pause")]}
    return StartWorkflowRequest.from_json(
        {"name": "inline", "workflowDef": definition, **fields}
    )


def test_1_1_a_start_with_its_definition_keeps_the_input_as_it_was_given(world):
    started = world.podium.starter.start(_inline_request(input={"a": 1}))

    assert {"a": 1} == world.workflow(started)["input"]


def test_1_1_an_execution_with_its_definition_is_marked_in_its_input(world):
    given = {"a": 1, "_systemMetadata": {"mine": 2}}
    shown = world.podium.synchronous.execute(
        _inline_request(input=given),
        "r-1",
        ["pause"],
        1,
        WorkflowSignalReturnStrategy.TARGET_WORKFLOW,
    )

    assert {"a": 1, "_systemMetadata": {"mine": 2, "dynamic": True}} == shown["input"]


def test_2_7_every_task_is_said_to_be_called_back_by_its_worker(world):
    started = world.run([task("NOOP", "one"), simple("two")])

    shown = world.workflow(started)["tasks"]
    assert [True, True] == [one["callbackFromWorker"] for one in shown]


@pytest.mark.parametrize("strategy", list(WorkflowSignalReturnStrategy))
def test_2_10_an_answer_says_whom_it_is_about(world, strategy):
    world.register("flow", [task("WAIT", "pause")])
    request = StartWorkflowRequest(name="flow", correlation_id="c")
    shown = world.podium.synchronous.execute(request, "r-1", ["pause"], 1, strategy)

    assert (strategy, "r-1", "c", "RUNNING") == (
        shown["responseType"],
        shown["requestId"],
        shown["correlationId"],
        shown["targetWorkflowStatus"],
    )
    assert shown["targetWorkflowId"] == shown["workflowId"]
    is_of_task = strategy.startswith("BLOCKING_TASK")
    assert ("pause" if is_of_task else None) == shown.get("referenceTaskName")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "SWITCH",
            {
                "evaluatorType": "value-param",
                "expression": "x",
                "inputParameters": {"x": "a"},
                "decisionCases": {"a": [simple("in_case")]},
            },
        ),
        (
            "DECISION",
            {
                "caseValueParam": "x",
                "inputParameters": {"x": "a"},
                "decisionCases": {"a": [simple("in_case")]},
            },
        ),
        ("EXCLUSIVE_JOIN", {"joinOn": ["nothing"]}),
        ("JOIN", {"joinOn": ["nothing"]}),
    ],
)
def test_2_7_what_steers_the_flow_is_named_by_its_type(world, kind, fields):
    started = world.run([task(kind, "steers", name="called", **fields)])

    shown = world.task(started, "steers")
    assert (kind, "called") == (shown["taskDefName"], shown["workflowTask"]["name"])


def test_2_7_a_fork_is_named_by_its_type_and_its_loop_by_its_name(world):
    fork = fork_join([simple("a")], ref="split", name="called")
    loop = do_while(fork, join_on("a", ref="meet"), ref="turn", name="again")
    started = world.run([loop])

    assert [
        ("turn", "again"),
        ("split__1", "FORK"),
        ("a__1", "a"),
        ("meet__1", "JOIN"),
    ] == [
        (one["referenceTaskName"], one["taskDefName"])
        for one in world.workflow(started)["tasks"]
    ]
