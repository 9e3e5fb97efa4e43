import pytest

from podium.errors import Conflict, NotFound
from world import SECOND, do_while, fork_join, inline, join_on, new_world, simple, task


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        for name in ("a", "b", "c", "flaky"):
            opened.register_task(name, retryCount=0)
        yield opened


def retry(world, workflow_id, **options):
    world.podium.recovery.retry(workflow_id, **options)
    world.settle()


def test_a_failed_task_gets_another_attempt_and_the_workflow_goes_on(world):
    started = world.run([simple("a"), simple("b")])
    world.complete("a", {"n": 1})
    failed = world.fail("b")

    retry(world, started)

    again = world.take("b")
    assert [("a", "COMPLETED"), ("b", "FAILED"), ("b", "IN_PROGRESS")] == (
        world.tasks(started)
    )
    assert (1, failed["taskId"]) == (again["retryCount"], again["retriedTaskId"])
    world.report(again)
    assert "COMPLETED" == world.status(started)


def test_what_was_is_no_reason_any_more(world):
    started = world.run([simple("a")])
    world.fail("a", "it broke")
    world.clock.advance(5 * SECOND)

    retry(world, started)

    shown = world.workflow(started)
    assert "RUNNING" == shown["status"]
    assert world.clock.now() == shown["lastRetriedTime"]
    assert 0 == shown["endTime"]
    assert "reasonForIncompletion" not in shown
    assert "reasonForIncompletion" not in world.task(started, "a")


def test_the_input_is_resolved_anew_and_there_is_no_delay(world):
    world.register_task("slow", retryCount=0, retryDelaySeconds=60)
    reads = simple("a", "slow", inputParameters={"at": "${workflow.variables.at}"})
    sets = task("SET_VARIABLE", "set", inputParameters={"at": 1})
    started = world.run([sets, reads])
    world.fail("slow")
    world.podium.recovery.retry(started)

    again = world.take("slow")

    assert ({"at": 1}, 0) == (again["inputData"], again["startDelayInSeconds"])


def test_it_may_be_retried_as_often_as_one_likes(world):
    started = world.run([simple("flaky")])
    for number in range(4):
        assert number == world.fail("flaky")["retryCount"]
        retry(world, started)

    world.complete("flaky")

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("status", ["FAILED", "FAILED_WITH_TERMINAL_ERROR", "CANCELED"])
def test_whatever_ended_it_can_be_tried_again(world, status):
    started = world.run([simple("a")])
    world.fail("a", status=status)

    retry(world, started)
    world.complete("a")

    assert "COMPLETED" == world.status(started)


def test_what_was_cancelled_with_it_is_tried_again_and_the_join_waits_on(world):
    fork = fork_join([simple("a"), simple("c")], [simple("b")])
    started = world.run([fork, join_on("c", "b")])
    world.complete("a")
    held = world.take("b")
    world.fail("c")
    join = world.task(started, "join")

    retry(world, started)

    assert [
        ("fork", "COMPLETED"),
        ("a", "COMPLETED"),
        ("b", "CANCELED"),
        ("join", "IN_PROGRESS"),
        ("c", "FAILED"),
        ("b", "SCHEDULED"),
        ("c", "SCHEDULED"),
    ] == world.tasks(started)
    assert join["taskId"] == world.task(started, "join")["taskId"]
    world.report(held)
    world.complete("b")
    world.complete("c")
    assert "COMPLETED" == world.status(started)


def test_a_join_over_a_permitted_failure_is_opened_again(world):
    fork = fork_join([simple("a", permissive=True)], [simple("b")])
    started = world.run([fork, join_on("a", "b")])
    world.fail("a")
    world.complete("b")
    assert "FAILED" == world.status(started) == world.status_of(started, "join")

    retry(world, started)

    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("a")
    assert "COMPLETED" == world.status(started)
    assert 1 == world.refs(started).count("b")


def test_a_loop_goes_on_in_the_iteration_that_failed(world):
    started = world.run([do_while(simple("a"), simple("b"))])
    world.complete("a")
    world.complete("b")
    world.complete("a")
    world.fail("b")
    loop = world.task(started, "loop")

    retry(world, started)

    again = world.task(started, "loop")
    assert ("IN_PROGRESS", 2) == (again["status"], again["iteration"])
    assert loop["taskId"] == again["taskId"]
    world.complete("b", {"n": 2})
    assert "COMPLETED" == world.status(started)
    assert {"n": 2} == world.output_of(started, "loop")["2"]["b"]


def test_a_loop_that_failed_over_a_permitted_failure_goes_on(world):
    started = world.run([do_while(simple("a", permissive=True))])
    world.fail("a")
    assert "FAILED" == world.status_of(started, "loop")

    retry(world, started)
    world.complete("a")
    world.complete("a")

    assert "COMPLETED" == world.status(started)


