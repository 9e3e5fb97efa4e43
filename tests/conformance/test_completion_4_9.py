"""How a workflow ends: output, names that failed, failure workflow, parent: 4.9."""

import pytest

from world import MINUTE, SECOND, simple, task

COMPENSATE = "compensate"


# --- output ------------------------------------------------------------------------


def test_4_9_output_is_what_the_definition_says(world):
    started = world.run(
        [simple("work"), simple("last")],
        {"a": 1},
        outputParameters={
            "in": "${workflow.input.a}",
            "out": "${work.output.b}",
            "missing": "${nobody.output.c}",
            "fixed": [True],
        },
    )
    world.complete("work", {"b": 2})
    world.complete("last")

    assert {"in": 1, "out": 2, "missing": None, "fixed": [True]} == (
        world.output(started)
    )


def test_4_9_output_is_that_of_the_last_task_otherwise(world):
    started = world.run([simple("work"), simple("last")])
    world.complete("work", {"b": 2})
    world.complete("last", {"c": 3})

    assert {"c": 3} == world.output(started)


def test_4_9_last_is_who_was_scheduled_last(world):
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple("one")], [simple("two")]])
    started = world.run([fork, task("JOIN", "join", joinOn=["one", "two"])])
    world.complete("two", {"n": 2})
    world.complete("one", {"n": 1})

    assert {"one": {"n": 1}, "two": {"n": 2}} == world.output(started)


def test_4_9_output_of_a_failure_is_computed_as_well(world):
    started = world.run(
        [simple("work", retryCount=0)],
        outputParameters={
            "seen": "${work.output.b}",
            "task": "${work.status}",
            "flow": "${workflow.status}",
        },
    )
    world.report(world.take("work"), "FAILED", output={"b": 2})

    assert {"seen": 2, "task": "FAILED", "flow": "FAILED"} == world.output(started)


def test_4_9_output_of_a_failure_is_that_of_the_last_task_in_the_list(world):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[simple("work", retryCount=0)], [simple("other"), simple("more")]],
    )
    started = world.run([fork, task("JOIN", "join", joinOn=["work", "more"])])
    world.complete("other")
    world.report(world.take("more"), "IN_PROGRESS", output={"half": True})
    world.report(world.take("work"), "FAILED", output={"b": 2})

    assert ("FAILED", {"half": True}) == (world.status(started), world.output(started))


def test_4_9_output_of_terminate_wins(world):
    terminate = task(
        "TERMINATE",
        "end",
        inputParameters={
            "terminationStatus": "COMPLETED",
            "workflowOutput": {"from": "terminate"},
        },
    )
    started = world.run([terminate], outputParameters={"from": "definition"})

    assert {"from": "terminate"} == world.output(started)


def test_4_9_nothing_follows_a_terminate(world):
    terminate = task(
        "TERMINATE", "end", inputParameters={"terminationStatus": "COMPLETED"}
    )
    started = world.run([terminate, simple("never")])

    assert [("end", "COMPLETED")] == world.tasks(started)
    end = world.task(started, "end")["taskId"]
    assert (
        f"Workflow is COMPLETED by TERMINATE task: {end}"
        == world.workflow(started)["reasonForIncompletion"]
    )


def test_4_9_output_is_empty_while_the_workflow_runs(world):
    started = world.run([simple("work"), simple("after")])
    world.complete("work", {"b": 2})

    assert {} == world.output(started)


# --- failed names ------------------------------------------------------------------


def _names(world, started):
    shown = world.workflow(started)
    return shown["failedReferenceTaskNames"], shown["failedTaskNames"]


def test_4_9_failed_names_are_references_and_names(world):
    started = world.run([simple("ref", "name", retryCount=0)])
    world.fail("name")

    assert (["ref"], ["name"]) == _names(world, started)


def test_4_9_failed_names_have_attempts_that_failed_even_on_success(world):
    world.register_task("work", retryDelaySeconds=0)
    started = world.run([simple("work"), simple("after")])
    world.fail("work")
    assert ([], []) == _names(world, started)
    world.complete("work")
    world.complete("after")

    assert ("COMPLETED", (["work"], ["work"])) == (
        world.status(started),
        _names(world, started),
    )


@pytest.mark.parametrize("status", ["FAILED", "FAILED_WITH_TERMINAL_ERROR"])
def test_4_9_failed_names_have_permissive_failures(world, status):
    started = world.run([simple("work", retryCount=0, permissive=True)])
    world.fail("work", status=status)

    assert (["work"], ["work"]) == _names(world, started)


