import pytest

from podium.errors import Conflict, InvalidInput
from reruns import (
    choice_of,
    end,
    numbers,
    register_workers,
    rerun,
    rerun_from,
)
from world import SECOND, fork_join, inline, join_on, new_world, simple, task


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        register_workers(opened)
        yield opened


# --- the whole ------------------------------------------------------------------------


def test_a_whole_workflow_is_run_again_under_its_id(world):
    started = world.run([simple("a"), simple("b")], {"n": 1}, correlationId="one")
    world.complete("a")
    world.fail("b")
    created = world.workflow(started)["createTime"]
    world.advance(SECOND)

    rerun(world, started)

    shown = world.workflow(started)
    assert [("a", "SCHEDULED")] == world.tasks(started)
    assert ({"n": 1}, "one") == (shown["input"], shown["correlationId"])
    assert (created, world.clock.now()) == (
        shown["createTime"],
        shown["lastRetriedTime"],
    )
    world.complete("a")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_it_may_get_another_input_and_correlation_id(world):
    reads = simple("a", inputParameters={"n": "${workflow.input.n}"})
    started = world.run([reads], {"n": 1}, correlationId="one")
    world.complete("a")

    rerun(world, started, workflowInput={"n": 2}, correlationId="two")

    shown = world.workflow(started)
    assert ({"n": 2}, "two") == (shown["input"], shown["correlationId"])
    assert {"n": 2} == world.complete("a")["inputData"]
    row = world.opened.home.index.find([started])
    if world.opened.home.projects_inline:
        assert "{n=2}" == row[started].input


def test_its_time_begins_anew(world):
    started = world.run([simple("a")], timeoutSeconds=60, timeoutPolicy="TIME_OUT_WF")
    world.advance(61 * SECOND)

    rerun(world, started)
    world.advance(59 * SECOND)

    assert "RUNNING" == world.status(started)


# --- from a task ----------------------------------------------------------------------


def test_a_task_begins_anew_in_its_place(world):
    started = world.run([inline("first", "1"), simple("a"), simple("b")])
    held = world.fail("a")

    rerun(world, started, "a")

    again = world.task(started, "a")
    assert [("first", "COMPLETED"), ("a", "SCHEDULED")] == world.tasks(started)
    assert (held["taskId"], 0) == (again["taskId"], again["retryCount"])
    assert (0, 0, 0, {}) == (
        again["pollCount"],
        again["startTime"],
        again["endTime"],
        again["outputData"],
    )
    assert "reasonForIncompletion" not in again
    world.complete("a")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_what_came_after_it_is_done_again(world):
    started = world.run([simple("a"), simple("b"), simple("c")])
    for kind in ("a", "b", "c"):
        world.complete(kind, {"n": 1})
    first = world.task(started, "c")["taskId"]

    rerun(world, started, "b")
    assert ["a", "b"] == world.refs(started)
    world.complete("b", {"n": 2})
    world.complete("c")

    assert "COMPLETED" == world.status(started)
    assert [1, 2, 3] == numbers(world, started)
    assert first != world.task(started, "c")["taskId"]


def test_it_may_get_another_input(world):
    started = world.run([simple("a", inputParameters={"n": 1})])
    world.fail("a")
    rerun(world, started, "a")
    assert {"n": 1} == world.fail("a")["inputData"]

    rerun(world, started, "a", taskInput={"n": 2})

    assert {"n": 2} == world.complete("a")["inputData"]


def test_what_comes_after_sees_another_input_of_the_workflow(world):
    reads = simple("b", inputParameters={"n": "${workflow.input.n}"})
    started = world.run([simple("a"), reads], {"n": 1})
    world.fail("a")

    rerun(world, started, "a", workflowInput={"n": 2})
    world.complete("a")

    assert {"n": 2} == world.complete("b")["inputData"]


def test_attempts_after_it_are_gone(world):
    world.register_task("flaky", retryCount=2, retryDelaySeconds=0)
    started = world.run([simple("flaky")])
    for _ in range(3):
        world.fail("flaky")
    first = world.workflow(started)["tasks"][0]["taskId"]

    rerun_from(world, started, reRunFromTaskId=first)

    [again] = world.workflow(started)["tasks"]
    assert (first, 0, False) == (again["taskId"], again["retryCount"], again["retried"])
    world.fail("flaky")
    world.complete("flaky")
    assert "COMPLETED" == world.status(started)


def test_a_message_of_its_first_life_is_dropped(world):
    started = world.run([simple("a")])
    end(world, started)

    rerun(world, started, "a")

    assert 1 == len(world.poll("a", count=5))


def test_a_script_is_evaluated_again_with_the_input_that_it_had(world):
    counts = inline("count", "$.n + 1", n="${workflow.input.n}")
    started = world.run([counts, simple("a")], {"n": 1})
    world.complete("a")

    rerun(world, started, "count")
    assert 2 == world.output_of(started, "count")["result"]
    world.complete("a")
    rerun(world, started, "count", taskInput={"expression": "$.n * 10", "n": 5})

    assert 50 == world.output_of(started, "count")["result"]
    assert [("count", "COMPLETED"), ("a", "SCHEDULED")] == world.tasks(started)


