"""Workflows tried out against mocks (reference 1.1 #26, 2.5)."""

import pytest

from podium.errors import InvalidInput, NotFound, ValidationFailed
from podium.model.requests import WorkflowTestRequest
from podium.service import dry_run
from world import (
    DAY,
    HOUR,
    SECOND,
    do_while,
    fork_join,
    inline,
    join_on,
    simple,
    task,
)


def try_out(world, tasks, mocks=None, **fields):
    """Try out an inline definition of these tasks."""
    definition = {
        "name": "tried",
        "version": 1,
        "ownerEmail": "owner@example.com",
        "schemaVersion": 2,
        "tasks": tasks,
        **fields.pop("definition", {}),
    }
    return world.podium.dry_runs.run(
        WorkflowTestRequest.from_json(
            {
                "name": "tried",
                "version": 1,
                "workflowDef": definition,
                "taskRefToMockOutput": mocks or {},
                **fields,
            }
        )
    )


def tasks_of(workflow):
    return [(one["referenceTaskName"], one["status"]) for one in workflow["tasks"]]


def done(**output):
    return {"status": "COMPLETED", "output": output}


def test_9_2_simple_tasks(world):
    tried = try_out(
        world, [simple("task1"), simple("task2")], {"task1": [done(key="value")]}
    )

    assert "RUNNING" == tried["status"]
    assert [("task1", "COMPLETED"), ("task2", "SCHEDULED")] == tasks_of(tried)
    assert {"key": "value"} == tried["tasks"][0]["outputData"]


def test_9_2_a_switch(world):
    switch = task(
        "SWITCH",
        "switch",
        evaluatorType="value-param",
        expression="switchCaseValue",
        inputParameters={"switchCaseValue": "${workflow.input.case}"},
        decisionCases={"a": [simple("d1", "task1")], "b": [simple("d2", "task2")]},
    )

    tried = try_out(
        world, [simple("task1"), switch], {"task1": [done()]}, input={"case": "b"}
    )

    assert tasks_of(tried) == [
        ("task1", "COMPLETED"),
        ("switch", "COMPLETED"),
        ("d2", "SCHEDULED"),
    ]


def test_1_1_a_registered_definition_is_tried_out(world):
    world.register(
        "order", [simple("charge")], outputParameters={"r": "${charge.output.r}"}
    )

    tried = world.podium.dry_runs.run(
        WorkflowTestRequest.from_json(
            {"name": "order", "taskRefToMockOutput": {"charge": [done(r=1)]}}
        )
    )

    assert ("COMPLETED", {"r": 1}) == (tried["status"], tried["output"])


def test_1_1_nothing_of_it_is_kept(world):
    tried = try_out(world, [simple("a")], {"a": [done()]}, idempotencyKey="k")
    world.settle()

    with pytest.raises(NotFound):
        world.podium.workflows.get(tried["workflowId"])
    found = world.podium.searching.search(None, None, None, 0, 10)
    assert 0 == found.total
    assert [] == world.poll("a")


def test_1_1_attempts_take_one_mock_after_the_other(world):
    world.register_task("a", retryCount=2, retryDelaySeconds=60)

    tried = try_out(
        world, [simple("a")], {"a": [{"status": "FAILED"}, done(attempt=2)]}
    )

    assert "COMPLETED" == tried["status"]
    assert [("a", "FAILED"), ("a", "COMPLETED")] == tasks_of(tried)
    assert {"attempt": 2} == tried["output"]
    assert 60 * SECOND <= tried["endTime"] - tried["startTime"]


def test_1_1_mocks_that_fail_fail_the_workflow(world):
    world.register_task("a", retryCount=0)

    tried = try_out(
        world, [simple("a")], {"a": [{"status": "FAILED_WITH_TERMINAL_ERROR"}]}
    )

    assert "FAILED" == tried["status"]


def test_1_1_without_a_mock_left_a_task_waits(world):
    world.register_task("a", retryCount=3, retryDelaySeconds=1)

    tried = try_out(world, [simple("a")], {"a": [{"status": "FAILED"}]})

    assert "RUNNING" == tried["status"]
    assert [("a", "FAILED"), ("a", "SCHEDULED")] == tasks_of(tried)


def test_1_1_what_has_mocks_goes_on_beside_what_has_none(world):
    tried = try_out(
        world,
        [fork_join([simple("a")], [simple("b"), simple("c")]), join_on("a", "c")],
        {"b": [done()], "c": [done()]},
    )

    assert tasks_of(tried) == [
        ("fork", "COMPLETED"),
        ("a", "SCHEDULED"),
        ("b", "COMPLETED"),
        ("join", "IN_PROGRESS"),
        ("c", "COMPLETED"),
    ]


