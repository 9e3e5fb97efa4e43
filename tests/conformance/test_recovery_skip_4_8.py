import pytest

from podium.errors import Conflict, IllegalState
from podium.model.requests import RerunWorkflowRequest, SkipTaskRequest
from world import (
    SECOND,
    do_while,
    fork_join,
    inline,
    join_on,
    new_world,
    simple,
    task,
)


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        for name in ("a", "b", "c"):
            opened.register_task(name, retryCount=0)
        yield opened


def skip(world, workflow_id, ref, **fields):
    request = SkipTaskRequest.from_json(fields) if fields else None
    world.podium.recovery.skip_task(workflow_id, ref, request)
    world.settle()


# --- skipping ------------------------------------------------------------------------


def test_a_skipped_task_is_passed_over_when_the_flow_comes_to_it(world):
    started = world.run([simple("a"), simple("b"), simple("c")])

    skip(world, started, "b")
    assert [("a", "SCHEDULED"), ("b", "SKIPPED")] == world.tasks(started)
    world.complete("a")

    assert [("a", "COMPLETED"), ("b", "SKIPPED"), ("c", "SCHEDULED")] == (
        world.tasks(started)
    )
    world.complete("c")
    assert "COMPLETED" == world.status(started)


def test_it_shows_the_input_and_output_that_it_was_given(world):
    reads = inline("reads", "$.n", n="${b.output.n}")
    started = world.run([simple("a"), simple("b", "c"), reads])

    skip(world, started, "b", taskInput={"n": 1}, taskOutput={"n": 2})
    world.complete("a")

    shown = world.task(started, "b")
    assert ("c", {"n": 1}, {"n": 2}) == (
        shown["taskType"],
        shown["inputData"],
        shown["outputData"],
    )
    assert 2 == world.output_of(started, "reads")["result"]


def test_several_in_a_row_are_passed_over(world):
    started = world.run([simple("a"), simple("b"), simple("c")])
    skip(world, started, "c")
    skip(world, started, "b")

    world.complete("a")

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("skipped", ["choice", "loop", "fork"])
def test_what_has_others_inside_is_passed_over_with_them(world, skipped):
    choice = task(
        "SWITCH",
        "choice",
        evaluatorType="value-param",
        expression="x",
        inputParameters={"x": 1},
        decisionCases={"1": [simple("b")]},
    )
    fork = fork_join([simple("b")])
    inside = {"choice": [choice], "loop": [do_while(simple("b"))], "fork": [fork]}
    rest = [join_on(ref="join")] if skipped == "fork" else []
    started = world.run([simple("a"), *inside[skipped], *rest, simple("c")])

    skip(world, started, skipped)
    world.complete("a")
    world.complete("c")

    assert "COMPLETED" == world.status(started)
    assert "b" not in world.refs(started)


def test_the_second_task_of_a_branch_may_be_skipped(world):
    fork = fork_join([simple("a"), simple("b")], [simple("c")])
    started = world.run([fork, join_on("b", "c")])

    skip(world, started, "b")
    world.complete("c")
    assert "RUNNING" == world.status(started)
    world.complete("a")

    assert "COMPLETED" == world.status(started)


def test_a_skipped_task_may_be_rerun(world):
    started = world.run([simple("a"), simple("b")])
    skip(world, started, "b")
    world.complete("a")
    skipped = world.task(started, "b")["taskId"]

    request = RerunWorkflowRequest.from_json({"reRunFromTaskId": skipped})
    world.podium.recovery.rerun(started, request)

    assert skipped == world.complete("b")["taskId"]
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("nobody", "The task referenced by nobody does not exist in the Workflow"),
        ("a", "The task referenced a has already been processed, cannot be skipped"),
    ],
)
def test_what_is_not_there_or_there_already_is_not_skipped(world, ref, message):
    started = world.run([simple("a")])

    with pytest.raises(IllegalState, match=message):
        world.podium.recovery.skip_task(started, ref)


def test_only_of_a_running_workflow_tasks_are_skipped(world):
    started = world.run([simple("a"), simple("b")])
    world.podium.workflows.pause(started)

    with pytest.raises(IllegalState) as refused:
        world.podium.recovery.skip_task(started, "b")

    assert (
        f"The workflow {started} is not running so the task referenced by b cannot be "
        "skipped"
    ) == refused.value.message


# --- callbacks -----------------------------------------------------------------------


def test_what_a_worker_wanted_back_later_is_offered_now(world):
    started = world.run([simple("a")])
    held = world.take("a")
    world.report(held, "IN_PROGRESS", {"n": 1}, callbackAfterSeconds=300)
    assert not world.poll("a")

    world.podium.recovery.reset_callbacks(started)

    assert 0 == world.task(started, "a")["callbackAfterSeconds"]
    again = world.take("a")
    assert (held["taskId"], {"n": 1}) == (again["taskId"], again["outputData"])
    world.advance(301 * SECOND)
    assert not world.poll("a")


def test_the_delay_of_a_retry_is_cut_short(world):
    world.register_task("slow", retryCount=1, retryDelaySeconds=3600)
    started = world.run([simple("a", "slow")])
    world.fail("slow")
    assert not world.poll("slow")

    world.podium.recovery.reset_callbacks(started)
    world.complete("slow")

    assert "COMPLETED" == world.status(started)


def test_what_a_worker_has_stays_with_him(world):
    started = world.run([simple("a")])
    world.report(world.take("a"), "IN_PROGRESS", callbackAfterSeconds=1)
    world.advance(2 * SECOND)
    held = world.take("a")

    world.podium.recovery.reset_callbacks(started)

    assert not world.poll("a")
    world.report(held)
    assert "COMPLETED" == world.status(started)


def test_an_ended_workflow_has_no_callbacks(world):
    started = world.run([simple("a")])
    world.complete("a")

    with pytest.raises(Conflict) as refused:
        world.podium.recovery.reset_callbacks(started)

    assert "Workflow is in terminal state. Status = COMPLETED" == refused.value.message
