"""idempotencyKey and idempotencyStrategy of SUB_WORKFLOW: reference 2.5, 3.7, 4.11."""

import pytest

from podium.model.requests import RerunWorkflowRequest
from podium.service.messages import LaunchTask, encode_message
from world import MINUTE, do_while, fork_join, join_on, simple, task


def sub(strategy=None, key="k", ref="sub", **fields):
    params = {"name": "child", "idempotencyKey": key}
    if strategy:
        params["idempotencyStrategy"] = strategy
    return task("SUB_WORKFLOW", ref, subWorkflowParam=params, **fields)


@pytest.fixture
def flow(world):
    world.register(
        "child", [simple("in_child")], outputParameters={"n": "${in_child.output.n}"}
    )
    return world


def child_of(world, parent, ref="sub"):
    return world.task(parent, ref)["subWorkflowId"]


def other(world):
    """Start a workflow with the key, as anybody may."""
    return world.start("child", idempotencyKey="k")


def ends(world, child, status="COMPLETED"):
    """End a child that waits for its worker."""
    if status == "TERMINATED":
        world.take("in_child")
        world.podium.workflows.terminate(child, "why")
        world.settle()
    elif status == "FAILED":
        world.fail("in_child", "why", "FAILED_WITH_TERMINAL_ERROR")
    else:
        world.complete("in_child", {"n": 1})