def test_4_9_failed_names_leave_out_what_completed_with_errors(world):
    started = world.run([simple("work", retryCount=0, optional=True)])
    world.fail("work")

    assert ("COMPLETED", ([], [])) == (world.status(started), _names(world, started))


def test_4_9_failed_names_leave_out_timeouts_and_cancellations(world):
    world.register_task("work", retryCount=0, responseTimeoutSeconds=10)
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple("work")], [simple("other")]])
    started = world.run([fork, task("JOIN", "join", joinOn=["work", "other"])])
    world.take("work")
    world.advance(10 * SECOND)

    assert ("TIMED_OUT", ([], [])) == (world.status(started), _names(world, started))


def test_4_9_failed_references_have_the_suffix_of_their_loop(world):
    loop = task(
        "DO_WHILE",
        "loop",
        loopCondition="$.loop['iteration'] < 2",
        loopOver=[simple("work", retryCount=0)],
    )
    started = world.run([loop])
    world.complete("work")
    world.fail("work")

    references, names = _names(world, started)
    assert ("work__2", "work") == (references[0], names[0])


def test_4_9_search_row_has_the_names_too(world):
    world.register_task("work", retryDelaySeconds=0)
    started = world.run([simple("work")])
    world.fail("work")
    world.complete("work")

    found = world.podium.searching.search(
        f"workflowId='{started}'", free_text="*", sort=None, start=0, size=1
    )
    [row] = found.rows
    assert ("work", ("work",)) == (
        row.failed_reference_task_names,
        row.failed_task_names,
    )


# --- the failure workflow ----------------------------------------------------------


def _with_failure_workflow(world, tasks=None, workflow_input=None, **fields):
    world.register(COMPENSATE, [simple("repair")])
    fields.setdefault("failureWorkflow", COMPENSATE)
    return world.run(
        tasks or [simple("work", retryCount=0)],
        workflow_input or {"a": 1},
        correlationId="c",
        taskToDomain={"nothing": "d"},
        **fields,
    )


def _compensation(world, started):
    failure = world.output(started)["conductor.failure_workflow"]
    return world.workflow(failure)


def test_4_9_failure_workflow_is_started_with_what_failed(world):
    started = _with_failure_workflow(world)
    failed = world.fail("work", "it broke")

    found = _compensation(world, started)
    given = dict(found["input"])
    failed_workflow = given.pop("failedWorkflow")
    assert {
        "a": 1,
        "workflowId": started,
        "reason": world.workflow(started)["reasonForIncompletion"],
        "failureStatus": "FAILED",
        "failureTaskId": failed["taskId"],
    } == given
    assert (COMPENSATE, "c", {"nothing": "d"}) == (
        found["workflowName"],
        found["correlationId"],
        found["taskToDomain"],
    )
    assert (started, "FAILED", ["work"]) == (
        failed_workflow["workflowId"],
        failed_workflow["status"],
        [one["referenceTaskName"] for one in failed_workflow["tasks"]],
    )
    assert 1 == len(world.poll("repair"))


def test_4_9_failure_workflow_may_be_named_by_version(world):
    world.register(COMPENSATE, [simple("new")], version=2)
    started = _with_failure_workflow(world, failureWorkflowVersion=1)
    world.fail("work")

    assert 1 == _compensation(world, started)["workflowVersion"]


@pytest.mark.parametrize("name", ["$.input.handler", "${workflow.input.handler}"])
def test_4_9_failure_workflow_may_be_named_by_the_input(world, name):
    started = _with_failure_workflow(
        world, workflow_input={"handler": COMPENSATE}, failureWorkflow=name
    )
    world.fail("work")

    assert COMPENSATE == _compensation(world, started)["workflowName"]


@pytest.mark.parametrize(
    "fields",
    [
        {"failureWorkflow": "nobody"},
        {"failureWorkflowVersion": 7},
        {"failureWorkflow": "$.input.handler"},
        {"failureWorkflow": "$x"},
    ],
    ids=["unknown", "unknown-version", "no-such-input", "no-path"],
)
def test_4_9_failure_workflow_that_is_not_there_is_told_in_the_output(world, fields):
    started = _with_failure_workflow(world, **fields)
    world.fail("work")

    assert "FAILED" == world.status(started)
    told = world.output(started)["conductor.failure_workflow"]
    assert "failed to start" in told
    assert "None" not in told


def test_4_9_failure_workflow_of_a_timeout(world):
    started = _with_failure_workflow(
        world, timeoutSeconds=10, timeoutPolicy="TIME_OUT_WF"
    )
    world.advance(10 * SECOND)

    given = _compensation(world, started)["input"]
    assert "TIMED_OUT" == given["failureStatus"]
    assert "failureTaskId" not in given


