"""TERMINATE and NOOP: reference 3.4."""

import pytest

from world import simple, task


def _terminate(status="COMPLETED", **inputs):
    inputs = {"terminationStatus": status, **inputs}
    return task("TERMINATE", "stop", inputParameters=inputs)


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "TERMINATED"])
def test_3_4_terminate_ends_the_workflow_as_it_says(world, status):
    stop = _terminate(status, terminationReason="enough")
    started = world.run([stop, simple("never")])

    shown = world.workflow(started)
    assert [("stop", "COMPLETED")] == world.tasks(started)
    assert (status, "enough") == (shown["status"], shown["reasonForIncompletion"])


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "TERMINATED"])
@pytest.mark.parametrize("reason", [None, "", " "])
def test_3_4_terminate_without_reason_gives_one(world, status, reason):
    started = world.run([_terminate(status, terminationReason=reason)])

    task_id = world.task(started, "stop")["taskId"]
    expected = f"Workflow is {status} by TERMINATE task: {task_id}"
    assert expected == world.workflow(started)["reasonForIncompletion"]


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ({"workflowOutput": {"a": 1}}, {"a": 1}),
        ({"workflowOutput": "${workflow.input.x}"}, {"output": 5}),
        ({"workflowOutput": [1]}, {"output": [1]}),
        ({}, {}),
    ],
    ids=["map", "scalar", "list", "absent"],
)
def test_3_4_terminate_decides_on_the_output(world, given, output):
    stop = _terminate(**given)
    started = world.run([stop], {"x": 5}, outputParameters={"not": "this"})

    assert output == world.output(started)
    assert output == world.task(started, "stop")["outputData"]


def test_3_4_terminate_cancels_what_is_open(world):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[simple("slow")], [simple("quick"), _terminate()]],
    )
    join = task("JOIN", "join", joinOn=["slow", "stop"])
    started = world.run([fork, join, simple("after")])

    world.complete("quick")

    assert "COMPLETED" == world.status(started)
    assert {
        "fork": "COMPLETED",
        "slow": "CANCELED",
        "quick": "COMPLETED",
        "stop": "COMPLETED",
        "join": "CANCELED",
    } == dict(world.tasks(started))


@pytest.mark.parametrize(
    ("status", "count"), [("COMPLETED", 0), ("FAILED", 1), ("TERMINATED", 1)]
)
def test_3_4_terminate_runs_the_failure_workflow_unless_it_completes(
    world, status, count
):
    world.register("undo", [simple("clean_up")])
    world.run([_terminate(status)], failureWorkflow="undo")

    assert count == len(world.poll("clean_up", count=5))


@pytest.mark.parametrize("status", ["RUNNING", "done", None])
def test_3_4_terminate_with_a_bad_status_fails(world, status):
    started = world.run([_terminate("${workflow.input.as}")], {"as": status})

    assert [("stop", "FAILED")] == world.tasks(started)
    assert "FAILED" == world.status(started)
    reason = world.task(started, "stop")["reasonForIncompletion"]
    assert reason.startswith("given termination status is not valid")


def test_3_4_terminate_inside_a_case_ends_the_workflow(world):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="case",
        inputParameters={"case": "a"},
        decisionCases={"a": [_terminate(), simple("never")]},
    )
    started = world.run([choice, simple("never_either")])

    assert [("choice", "COMPLETED"), ("stop", "COMPLETED")] == world.tasks(started)
    assert "COMPLETED" == world.status(started)


# --- NOOP --------------------------------------------------------------------------


def test_3_4_noop_is_done_at_once(world):
    started = world.run([task("NOOP", "nothing"), simple("after")])

    assert [("nothing", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert {} == world.task(started, "nothing")["outputData"]


def test_3_4_a_thousand_tasks_at_once_are_one_decision(world):
    tasks = [task("NOOP", f"n{number}") for number in range(1000)]
    started = world.run(tasks)

    assert "COMPLETED" == world.status(started)
    assert 1000 == len(world.tasks(started))
