import pytest

from podium.model.requests import RerunWorkflowRequest
from podium.model.task_result import TaskResult
from reruns import (
    below,
    child,
    end,
    register_workers,
    rerun,
    rerun_from,
)
from world import do_while, fork_join, inline, join_on, new_world, simple, task

WAITED_FOR = ("fails", "cancelled")


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        register_workers(opened)
        yield opened


def _fork_over_children(world):
    for name in ("fails", "cancelled", "completed"):
        world.register_task(name, retryCount=0)
        world.register(f"{name}_child", [simple(name)])
    branches = [
        [child(f"{name}_sub", f"{name}_child")]
        for name in ("fails", "cancelled", "completed")
    ]
    joined = join_on("fails_sub", "cancelled_sub", "completed_sub")
    started = world.run([simple("a"), fork_join(*branches), joined, simple("b")])
    world.complete("a")
    world.complete("completed")
    world.fail("fails", status="FAILED_WITH_TERMINAL_ERROR")
    return started, {
        name: below(world, started, f"{name}_sub")
        for name in ("fails", "cancelled", "completed")
    }


@pytest.mark.parametrize("ref", ["fails_sub", "cancelled_sub"])
def test_a_sub_workflow_gets_a_fresh_child_and_spares_completed_branches(world, ref):
    started, before = _fork_over_children(world)
    ids = [one["taskId"] for one in world.workflow(started)["tasks"]]

    rerun(world, started, ref)

    assert ids == [one["taskId"] for one in world.workflow(started)["tasks"]]
    assert [
        ("a", "COMPLETED"),
        ("fork", "COMPLETED"),
        ("fails_sub", "IN_PROGRESS"),
        ("cancelled_sub", "IN_PROGRESS"),
        ("completed_sub", "COMPLETED"),
        ("join", "IN_PROGRESS"),
    ] == world.tasks(started)
    assert before["completed"] == below(world, started, "completed_sub")
    assert before["fails"] != below(world, started, "fails_sub")
    assert before["cancelled"] != below(world, started, "cancelled_sub")
    assert "reasonForIncompletion" not in world.task(started, "fails_sub")
    world.complete("fails")
    world.complete("cancelled")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_the_fresh_child_is_there_at_once(world):
    world.register("child", [simple("a"), simple("fails")])
    started = world.run([child("sub", "child")])
    world.complete("a")
    world.fail("fails")
    first = below(world, started, "sub")
    request = RerunWorkflowRequest.from_json(
        {"reRunFromTaskId": world.task(started, "sub")["taskId"]}
    )

    world.podium.recovery.rerun(started, request)

    shown = world.task(started, "sub")
    assert "IN_PROGRESS" == shown["status"]
    assert first != shown["subWorkflowId"]
    assert [("a", "SCHEDULED")] == world.tasks(shown["subWorkflowId"])


def test_what_comes_after_a_sub_workflow_is_done_again(world):
    world.register("child", [simple("a")])
    started = world.run([child("sub", "child"), simple("b")])
    world.complete("a")
    world.complete("b")

    rerun(world, started, "sub")
    assert ["sub"] == world.refs(started)
    world.complete("a")
    world.complete("b")

    assert "COMPLETED" == world.status(started)


def test_the_second_child_of_a_branch_spares_the_first(world):
    """Conductor's ticket 7097."""
    world.register("other", [simple("c")])
    world.register("child", [simple("a")])
    fork = fork_join(
        [child("one", "other")], [child("two_a", "child"), child("two_b", "child")]
    )
    started = world.run([simple("b"), fork, join_on("one", "two_b")])
    world.complete("b")
    world.complete("c")
    world.complete("a")
    world.fail("a")
    assert "FAILED" == world.status_of(started, "two_b")

    rerun(world, started, "two_b")

    assert ["COMPLETED", "COMPLETED", "IN_PROGRESS"] == [
        world.status_of(started, ref) for ref in ("one", "two_a", "two_b")
    ]
    world.complete("a")
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("which", ["the parent", "the child"])
def test_a_task_of_a_child_is_found_from_above(world, which):
    started, before = _fork_over_children(world)
    task_id = world.task(before["fails"], "fails")["taskId"]
    named = started if which == "the parent" else before["fails"]

    rerun_from(world, named, reRunFromTaskId=task_id)

    assert [("fails", "SCHEDULED")] == world.tasks(before["fails"])
    assert "RUNNING" == world.status(started)
    assert before == {name: below(world, started, f"{name}_sub") for name in before}
    world.complete("fails")
    world.complete("cancelled")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("operation", ["rerun", "rerun_from", "restart", "retry"])
