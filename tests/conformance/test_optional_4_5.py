"""Optional and permissive tasks: reference 4.5."""

import pytest

from world import SECOND, simple, task

FLAGS = {
    "neither": {},
    "optional": {"optional": True},
    "permissive": {"permissive": True},
    "both": {"optional": True, "permissive": True},
}


def _two(flags, **definition):
    return [simple("work", **FLAGS[flags]), simple("after")]


def _forked(flags):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[
            [simple("work", **FLAGS[flags]), simple("inner")],
            [simple("other")],
        ],
    )
    return [fork, task("JOIN", "join", joinOn=["inner", "other"]), simple("after")]


def _joined(flags, **join):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[simple("work", **FLAGS[flags])], [simple("other")]],
    )
    joined = task("JOIN", "join", joinOn=["work", "other"], **join)
    return [fork, joined, simple("after")]


@pytest.fixture
def failing(world):
    world.register_task("work", retryCount=0)
    return world


@pytest.mark.parametrize("flags", ["optional", "both"])
def test_4_5_optional_failure_lets_the_workflow_complete(failing, flags):
    started = failing.run(_two(flags))
    failing.fail("work")
    failing.complete("after")

    assert [("work", "COMPLETED_WITH_ERRORS"), ("after", "COMPLETED")] == (
        failing.tasks(started)
    )
    assert "COMPLETED" == failing.status(started)


def test_4_5_permissive_failure_goes_on_and_fails_the_workflow_at_the_end(failing):
    started = failing.run(_two("permissive"))
    failed = failing.fail("work", "it broke")
    assert ("RUNNING", [("work", "FAILED"), ("after", "SCHEDULED")]) == (
        failing.status(started),
        failing.tasks(started),
    )
    failing.complete("after")

    shown = failing.workflow(started)
    assert [("work", "FAILED"), ("after", "COMPLETED")] == failing.tasks(started)
    assert (
        "FAILED",
        f"Task {failed['taskId']} failed with status: FAILED and reason: 'it broke'",
    ) == (shown["status"], shown["reasonForIncompletion"])


def test_4_5_permissive_failures_are_all_named(world):
    world.register_task("one", retryCount=0)
    world.register_task("two", retryCount=0)
    started = world.run(
        [simple("one", permissive=True), simple("two", permissive=True)]
    )
    first = world.fail("one", "a")
    second = world.fail("two", "b")

    assert (
        f"Task {first['taskId']} failed with status: FAILED and reason: 'a'. "
        f"Task {second['taskId']} failed with status: FAILED and reason: 'b'"
    ) == world.workflow(started)["reasonForIncompletion"]


def test_4_5_failure_of_neither_ends_the_workflow_at_once(failing):
    started = failing.run(_joined("neither"))
    failing.fail("work")

    assert [
        ("fork", "COMPLETED"),
        ("work", "FAILED"),
        ("other", "CANCELED"),
        ("join", "CANCELED"),
    ] == failing.tasks(started)
    assert "FAILED" == failing.status(started)


@pytest.mark.parametrize("flags", ["optional", "both"])
def test_4_5_join_over_an_optional_failure_completes_with_errors(failing, flags):
    started = failing.run(_joined(flags))
    failing.fail("work")
    failing.complete("other")
    failing.complete("after")

    assert "COMPLETED_WITH_ERRORS" == failing.task(started, "join")["status"]
    assert "COMPLETED" == failing.status(started)


def test_4_5_join_over_a_permissive_failure_waits_for_all_and_fails(failing):
    started = failing.run(_joined("permissive"))
    failing.fail("work", "it broke")
    assert ("IN_PROGRESS", "SCHEDULED") == tuple(
        failing.task(started, ref)["status"] for ref in ("join", "other")
    )
    failing.complete("other")

    join = failing.task(started, "join")
    shown = failing.workflow(started)
    assert ("FAILED", "it broke") == (join["status"], join["reasonForIncompletion"])
    assert (
        "FAILED",
        f"Task {join['taskId']} failed with status: FAILED and reason: 'it broke'",
    ) == (shown["status"], shown["reasonForIncompletion"])


def test_4_5_optional_join_over_a_permissive_failure_goes_on_to_fail_at_the_end(
    failing,
):
    started = failing.run(_joined("permissive", optional=True))
    failing.fail("work")
    failing.complete("other")
    assert "COMPLETED_WITH_ERRORS" == failing.task(started, "join")["status"]
    failing.complete("after")

    assert "FAILED" == failing.status(started)


def test_4_5_branch_goes_on_after_a_permissive_failure_inside_it(failing):
    started = failing.run(_forked("permissive"))
    failing.fail("work")
    failing.complete("inner")
    failing.complete("other")
    assert "COMPLETED" == failing.task(started, "join")["status"]
    failing.complete("after")

    assert "FAILED" == failing.status(started)


@pytest.mark.parametrize("flags", FLAGS)
def test_4_5_retries_come_first(world, flags):
    world.register_task("work", retryCount=1, retryDelaySeconds=5)
    started = world.run(_two(flags))
    world.fail("work")

    assert [("work", "FAILED"), ("work", "SCHEDULED")] == world.tasks(started)
    world.advance(5 * SECOND)
    world.complete("work")
    world.complete("after")

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("FAILED_WITH_TERMINAL_ERROR", "COMPLETED_WITH_ERRORS"),
        ("CANCELED", "COMPLETED_WITH_ERRORS"),
    ],
)
def test_4_5_optional_holds_for_every_failure(world, status, shown):
    started = world.run(_two("optional"))
    world.fail("work", "it broke", status)

    work = world.task(started, "work")
    assert (shown, "it broke") == (work["status"], work["reasonForIncompletion"])
    assert "RUNNING" == world.status(started)


def test_4_5_optional_response_timeout_completes_with_errors(world):
    world.register_task("work", retryCount=0, responseTimeoutSeconds=10)
    started = world.run(_two("optional"))
    world.take("work")
    world.advance(10 * SECOND)

    assert [("work", "COMPLETED_WITH_ERRORS"), ("after", "SCHEDULED")] == (
        world.tasks(started)
    )


def test_4_5_total_timeout_ends_the_workflow_even_of_an_optional_task(world):
    world.register_task(
        "work",
        retryCount=3,
        retryDelaySeconds=0,
        totalTimeoutSeconds=10,
        timeoutPolicy="ALERT_ONLY",
    )
    started = world.run(_two("optional"))
    world.advance(10 * SECOND)
    world.fail("work")

    assert "FAILED" == world.status(started)


def test_4_5_terminate_after_a_permissive_failure_fails_the_workflow(failing):
    terminate = task(
        "TERMINATE",
        "end",
        inputParameters={"terminationStatus": "COMPLETED", "workflowOutput": {"a": 1}},
    )
    started = failing.run([simple("work", permissive=True), terminate])
    failing.fail("work")

    shown = failing.workflow(started)
    assert ("FAILED", {"a": 1}) == (shown["status"], shown["output"])