def test_1_1_a_report_that_leaves_a_task_open_is_followed_by_the_next(world):
    tried = try_out(
        world,
        [simple("a")],
        {"a": [{"status": "IN_PROGRESS", "output": {"part": 1}}, done(part=2)]},
    )

    assert ("COMPLETED", {"part": 2}) == (tried["status"], tried["output"])


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("HTTP", {"http_request": {"uri": "http://127.0.0.1:1/", "method": "GET"}}),
        ("HUMAN", {}),
        ("WAIT", {}),
        ("START_WORKFLOW", {"startWorkflow": {"name": "other"}}),
        ("SUB_WORKFLOW", {}),
    ],
)
def test_1_1_nobody_is_called_that_a_mock_answers_for(world, kind, inputs):
    extra = {"subWorkflowParam": {"name": "other"}} if kind == "SUB_WORKFLOW" else {}
    world.register("other", [simple("theirs")])

    tried = try_out(
        world,
        [task(kind, "x", inputParameters=inputs, **extra)],
        {"x": [done(answer=42)]},
    )

    assert ("COMPLETED", 42) == (tried["status"], tried["output"]["answer"])


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("HTTP", {"http_request": {"uri": "http://127.0.0.1:1/", "method": "GET"}}),
        ("START_WORKFLOW", {"startWorkflow": {"name": "other"}}),
    ],
)
def test_1_1_nobody_is_called_without_a_mock_either(world, kind, inputs):
    tried = try_out(world, [task(kind, "x", inputParameters=inputs)])

    assert ("RUNNING", [("x", "SCHEDULED")]) == (tried["status"], tasks_of(tried))


def test_1_1_a_wait_is_skipped(world):
    wait = task("WAIT", "wait", inputParameters={"duration": "30 days"})

    tried = try_out(world, [wait, simple("a")], {"a": [done()]})

    assert "COMPLETED" == tried["status"]
    assert 30 * DAY == tried["endTime"] - tried["startTime"]


def test_1_1_mocks_take_their_time(world):
    tried = try_out(
        world,
        [simple("a")],
        {"a": [{"queueWaitTime": 2 * SECOND, "executionTime": 3 * SECOND}]},
    )

    [a] = tried["tasks"]
    assert 2 * SECOND == a["startTime"] - a["scheduledTime"]
    assert 3 * SECOND == a["endTime"] - a["startTime"]
    assert "COMPLETED" == tried["status"]


@pytest.mark.parametrize(
    ("limits", "mock", "status"),
    [
        ({"responseTimeoutSeconds": 10}, {"executionTime": 10 * SECOND}, "TIMED_OUT"),
        ({"responseTimeoutSeconds": 10}, {"executionTime": 9 * SECOND}, "COMPLETED"),
        ({"timeoutSeconds": 20}, {"executionTime": 21 * SECOND}, "TIMED_OUT"),
        ({"pollTimeoutSeconds": 5}, {"queueWaitTime": 6 * SECOND}, "TIMED_OUT"),
        ({"pollTimeoutSeconds": 5}, {"queueWaitTime": 4 * SECOND}, "COMPLETED"),
    ],
)
def test_1_1_a_mock_that_takes_too_long_times_out(world, limits, mock, status):
    settings = {"retryCount": 0, "timeoutPolicy": "TIME_OUT_WF", **limits}
    if "responseTimeoutSeconds" in limits:
        settings["timeoutSeconds"] = 60
    else:
        settings["responseTimeoutSeconds"] = min(limits.get("timeoutSeconds", 60), 60)
        settings["responseTimeoutSeconds"] -= 1 if "timeoutSeconds" in limits else 0
    world.register_task("a", **settings)

    tried = try_out(world, [simple("a")], {"a": [mock]})

    assert status == tried["tasks"][0]["status"]


def test_1_1_a_workflow_times_out_while_a_mock_works(world):
    tried = try_out(
        world,
        [simple("a")],
        {"a": [{"executionTime": 2 * HOUR}]},
        definition={"timeoutSeconds": 3600, "timeoutPolicy": "TIME_OUT_WF"},
    )

    assert "TIMED_OUT" == tried["status"]
    assert HOUR == tried["endTime"] - tried["startTime"]