def test_a_child_whose_end_is_on_its_way_comes_back_as_one_that_has_ended(
    world, operation
):
    for name in ("fails", "cancelled"):
        world.register(f"{name}_child", [simple(name)])
    branches = [[child(f"{name}_sub", f"{name}_child")] for name in WAITED_FOR]
    started = world.run([fork_join(*branches), join_on("fails_sub", "cancelled_sub")])
    cancelled = below(world, started, "cancelled_sub")
    inner = world.task(cancelled, "cancelled")["taskId"]
    failed = {**world.take("fails"), "status": "FAILED"}
    world.podium.tasks.update(TaskResult.from_json(failed))
    while world.status(started) == "RUNNING":
        world._run_command()
    assert "CANCELED" == world.task(started, "cancelled_sub")["status"]
    assert "RUNNING" == world.status(cancelled), "nobody has told it yet"

    recovery = world.podium.recovery
    match operation:
        case "rerun":
            recovery.rerun(cancelled, RerunWorkflowRequest())
        case "rerun_from":
            request = {"reRunFromTaskId": inner}
            recovery.rerun(cancelled, RerunWorkflowRequest.from_json(request))
        case _:
            getattr(recovery, operation)(cancelled)
    world.settle()

    assert "RUNNING" == world.status(started) == world.status(cancelled)
    assert "IN_PROGRESS" == world.task(started, "cancelled_sub")["status"]
    assert cancelled == below(world, started, "cancelled_sub")
    world.complete("cancelled")
    assert "COMPLETED" == world.status(cancelled)


def test_a_task_of_a_cancelled_child_brings_the_failed_one_back(world):
    started, before = _fork_over_children(world)

    rerun(world, before["cancelled"], "cancelled")

    assert before == {name: below(world, started, f"{name}_sub") for name in before}
    world.complete("fails")
    world.complete("cancelled")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_a_grandchilds_task_is_found_too(world):
    world.register("leaf", [simple("fails")])
    world.register("mid", [child("leaf")])
    started = world.run([child("mid")])
    mid = below(world, started, "mid")
    leaf = below(world, mid, "leaf")
    world.fail("fails")

    rerun_from(world, started, reRunFromTaskId=world.task(leaf, "fails")["taskId"])

    assert ["RUNNING"] * 3 == [world.status(one) for one in (started, mid, leaf)]
    world.complete("fails")
    assert ["COMPLETED"] * 3 == [world.status(one) for one in (started, mid, leaf)]


def test_a_whole_child_is_run_again_for_its_parent(world):
    started, before = _fork_over_children(world)

    rerun(world, before["fails"])

    assert "RUNNING" == world.status(started)
    world.complete("fails")
    world.complete("cancelled")
    world.complete("b")
    assert "COMPLETED" == world.status(started)


def test_a_fork_of_children_in_a_loop_goes_on_where_it_failed(world):
    """Conductor's testRerunSecondIterationFailureInForkInsideDoWhile."""
    world.register("child", [inline("inline", "1 + 2"), simple("body")])
    fork = fork_join([child("one", "child")], [child("two", "child")])
    loop = do_while(fork, task("JOIN", "join"), condition="$.loop.iteration < 2")
    started = world.run([loop])
    world.complete("body")
    world.complete("body")
    before = {
        ref: world.workflow(below(world, started, ref)) for ref in ("one__1", "two__1")
    }
    failing, cancelled = (below(world, started, ref) for ref in ("one__2", "two__2"))
    held = next(
        one
        for one in world.poll("body", count=2)
        if one["workflowInstanceId"] == failing
    )
    world.report(held, "FAILED")
    assert "FAILED" == world.status(started)

    rerun(world, failing, "body")

    assert "RUNNING" == world.status(started)
    assert before == {
        ref: world.workflow(below(world, started, ref)) for ref in ("one__1", "two__1")
    }
    assert (failing, cancelled) == (
        below(world, started, "one__2"),
        below(world, started, "two__2"),
    )
    assert ["inline", "body"] == world.refs(failing)
    world.complete("body")
    world.complete("body")
    assert "COMPLETED" == world.status(started)


def test_a_child_in_a_loop_is_run_again_in_its_iteration(world):
    world.register("child", [simple("body")])
    loop = do_while(simple("a"), child("sub", "child"), simple("b"))
    started = world.run([loop], taskToDomain={})
    for kind in ("a", "body", "b", "a"):
        world.complete(kind)
    world.podium.workflows.terminate(below(world, started, "sub__2"), "enough")
    world.settle()
    assert "TERMINATED" == world.status(started)

    rerun(world, started, "sub__2")

    assert ("IN_PROGRESS", "IN_PROGRESS") == (
        world.status_of(started, "loop"),
        world.status_of(started, "sub__2"),
    )
    end(world, started)
    rerun(world, started, "a__2")
    assert ["loop", "a__1", "sub__1", "b__1", "a__2"] == world.refs(started)
    for kind in ("a", "body", "b"):
        world.complete(kind)
    assert "COMPLETED" == world.status(started)


def test_an_old_childs_late_word_does_not_end_the_task(world):
    world.register("child", [simple("fails")])
    started = world.run([child("sub", "child")])
    world.fail("fails")
    first = below(world, started, "sub")
    rerun(world, started, "sub")

    world.podium.recovery.retry(first)
    world.settle()
    world.fail("fails")
    world.fail("fails")

    assert "FAILED" == world.status(started) == world.status(first)
