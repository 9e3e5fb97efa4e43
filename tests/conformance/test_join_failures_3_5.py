"""What becomes of a JOIN whose branches fail: reference 3.5, 4.5."""

import pytest

from world import fork_join, join_on, simple


def _two(first=(), second=(), **fields):
    """Return a fork over two single tasks, its join, and what comes after."""
    return [
        fork_join([simple("one", **dict(first))], [simple("two", **dict(second))]),
        join_on("one", "two", **fields),
        simple("after"),
    ]


def _fail_for_good(world, name, status="FAILED"):
    world.fail(name, f"{name} broke", status)


def _without_retries(world, *names):
    for name in names:
        world.register_task(name, retryCount=0)


def test_3_5_a_failed_branch_ends_the_workflow_at_once(world):
    _without_retries(world, "one")
    started = world.run(_two())

    _fail_for_good(world, "one")

    assert "FAILED" == world.status(started)
    assert [
        ("fork", "COMPLETED"),
        ("one", "FAILED"),
        ("two", "CANCELED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)


def test_3_5_a_cancelled_branch_terminates_the_workflow(world):
    started = world.run(_two())

    _fail_for_good(world, "one", "CANCELED")

    assert "TERMINATED" == world.status(started)


def test_3_5_an_optional_branch_leaves_the_join_with_errors(world):
    _without_retries(world, "one")
    started = world.run(_two(first={"optional": True}))

    _fail_for_good(world, "one")
    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("two")

    assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "one")
    assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "join")
    one = world.task(started, "one")["taskId"]
    expected = f"one/{one} completed with errors"
    assert expected == world.task(started, "join")["reasonForIncompletion"]
    world.complete("after")
    assert "COMPLETED" == world.status(started)


def test_3_5_a_permissive_branch_lets_the_others_come_to_their_end(world):
    _without_retries(world, "one")
    started = world.run(_two(first={"permissive": True}))

    _fail_for_good(world, "one")
    assert "RUNNING" == world.status(started)
    assert "IN_PROGRESS" == world.status_of(started, "join")
    world.complete("two", {"x": 1})

    assert "FAILED" == world.status(started)
    join = world.task(started, "join")
    assert ("FAILED", "one broke") == (join["status"], join["reasonForIncompletion"])
    assert {"two": {"x": 1}} == join["outputData"]


def test_3_5_join_gives_the_reasons_of_all_that_failed(world):
    _without_retries(world, "one", "two")
    permissive = {"permissive": True}
    started = world.run(_two(first=permissive, second=permissive))

    _fail_for_good(world, "two")
    _fail_for_good(world, "one")

    reason = world.task(started, "join")["reasonForIncompletion"]
    assert "one broke two broke" == reason


@pytest.mark.parametrize(
    ("second", "status", "ends"),
    [
        ("CANCELED", "CANCELED", "TERMINATED"),
        ("FAILED", "FAILED", "FAILED"),
    ],
)
def test_3_5_join_is_cancelled_if_all_that_failed_were(world, second, status, ends):
    _without_retries(world, "one", "two")
    permissive = {"permissive": True}
    started = world.run(_two(first=permissive, second=permissive))

    _fail_for_good(world, "one", "CANCELED")
    _fail_for_good(world, "two", second)

    assert status == world.status_of(started, "join")
    assert ends == world.status(started)


def test_3_5_join_is_not_retried(world):
    _without_retries(world, "one")
    world.register_task("join", retryCount=3, retryDelaySeconds=0)
    started = world.run(_two(first={"permissive": True}))

    _fail_for_good(world, "one")
    world.complete("two")

    assert 1 == [ref for ref, _ in world.tasks(started)].count("join")
    assert "FAILED" == world.status(started)


def test_3_5_optional_join_lets_the_workflow_go_on(world):
    _without_retries(world, "one")
    started = world.run(_two(first={"permissive": True}, optional=True))

    _fail_for_good(world, "one")
    world.complete("two")

    assert "COMPLETED_WITH_ERRORS" == world.status_of(started, "join")
    world.complete("after")
    assert "FAILED" == world.status(started)