def test_1_1_iterations_take_the_mocks_of_their_task_or_their_own(world):
    tried = try_out(
        world,
        [
            do_while(
                simple("a"), condition="if ($.loop.iteration < 3) {true;} else {false;}"
            )
        ],
        {"a": [done(n=1), done(n=3)], "a__2": [done(n="own")]},
    )

    assert "COMPLETED" == tried["status"]
    assert [1, "own", 3] == [
        one["outputData"]["n"] for one in tried["tasks"] if one["taskType"] == "a"
    ]


def test_1_1_a_child_has_a_request_of_its_own(world):
    world.register("child", [simple("c")], outputParameters={"got": "${c.output.v}"})
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child", "version": 1})

    tried = try_out(
        world,
        [sub],
        subWorkflowTestRequest={
            "sub": {"name": "child", "taskRefToMockOutput": {"c": [done(v=7)]}}
        },
    )

    assert "COMPLETED" == tried["status"]
    assert 7 == tried["output"]["got"]


def test_1_1_a_child_without_a_request_waits(world):
    world.register("child", [simple("c")])
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})

    tried = try_out(world, [sub])

    assert ("RUNNING", [("sub", "IN_PROGRESS")]) == (tried["status"], tasks_of(tried))


def test_1_1_children_of_children_have_requests_too(world):
    world.register("leaf", [simple("l")])
    leaf = task("SUB_WORKFLOW", "leaf", subWorkflowParam={"name": "leaf"})
    world.register("middle", [leaf])
    middle = task("SUB_WORKFLOW", "middle", subWorkflowParam={"name": "middle"})

    tried = try_out(
        world,
        [middle],
        subWorkflowTestRequest={
            "middle": {
                "subWorkflowTestRequest": {
                    "leaf": {"taskRefToMockOutput": {"l": [done(deep=True)]}}
                }
            }
        },
    )

    assert "COMPLETED" == tried["status"]
    assert tried["output"]["deep"]


def test_1_1_a_failure_workflow_is_not_started(world):
    world.register_task("a", retryCount=0)
    world.register("amends", [simple("apologize")])

    tried = try_out(
        world,
        [simple("a")],
        {"a": [{"status": "FAILED"}]},
        definition={"failureWorkflow": "amends"},
    )

    assert "FAILED" == tried["status"]
    assert "conductor.failure_workflow" in tried["output"]


def test_1_1_what_is_started_wrongly_is_refused_as_a_start_is(world):
    with pytest.raises(NotFound, match="No such workflow defined"):
        world.podium.dry_runs.run(WorkflowTestRequest(name="unheard_of"))
    with pytest.raises(ValidationFailed):
        world.podium.dry_runs.run(WorkflowTestRequest())


def test_1_1_a_loop_without_an_end_is_refused(world, monkeypatch):
    monkeypatch.setattr(dry_run, "MOST_STEPS", 50)
    wait = task("WAIT", "wait", inputParameters={"duration": "1 second"})

    with pytest.raises(InvalidInput, match="tried has not ended after 50 steps"):
        try_out(world, [do_while(wait, condition="true")])


def test_1_1_a_loop_without_an_end_in_one_decision_is_refused(world, monkeypatch):
    monkeypatch.setattr(dry_run, "MOST_STEPS", 2_000)
    body = task("SET_VARIABLE", "set", inputParameters={"x": 1})

    with pytest.raises(InvalidInput, match="after 2000 tasks: does a loop"):
        try_out(world, [do_while(body, condition="true")])


def test_1_1_limits_are_no_matter_where_nobody_else_is(world):
    world.register_task("sub", concurrentExecLimit=1, rateLimitPerFrequency=1)
    world.register("child", [simple("in_child")])
    params = {"name": "sub", "subWorkflowParam": {"name": "child"}}
    branches = [[task("SUB_WORKFLOW", ref, **params)] for ref in ("a", "b")]
    mocks = {"in_child": [done(n=1)]}
    children = {
        ref: {"name": "child", "taskRefToMockOutput": mocks} for ref in ("a", "b")
    }
    tasks = [fork_join(*branches), join_on("a", "b")]
    tried = try_out(world, tasks, subWorkflowTestRequest=children)

    assert "COMPLETED" == tried["status"]


def test_4_12_a_dry_run_knows_which_secrets_there_are_and_not_what_they_say(world):
    world.keep_secret("PASSWORD", "swordfish")
    given = {name: f"${{workflow.secrets.{name}}}" for name in ("PASSWORD", "MISSING")}
    tried = try_out(world, [inline("shown", "[$.PASSWORD, $.MISSING]", **given)])

    assert {"result": ["***", None]} == tried["output"]