@pytest.mark.parametrize("status", ["FAILED", "TERMINATED"])
def test_4_9_failure_workflow_of_a_terminate_task(world, status):
    terminate = task("TERMINATE", "end", inputParameters={"terminationStatus": status})
    started = _with_failure_workflow(world, [terminate])

    assert status == _compensation(world, started)["input"]["failureStatus"]


def test_4_9_a_failure_workflow_in_the_archive_does_not_run_again(world):
    started = _with_failure_workflow(world)
    world.fail("work")
    done = world.complete("repair")
    world.podium.workflows.remove(done["workflowInstanceId"], archive=True)
    world.settle()

    world.advance(2 * MINUTE)
    world.podium.administration.repair(started)
    world.settle()

    assert [] == world.poll("repair")


def test_4_9_no_failure_workflow_of_success_or_of_termination_by_hand(world):
    first = _with_failure_workflow(world)
    world.complete("work")
    second = world.start("tested")
    world.podium.workflows.terminate(second, "enough")

    assert [{}, {}] == [world.output(first), world.output(second)]
    assert [] == world.poll("repair")


# --- the parent --------------------------------------------------------------------

CHILD_ENDS = [
    ("COMPLETED", "COMPLETED"),
    ("FAILED", "FAILED"),
    ("TERMINATED", "CANCELED"),
    ("TIMED_OUT", "TIMED_OUT"),
]


def _parent(world, **fields):
    world.register(
        "child",
        [simple("work", retryCount=0)],
        timeoutSeconds=60,
        timeoutPolicy="TIME_OUT_WF",
    )
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"}, **fields)]
    )
    return started, world.task(started, "sub")["subWorkflowId"]


def _end_child(world, child, status):
    if status == "COMPLETED":
        world.complete("work", {"b": 2})
    elif status == "FAILED":
        world.fail("work")
    elif status == "TERMINATED":
        world.podium.workflows.terminate(child, "enough")
        world.settle()
    else:
        world.advance(60 * SECOND)


@pytest.mark.parametrize(("status", "shown"), CHILD_ENDS)
def test_4_9_child_ends_its_task_and_stays_as_it_ended(world, status, shown):
    started, child = _parent(world)
    _end_child(world, child, status)

    sub = world.task(started, "sub")
    why = world.workflow(child).get("reasonForIncompletion")
    assert (status, shown) == (world.status(child), sub["status"])
    assert (why and f"Sub workflow child.1/{child} failure reason: {why}") == (
        sub.get("reasonForIncompletion")
    )


def test_4_9_output_of_the_child_is_merged_into_its_task(world):
    started, child = _parent(world)
    world.complete("work", {"b": 2})

    assert {"subWorkflowId": child, "b": 2} == world.output(started)


def test_4_9_child_that_ends_while_its_parent_is_paused(world):
    started, _ = _parent(world)
    world.podium.workflows.pause(started)
    world.complete("work")
    assert [("sub", "COMPLETED")] == world.tasks(started)
    assert "PAUSED" == world.status(started)

    world.podium.workflows.resume(started)

    assert "COMPLETED" == world.status(started)


def test_4_9_late_end_of_a_superseded_child_is_dropped(world):
    world.register_task(
        "sub", timeoutSeconds=10, responseTimeoutSeconds=10, timeoutPolicy="RETRY"
    )
    started, first = _parent(world)
    world.advance(10 * SECOND)
    assert [("sub", "TIMED_OUT"), ("sub", "SCHEDULED")] == world.tasks(started)
    assert "TERMINATED" == world.status(first)
    world.advance(60 * SECOND)
    world.complete("work")

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (None, "Parent workflow has been terminated with status TERMINATED"),
        ("enough", "Parent workflow has been terminated with reason: enough"),
    ],
)
def test_4_9_termination_of_the_parent_terminates_the_child(world, reason, shown):
    started, child = _parent(world)
    world.podium.workflows.terminate(started, reason)
    world.settle()

    found = world.workflow(child)
    assert ("TERMINATED", shown) == (found["status"], found["reasonForIncompletion"])


def test_4_9_termination_of_the_parent_before_its_child_is_started(world):
    world.register("child", [simple("work")])
    world.register(
        "parent", [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})]
    )
    started = world.start("parent", settle=False)
    world.podium.workflows.terminate(started, None)
    world.settle()

    assert [("sub", "CANCELED")] == world.tasks(started)
    assert [] == world.poll("work")