STRATEGIES = (None, "FAIL", "FAIL_ON_RUNNING", "RETURN_EXISTING")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_3_7_a_free_key_starts_a_child_of_its_own(flow, strategy):
    parent = flow.run([sub(strategy)])

    child = flow.workflow(child_of(flow, parent))
    assert ("k", parent) == (child["idempotencyKey"], child["parentWorkflowId"])
    ends(flow, child["workflowId"])
    assert ("COMPLETED", {"n": 1}) == (
        flow.status(parent),
        {"n": flow.output_of(parent, "sub")["n"]},
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_3_7_a_launch_that_comes_twice_starts_one_child(flow, strategy):
    parent = flow.run([sub(strategy)])
    for _ in range(2):
        message = encode_message(LaunchTask(seq=1))
        flow.opened.home.commands.send(parent, message)
        flow.settle()

    assert ["IN_PROGRESS"] == [status for _, status in flow.tasks(parent)]
    assert 1 == len(flow.poll("in_child", count=2))


@pytest.mark.parametrize("strategy", [None, "FAIL", "FAIL_ON_RUNNING"])
def test_3_7_a_key_that_is_taken_fails_the_task(flow, strategy):
    taken = other(flow)
    parent = flow.run([sub(strategy)])

    shown = flow.task(parent, "sub")
    assert (
        "FAILED",
        f"Workflow child with idempotency key k already exists: {taken}",
    ) == (
        shown["status"],
        shown["reasonForIncompletion"],
    )
    assert "RUNNING" == flow.status(taken)


def test_3_7_fail_is_for_good_when_the_first_has_ended(flow):
    ends(flow, other(flow))

    assert "FAILED" == flow.status_of(flow.run([sub("FAIL")]), "sub")


def test_3_7_fail_on_running_starts_anew_once_the_first_has_ended(flow):
    first = other(flow)
    ends(flow, first)
    parent = flow.run([sub("FAIL_ON_RUNNING")])

    child = child_of(flow, parent)
    assert child != first
    ends(flow, child)
    assert "COMPLETED" == flow.status(parent)


@pytest.mark.parametrize(
    ("status", "task_status"),
    [("COMPLETED", "COMPLETED"), ("FAILED", "FAILED"), ("TERMINATED", "CANCELED")],
)
def test_3_7_return_existing_waits_for_the_end_of_the_first(flow, status, task_status):
    first = other(flow)
    parent = flow.run([sub("RETURN_EXISTING")])

    assert ("IN_PROGRESS", first) == (
        flow.status_of(parent, "sub"),
        child_of(flow, parent),
    )
    assert "parentWorkflowId" not in flow.workflow(first)
    ends(flow, first, status)
    assert task_status == flow.status_of(parent, "sub")


def test_3_7_return_existing_takes_the_end_of_one_that_has_ended(flow):
    first = other(flow)
    ends(flow, first)
    parent = flow.run([sub("RETURN_EXISTING")])

    assert {"n": 1, "subWorkflowId": first} == flow.output_of(parent, "sub")
    assert "COMPLETED" == flow.status(parent)


def test_3_7_many_may_wait_for_one(flow):
    first = other(flow)
    parents = [flow.run([sub("RETURN_EXISTING")]) for _ in range(3)]
    ends(flow, first)

    assert ["COMPLETED"] * 3 == [flow.status(parent) for parent in parents]


def test_3_7_a_parent_that_ends_leaves_what_it_did_not_start(flow):
    first = other(flow)
    parent = flow.run([sub("RETURN_EXISTING")])
    flow.podium.workflows.terminate(parent, "enough")
    flow.settle()

    assert ("TERMINATED", "RUNNING") == (flow.status(parent), flow.status(first))
    ends(flow, first)
    assert "CANCELED" == flow.status_of(parent, "sub")


def test_3_7_a_parent_that_ends_ends_the_child_that_it_started(flow):
    owner = flow.run([sub("RETURN_EXISTING")], name="owner")
    guest = flow.run([sub("RETURN_EXISTING")], name="guest")
    flow.podium.workflows.terminate(owner, "enough")
    flow.settle()

    assert "TERMINATED" == flow.status(child_of(flow, owner))
    assert "CANCELED" == flow.status_of(guest, "sub")


def test_3_7_a_task_that_times_out_leaves_what_it_did_not_start(flow):
    first = other(flow)
    definition = {
        "name": "sub",
        "retryCount": 0,
        "timeoutSeconds": 60,
        "responseTimeoutSeconds": 60,
    }
    parent = flow.run([sub("RETURN_EXISTING", taskDefinition=definition)])
    flow.advance(MINUTE)

    assert ("TIMED_OUT", "RUNNING") == (flow.status(parent), flow.status(first))


def test_3_7_a_key_is_resolved_like_every_parameter(flow):
    first = flow.start("child", idempotencyKey="order-7")
    tasks = [sub("${workflow.input.how}", "order-${workflow.input.id}")]
    tasks[0]["subWorkflowParam"]["idempotencyStrategy"] = "RETURN_EXISTING"
    parent = flow.run(tasks, {"id": 7})

    assert first == child_of(flow, parent)


def test_3_7_a_workflow_cannot_wait_for_its_own_end(flow):
    flow.register("child", [sub("RETURN_EXISTING")])
    parent = other(flow)

    shown = flow.task(parent, "sub")
    assert ("FAILED", f"Workflow {parent} cannot wait for its own end") == (
        shown["status"],
        shown["reasonForIncompletion"],
    )


def test_3_7_without_a_key_every_child_is_another(flow):
    parents = [flow.run([sub("RETURN_EXISTING", "")]) for _ in range(2)]

    assert 2 == len({child_of(flow, parent) for parent in parents})


def test_3_7_start_workflow_has_keys_too(flow):
    request = {
        "name": "child",
        "idempotencyKey": "k",
        "idempotencyStrategy": "RETURN_EXISTING",
    }
    start = task("START_WORKFLOW", "start", inputParameters={"startWorkflow": request})
    outputs = [flow.output_of(flow.run([start]), "start") for _ in range(2)]

    assert outputs[0] == outputs[1]


# --- tried again -------------------------------------------------------------------


def retry(world, workflow_id, **options):
    world.podium.recovery.retry(workflow_id, **options)
    world.settle()


def with_retries(number=1):
    return {"name": "sub", "retryCount": number, "retryDelaySeconds": 0}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("status", ["FAILED", "TERMINATED"])
def test_3_7_a_retry_is_not_hindered_by_the_key_of_the_attempt_before(
    flow, strategy, status
):
    parent = flow.run([sub(strategy)])
    first = child_of(flow, parent)
    ends(flow, first, status)

    retry(flow, parent)

    second = child_of(flow, parent)
    assert first != second
    assert ("k", parent) == (
        flow.workflow(second)["idempotencyKey"],
        flow.workflow(second)["parentWorkflowId"],
    )
    ends(flow, second)
    assert "COMPLETED" == flow.status(parent)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_3_7_a_retry_by_the_definition_starts_another_child_with_the_key(
    flow, strategy
):
    parent = flow.run([sub(strategy, taskDefinition=with_retries(2))])
    for _ in range(2):
        ends(flow, child_of(flow, parent), "FAILED")
    ends(flow, child_of(flow, parent))

    assert "COMPLETED" == flow.status(parent)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_3_7_a_child_whose_task_timed_out_leaves_its_key_to_the_next(flow, strategy):
    limits = {
        **with_retries(),
        "timeoutSeconds": 60,
        "responseTimeoutSeconds": 60,
        "timeoutPolicy": "RETRY",
    }
    parent = flow.run([sub(strategy, taskDefinition=limits)])
    first = child_of(flow, parent)
    flow.advance(MINUTE)

    second = child_of(flow, parent)
    assert first != second
    assert ("TERMINATED", "RUNNING") == (flow.status(first), flow.status(second))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_3_7_a_rerun_starts_another_child_with_the_key(flow, strategy):
    parent = flow.run([sub(strategy)])
    ends(flow, child_of(flow, parent), "FAILED")
    again = {"reRunFromTaskId": flow.task(parent, "sub")["taskId"]}
    flow.podium.recovery.rerun(parent, RerunWorkflowRequest.from_json(again))
    flow.settle()
    ends(flow, child_of(flow, parent))

    assert "COMPLETED" == flow.status(parent)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_3_7_a_restart_starts_another_child_with_the_key(flow, strategy):
    parent = flow.run([sub(strategy)])
    ends(flow, child_of(flow, parent), "FAILED")
    flow.podium.recovery.restart(parent)
    flow.settle()
    ends(flow, child_of(flow, parent))

    assert "COMPLETED" == flow.status(parent)


def test_3_7_what_was_done_with_a_key_is_not_done_again(flow):
    parent = flow.run([sub("FAIL"), simple("after")])
    ends(flow, child_of(flow, parent))
    flow.podium.workflows.terminate(parent, "enough")
    flow.podium.recovery.restart(parent)
    flow.settle()

    assert "FAILED" == flow.status_of(parent, "sub")


def test_3_7_what_was_done_with_a_key_is_taken_over_by_a_restart(flow):
    parent = flow.run([sub("RETURN_EXISTING")])
    child = child_of(flow, parent)
    ends(flow, child)
    flow.podium.recovery.restart(parent)
    flow.settle()

    assert ("COMPLETED", child) == (flow.status(parent), child_of(flow, parent))


def test_3_7_a_key_of_somebody_else_hinders_every_retry(flow):
    ends(flow, other(flow), "FAILED")
    parent = flow.run([sub("FAIL")])
    retry(flow, parent)

    assert ["FAILED", "FAILED"] == [status for _, status in flow.tasks(parent)]


def test_3_7_an_iteration_is_hindered_by_the_key_of_the_one_before(flow):
    parent = flow.run([do_while(sub("FAIL", optional=True))])
    ends(flow, child_of(flow, parent, "sub__1"), "FAILED")

    assert "already exists" in flow.task(parent, "sub__2")["reasonForIncompletion"]


# --- children of others, brought back ----------------------------------------------


def test_3_7_a_retry_that_resumes_leaves_alone_what_somebody_else_started(flow):
    first = other(flow)
    parent = flow.run([sub("RETURN_EXISTING")])
    ends(flow, first, "FAILED")

    retry(flow, parent, resume=True)

    assert "FAILED" == flow.status(first)
    assert ["FAILED", "FAILED"] == [status for _, status in flow.tasks(parent)]


def test_3_7_a_retry_that_resumes_waits_for_what_somebody_else_brought_back(flow):
    first = other(flow)
    parent = flow.run([sub("RETURN_EXISTING"), simple("last")])
    ends(flow, first, "TERMINATED")
    retry(flow, first)
    assert "RUNNING" == flow.status(parent)
    flow.podium.workflows.terminate(parent, "enough")
    flow.settle()

    retry(flow, parent, resume=True)

    assert ("IN_PROGRESS", "RUNNING") == (
        flow.status_of(parent, "sub"),
        flow.status(first),
    )
    ends(flow, first)
    assert 1 == len(flow.poll("last"))


def test_3_7_a_child_that_is_brought_back_leaves_alone_what_others_started(flow):
    flow.register("own", [simple("in_own")])
    first = other(flow)
    own = task("SUB_WORKFLOW", "own", subWorkflowParam={"name": "own"})
    branches = [[own], [sub("RETURN_EXISTING")]]
    parent = flow.run([fork_join(*branches), join_on("own", "sub")])
    ends(flow, first, "TERMINATED")
    assert "TERMINATED" == flow.status(child_of(flow, parent, "own"))
    retry(flow, child_of(flow, parent, "own"))

    assert "TERMINATED" == flow.status(first)


def test_3_7_a_parent_that_resumes_brings_back_the_child_that_it_started(flow):
    owner = flow.run([sub("RETURN_EXISTING")], name="owner")
    guest = flow.run([sub("RETURN_EXISTING")], name="guest")
    child = child_of(flow, owner)
    ends(flow, child, "FAILED")

    retry(flow, owner, resume=True)

    assert ["RUNNING"] * 3 == [flow.status(one) for one in (child, owner, guest)]
    ends(flow, child)
    assert ["COMPLETED"] * 2 == [flow.status(one) for one in (owner, guest)]