def test_an_exclusive_join_is_tried_again_in_its_place(world):
    cases = {"one": [simple("a", permissive=True)]}
    choice = task("SWITCH", "choice", evaluatorType="value-param", expression="case")
    choice |= {"inputParameters": {"case": "one"}, "decisionCases": cases}
    join = task("EXCLUSIVE_JOIN", "join", joinOn=["a"])
    started = world.run([choice, join])
    world.fail("a")
    assert "FAILED" == world.status_of(started, "join")

    retry(world, started)
    world.complete("a", {"n": 1})

    assert "COMPLETED" == world.status(started)
    assert {"n": 1} == world.output_of(started, "join")


def test_a_wait_begins_anew(world):
    wait = task("WAIT", "wait", inputParameters={"duration": "10 seconds"})
    started = world.run([fork_join([wait], [simple("a")]), join_on("wait", "a")])
    world.advance(8 * SECOND)
    world.fail("a")

    retry(world, started)
    world.complete("a")
    world.advance(9 * SECOND)
    assert "IN_PROGRESS" == world.status_of(started, "wait")
    world.advance(SECOND)

    assert "COMPLETED" == world.status(started)


def test_a_workflow_that_timed_out_gets_its_whole_time_again(world):
    started = world.run([simple("a")], timeoutSeconds=60, timeoutPolicy="TIME_OUT_WF")
    world.advance(61 * SECOND)
    assert "TIMED_OUT" == world.status(started)

    retry(world, started)
    world.advance(59 * SECOND)
    assert "RUNNING" == world.status(started)
    world.advance(2 * SECOND)
    assert "TIMED_OUT" == world.status(started)
    retry(world, started)
    world.complete("a")

    assert "COMPLETED" == world.status(started)


def test_one_that_timed_out_without_a_failed_task_goes_on_too(world):
    started = world.run(
        [simple("a"), simple("b")], timeoutSeconds=60, timeoutPolicy="TIME_OUT_WF"
    )
    held = world.take("a")
    world.podium.workflows.pause(started)
    world.report(held)
    world.advance(61 * SECOND)
    assert [("a", "COMPLETED")] == world.tasks(started)
    assert "TIMED_OUT" == world.status(started)

    retry(world, started)
    world.complete("b")

    assert "COMPLETED" == world.status(started)


def test_a_terminated_workflow_goes_on_with_what_was_open(world):
    started = world.run([simple("a"), simple("b")])
    world.complete("a")
    world.podium.workflows.terminate(started, "enough")

    retry(world, started)
    world.complete("b")

    assert "COMPLETED" == world.status(started)


def test_a_task_that_cannot_be_scheduled_any_more_fails_the_workflow_again(world):
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters={"tasks": [task("OWN", "a", name="b")], "inputs": {}},
    )
    started = world.run([fork, task("JOIN", "join")])
    world.fail("OWN")
    world.podium.definitions.remove_task("b")

    retry(world, started)

    assert "FAILED" == world.status(started)
    assert "b" in world.workflow(started)["reasonForIncompletion"]


def test_a_branch_that_was_made_at_run_time_is_tried_again(world):
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters={
            "tasks": [simple("x", "a"), simple("y", "b")],
            "inputs": {"x": {"n": 1}},
        },
    )
    started = world.run([fork, task("JOIN", "join")])
    world.complete("b")
    world.fail("a")

    retry(world, started)
    assert {"n": 1} == world.complete("a")["inputData"]

    assert "COMPLETED" == world.status(started)
    assert 1 == world.refs(started).count("y")


def test_a_second_failure_is_told_like_the_first(world):
    world.register("mourning", [simple("c")])
    started = world.run([simple("a")], failureWorkflow="mourning")
    world.fail("a")
    first = world.output(started)["conductor.failure_workflow"]

    retry(world, started)
    world.fail("a", "once more")

    second = world.output(started)["conductor.failure_workflow"]
    assert first != second
    assert "once more" in world.workflow(second)["input"]["reason"]
    assert ["a"] == world.workflow(started)["failedReferenceTaskNames"]


def test_a_running_workflow_is_not_retried(world):
    started = world.run([simple("a")])

    with pytest.raises(NotFound, match=r"Workflow is still running\.  status=RUNNING"):
        world.podium.recovery.retry(started)


@pytest.mark.parametrize("resume", [False, True])
def test_where_nothing_failed_there_is_nothing_to_retry(world, resume):
    started = world.run([inline("a", "1")])

    with pytest.raises(Conflict, match="There are no retryable tasks! Use restart"):
        world.podium.recovery.retry(started, resume=resume)


def test_a_workflow_that_never_had_a_task_has_not_started(world):
    started = world.run([fork_join([simple("a")])])
    assert ("FAILED", []) == (world.status(started), world.tasks(started))

    with pytest.raises(Conflict, match="Workflow has not started yet"):
        world.podium.recovery.retry(started)


def test_an_unknown_workflow_is_not_found(world):
    with pytest.raises(NotFound, match="No such workflow found by id: nobody"):
        world.podium.recovery.retry("nobody")