def test_a_wait_waits_for_its_whole_time(world):
    wait = task("WAIT", "wait", inputParameters={"duration": "30 seconds"})
    started = world.run([wait])
    world.advance(10 * SECOND)
    before = world.task(started, "wait")
    end(world, started)
    world.advance(60 * SECOND)

    rerun(world, started, "wait")

    again = world.task(started, "wait")
    assert ("IN_PROGRESS", before["taskId"], 30, 0) == (
        again["status"],
        again["taskId"],
        again["callbackAfterSeconds"],
        again["pollCount"],
    )
    world.advance(29 * SECOND)
    assert "RUNNING" == world.status(started)
    world.advance(2 * SECOND)
    assert "COMPLETED" == world.status(started)


def test_a_terminate_ends_the_workflow_again(world):
    ends = task("TERMINATE", "end", inputParameters={"terminationStatus": "FAILED"})
    started = world.run([simple("a"), ends])
    world.complete("a")

    rerun(world, started, "end")
    assert "FAILED" == world.status(started)
    rerun(world, started, "end", taskInput={"terminationStatus": "COMPLETED"})

    assert "COMPLETED" == world.status(started)


# --- a choice -------------------------------------------------------------------------


def test_a_switch_may_choose_another_case(world):
    started = world.run([choice_of(), simple("a")], {"value": "one"})
    world.fail("case1")

    rerun(world, started, "choice", taskInput={"value": "two"})

    assert [("choice", "COMPLETED"), ("case2", "SCHEDULED")] == world.tasks(started)
    world.complete("case2")
    world.complete("a")
    assert "COMPLETED" == world.status(started)


def test_a_task_of_a_case_leads_on_as_before(world):
    started = world.run([choice_of(), simple("a")], {"value": "one"})
    world.complete("case1")
    world.fail("a")

    rerun(world, started, "case1")
    assert [("choice", "COMPLETED"), ("case1", "SCHEDULED")] == world.tasks(started)
    world.complete("case1")
    world.complete("a")

    assert "COMPLETED" == world.status(started)


def test_all_that_a_switch_leads_to_is_done_again(world):
    """Conductor's switch_rerun_issue: from the first task of a completed workflow."""
    wait = task("WAIT", "wait", inputParameters={"duration": "2 seconds"})
    last = inline("last", "$.seen", seen="${first.output.result}")
    choice = choice_of() | {"decisionCases": {"yes": [last]}}
    started = world.run([inline("first", "'x'"), wait, choice], {"value": "yes"})
    world.advance(3 * SECOND)
    assert "COMPLETED" == world.status(started)

    rerun(world, started, "first")
    assert ["first", "wait"] == world.refs(started)
    world.advance(3 * SECOND)

    assert "COMPLETED" == world.status(started)
    assert ["first", "wait", "choice", "last"] == world.refs(started)
    assert [1, 2, 3, 4] == numbers(world, started)
    assert "x" == world.output_of(started, "last")["result"]


# --- a fork ---------------------------------------------------------------------------


def test_a_branch_that_began_later_is_done_again(world):
    """As Conductor, what was scheduled after the task is undone, and comes again."""
    fork = fork_join([simple("a")], [simple("b")])
    started = world.run([fork, join_on("a", "b")])
    world.complete("b")
    world.fail("a")

    rerun(world, started, "a")

    assert [
        ("fork", "COMPLETED"),
        ("a", "SCHEDULED"),
        ("b", "SCHEDULED"),
        ("join", "IN_PROGRESS"),
    ] == world.tasks(started)
    world.complete("a")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_a_branch_that_began_before_is_left_alone(world):
    fork = fork_join([simple("a"), simple("c")], [simple("b"), simple("d")])
    started = world.run([fork, join_on("c", "d")])
    world.complete("b")
    world.complete("a")
    world.complete("d")
    world.fail("c")

    rerun(world, started, "c")
    assert "COMPLETED" == world.status_of(started, "d")
    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("c")

    assert "COMPLETED" == world.status(started)


def test_what_was_cancelled_beside_it_goes_on_in_its_place(world):
    wait = task("WAIT", "wait", inputParameters={"duration": "10 seconds"})
    human = task("HUMAN", "human")
    fork = fork_join([wait], [human], [simple("b")], [choice_of()])
    joined = join_on("wait", "human", "b", "choice")
    started = world.run([fork, joined], {"value": "one"})
    before = {
        one["referenceTaskName"]: one["taskId"]
        for one in world.workflow(started)["tasks"]
        if one["referenceTaskName"] != "join"  # it comes after what is rerun
    }
    world.fail("case1", status="FAILED_WITH_TERMINAL_ERROR")
    assert "CANCELED" == world.status_of(started, "wait")

    rerun(world, started, "case1")

    assert {
        "wait": "IN_PROGRESS",
        "human": "IN_PROGRESS",
        "b": "SCHEDULED",
        "join": "IN_PROGRESS",
        "case1": "SCHEDULED",
    }.items() <= dict(world.tasks(started)).items()
    after = {ref: world.task(started, ref)["taskId"] for ref in before}
    assert before == after
    world.complete("b")
    world.complete("case1")
    world.signal_task(started, "human")
    world.advance(11 * SECOND)
    assert "COMPLETED" == world.status(started)


def test_a_fork_opens_its_branches_again(world):
    fork = fork_join([simple("a")], [simple("b")])
    started = world.run([fork, join_on("a", "b"), simple("c")])
    for kind in ("a", "b", "c"):
        world.complete(kind)

    rerun(world, started, "fork")

    assert [
        ("fork", "COMPLETED"),
        ("a", "SCHEDULED"),
        ("b", "SCHEDULED"),
        ("join", "IN_PROGRESS"),
    ] == world.tasks(started)
    for kind in ("a", "b", "c"):
        world.complete(kind)
    assert "COMPLETED" == world.status(started)


def test_a_join_waits_for_what_it_waited_for(world):
    fork = fork_join([simple("a")], [simple("b")])
    started = world.run([fork, join_on("a", "b"), simple("c")])
    for kind in ("a", "b"):
        world.complete(kind)
    world.fail("c")

    rerun(world, started, "join")

    assert [("join", "COMPLETED"), ("c", "SCHEDULED")] == world.tasks(started)[-2:]
    world.complete("c")
    assert "COMPLETED" == world.status(started)


def test_a_join_that_was_over_waits_for_the_task(world):
    fork = fork_join([simple("a"), simple("c")], [simple("b")])
    started = world.run([fork, join_on("c", "b"), simple("d")])
    for kind in ("b", "a", "c", "d"):
        world.complete(kind)

    rerun(world, started, "c")

    assert [
        ("fork", "COMPLETED"),
        ("a", "COMPLETED"),
        ("b", "COMPLETED"),
        ("join", "IN_PROGRESS"),
        ("c", "SCHEDULED"),
    ] == world.tasks(started)
    world.complete("c")
    world.complete("d")
    assert "COMPLETED" == world.status(started)


def _forks_at_run_time():
    return task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
        inputParameters={
            "tasks": "${workflow.input.tasks}",
            "inputs": {"x": {"n": 1}},
        },
    )


@pytest.mark.parametrize("ref", ["fork", "x", "y"])
def test_branches_made_at_run_time_are_made_again(world, ref):
    tasks = [simple("x", "a"), simple("y", "b")]
    started = world.run(
        [_forks_at_run_time(), task("JOIN", "join"), simple("c")], {"tasks": tasks}
    )
    world.complete("a")
    world.fail("b")

    rerun(world, started, ref)

    if ref != "y":
        world.complete("a")
    world.complete("b")
    world.complete("c")
    assert "COMPLETED" == world.status(started)
    assert ["fork", "x", "y", "join", "c"] == sorted(
        world.refs(started), key=["fork", "x", "y", "join", "c"].index
    )


# --- refusals -------------------------------------------------------------------------


def test_a_running_workflow_is_not_rerun(world):
    started = world.run([simple("a")])
    for fields in ({}, {"reRunFromTaskId": world.task(started, "a")["taskId"]}):
        with pytest.raises(Conflict) as refused:
            rerun_from(world, started, **fields)
        assert (
            f"Workflow: tested.1/{started}.RUNNING is not in terminal state, "
            "unable to rerun."
        ) == refused.value.message


def test_a_task_of_nobody_and_of_somebody_else_is_not_found(world):
    started, other = world.run([simple("a")]), world.run([simple("a")])
    end(world, started)
    foreign = world.task(other, "a")["taskId"]
    for task_id in ("nobody", foreign, f"{started[:-8]}00000009"):
        with pytest.raises(InvalidInput, match=f"Task {task_id} not found"):
            rerun_from(world, started, reRunFromTaskId=task_id)


def test_a_task_that_is_undone_is_not_found_any_more(world):
    started = world.run([simple("a"), simple("b")])
    world.complete("a")
    world.fail("b")
    gone = world.task(started, "b")["taskId"]
    rerun(world, started, "a")
    world.fail("a")

    with pytest.raises(InvalidInput, match=f"Task {gone} not found"):
        rerun_from(world, started, reRunFromTaskId=gone)


def test_it_may_be_rerun_as_often_as_one_likes(world):
    started = world.run([simple("a"), simple("b")])
    for _ in range(3):
        world.complete("a")
        world.complete("b")
        assert "COMPLETED" == world.status(started)
        rerun(world, started, "a")

    assert [("a", "SCHEDULED")] == world.tasks(started)
