"""Limits of task definitions: concurrentExecLimit, rateLimitPerFrequency (4.7)."""

import pytest

from podium.model.task import TaskStatus
from world import HOUR, MINUTE, SECOND, fork_join, join_on, simple, task

LIMITED = {"concurrentExecLimit": 2, "retryCount": 0}


def forked(number, name="work"):
    """Return a fork of that many tasks of one definition."""
    refs = [f"{name}_{n}" for n in range(number)]
    return [fork_join(*([simple(ref, name)] for ref in refs)), join_on(*refs)]


def run(world, **fields):
    """Start a workflow of one task, and another's comes a second later."""
    started = world.run([simple("work")], **fields)
    world.advance(SECOND)
    return started


def in_progress(world, *workflow_ids):
    tasks = [task for one in workflow_ids for task in world.workflow(one)["tasks"]]
    return sum(
        (task["taskDefName"], task["status"]) == ("work", "IN_PROGRESS")
        for task in tasks
    )


# --- at once -----------------------------------------------------------------------


def test_4_7_no_more_tasks_are_handed_out_than_the_limit_allows(world):
    world.register_task("work", **LIMITED)
    started = world.run(forked(5))

    assert 2 == len(world.poll("work", count=10))
    assert [] == world.poll("work", count=10)
    assert 2 == in_progress(world, started)


def test_4_7_the_limit_counts_across_workflows_and_definitions(world):
    world.register_task("work", **LIMITED)
    first = world.run(forked(2), name="first")
    second = run(world, name="second")

    assert 2 == len(world.poll("work", count=10))
    assert 2 == in_progress(world, first, second)


def test_4_7_the_limit_counts_across_domains(world):
    world.register_task("work", concurrentExecLimit=1)
    run(world, taskToDomain={"work": "a"})
    run(world)

    assert 1 == len(world.poll("work", domain="a"))
    assert [] == world.poll("work")


@pytest.mark.parametrize(
    "status", ["COMPLETED", "FAILED", "FAILED_WITH_TERMINAL_ERROR"]
)
def test_4_7_a_freed_slot_is_used_at_once(world, status):
    world.register_task("work", concurrentExecLimit=1, retryCount=0)
    run(world)
    second = run(world)
    held = world.take("work")
    assert [] == world.poll("work")

    world.report(held, status)

    assert second == world.take("work")["workflowInstanceId"]


def test_4_7_an_update_brings_the_next_task_though_it_waited(world):
    world.register_task("work", concurrentExecLimit=1)
    run(world)
    second = run(world)
    held = world.take("work")
    assert [] == world.poll("work")

    following = world.update_and_poll(held)

    assert second == following["workflowInstanceId"]


def test_4_7_what_waits_longer_comes_first(world):
    world.register_task("work", concurrentExecLimit=1)
    started = []
    for _ in range(4):
        started.append(run(world))
        world.advance(SECOND)
    served = []
    while task := next(iter(world.poll("work")), None):
        world.poll("work", count=10)
        served.append(task["workflowInstanceId"])
        world.report(task)

    assert started == served


def test_4_7_what_waits_with_a_higher_priority_comes_first(world):
    world.register_task("work", concurrentExecLimit=1)
    held = run(world)
    task = world.take("work")
    low, high = (run(world, priority=one) for one in (1, 99))
    world.poll("work", count=10)
    served = []
    while task is not None:
        world.report(task)
        task = next(iter(world.poll("work")), None)
        served += [task["workflowInstanceId"]] if task else []

    assert [high, low] == served
    assert "COMPLETED" == world.status(held)


def test_4_7_a_new_task_does_not_overtake_who_was_called(world):
    world.register_task("work", concurrentExecLimit=1)
    run(world)
    waiting = run(world)
    held = world.take("work")
    assert [] == world.poll("work")
    world.report(held)
    run(world, priority=99)

    [task] = world.poll("work", count=10)

    assert waiting == task["workflowInstanceId"]


def test_4_7_terminating_a_workflow_frees_its_slots(world):
    world.register_task("work", concurrentExecLimit=1)
    first = run(world)
    second = run(world)
    world.take("work")
    assert [] == world.poll("work")

    world.podium.workflows.terminate(first, "enough")
    world.settle()

    assert second == world.take("work")["workflowInstanceId"]


def test_4_7_who_waits_for_a_slot_and_is_terminated_is_passed_over(world):
    world.register_task("work", concurrentExecLimit=1)
    held_by, doomed, last = (run(world) for _ in range(3))
    held = world.take("work")
    assert [] == world.poll("work", count=10)
    world.podium.workflows.terminate(doomed, "enough")
    world.settle()

    world.report(held)

    assert last == world.take("work")["workflowInstanceId"]
    assert "COMPLETED" == world.status(held_by)


def test_4_7_a_task_that_is_called_back_later_frees_its_slot_meanwhile(world):
    world.register_task("work", concurrentExecLimit=1)
    first = run(world)
    second = run(world)
    held = world.take("work")
    assert [] == world.poll("work")

    world.report(held, "IN_PROGRESS", callbackAfterSeconds=30)
    other = world.take("work")
    world.advance(30 * SECOND)

    assert second == other["workflowInstanceId"]
    assert [] == world.poll("work")
    world.report(other)
    assert first == world.take("work")["workflowInstanceId"]


def test_4_7_a_worker_that_died_gives_its_slot_back_with_its_lease(world):
    world.register_task(
        "work", concurrentExecLimit=1, responseTimeoutSeconds=120, retryCount=0
    )
    first = run(world)
    second = run(world)
    world.take("work")
    assert [] == world.poll("work")
    world.advance(119 * SECOND)
    assert [] == world.poll("work")

    world.advance(SECOND)

    assert "TIMED_OUT" == world.status(first)
    assert second == world.take("work")["workflowInstanceId"]


def test_4_7_a_lease_that_is_extended_keeps_the_slot(world):
    world.register_task("work", concurrentExecLimit=1, responseTimeoutSeconds=120)
    world.run(forked(2))
    held = world.take("work")
    for _ in range(10):
        world.advance(MINUTE)
        world.report(held, "IN_PROGRESS", extendLease=True)
        assert [] == world.poll("work")


def test_4_7_a_retry_waits_for_a_slot_like_any_other(world):
    world.register_task(
        "work", concurrentExecLimit=1, retryCount=1, retryDelaySeconds=0
    )
    first = run(world)
    second = run(world)
    held = world.take("work")
    assert [] == world.poll("work")
    world.report(held, "FAILED")

    following = world.take("work")

    assert second == following["workflowInstanceId"]
    assert [] == world.poll("work")
    world.report(following)
    assert first == world.take("work")["workflowInstanceId"]


def test_4_7_a_slot_that_nobody_comes_for_goes_to_another_domain(world):
    world.register_task("work", concurrentExecLimit=1)
    for _ in range(2):
        run(world, taskToDomain={"work": "deserted"})
    held = world.take("work", domain="deserted")
    assert [] == world.poll("work", domain="deserted")
    world.advance(SECOND)
    served = run(world)
    assert [] == world.poll("work")
    world.report(held)
    assert [] == world.poll("work")

    world.advance(MINUTE)

    assert served == world.take("work")["workflowInstanceId"]


def test_4_7_the_limit_is_that_of_the_definition_when_the_workflow_started(world):
    world.register_task("work", concurrentExecLimit=1)
    world.run(forked(3))
    world.register_task("work", concurrentExecLimit=2)
    assert 1 == len(world.poll("work", count=10))

    run(world)

    assert 1 == len(world.poll("work", count=10))
    assert [] == world.poll("work", count=10)


@pytest.mark.parametrize("limit", [None, 0, -1])
def test_4_7_without_a_limit_all_are_handed_out(world, limit):
    world.register_task("work", concurrentExecLimit=limit)
    world.run(forked(5))

    assert 5 == len(world.poll("work", count=10))


def test_4_7_tasks_that_a_dynamic_fork_makes_are_limited_too(world):
    world.register_task("work", concurrentExecLimit=1)
    refs = ["a", "b"]
    world.run(
        [
            {
                "name": "fork",
                "taskReferenceName": "fork",
                "type": "FORK_JOIN_DYNAMIC",
                "dynamicForkTasksParam": "tasks",
                "dynamicForkTasksInputParamName": "inputs",
                "inputParameters": {
                    "tasks": [simple(ref, "work") for ref in refs],
                    "inputs": {ref: {} for ref in refs},
                },
            },
            join_on(),
        ]
    )

    assert 1 == len(world.poll("work", count=10))


def test_4_7_a_client_may_end_a_task_that_waits_for_its_slot(world):
    world.register_task("work", concurrentExecLimit=1)
    started = world.run(forked(2))
    held = world.take("work")
    assert [] == world.poll("work")
    waiting = {"work_0", "work_1"} - {held["referenceTaskName"]}
    world.signal_task(started, *waiting)
    world.report(held)

    assert "COMPLETED" == world.status(started)
    again = world.run(forked(2))
    assert 1 == len(world.poll("work", count=10))
    assert 1 == in_progress(world, again)


# --- per time ----------------------------------------------------------------------

RATED = {"rateLimitPerFrequency": 2, "rateLimitFrequencyInSeconds": 10}


def test_4_7_no_more_tasks_begin_within_a_window_than_the_rate_allows(world):
    world.register_task("work", **RATED)
    world.run(forked(5))

    for polled in world.poll("work", count=10):
        world.report(polled)

    assert [] == world.poll("work", count=10)


def test_4_7_a_task_over_the_rate_comes_when_the_window_frees(world):
    world.register_task("work", **RATED)
    world.run(forked(5))
    assert 1 == len(world.poll("work"))
    world.advance(4 * SECOND)
    assert 1 == len(world.poll("work", count=10))
    world.advance(6 * SECOND - 1)
    assert [] == world.poll("work", count=10)

    world.advance(1)
    assert 1 == len(world.poll("work", count=10))
    world.advance(4 * SECOND)
    assert 1 == len(world.poll("work", count=10))


def test_4_7_a_task_that_is_called_back_begins_anew(world):
    world.register_task("work", rateLimitPerFrequency=1, rateLimitFrequencyInSeconds=10)
    run(world)
    world.report(world.take("work"), "IN_PROGRESS")

    assert [] == world.poll("work")
    world.advance(10 * SECOND)
    assert 1 == len(world.poll("work"))


def test_4_7_a_rate_and_a_limit_hold_together(world):
    world.register_task("work", concurrentExecLimit=1, **RATED)
    world.run(forked(5))
    world.report(world.take("work"))
    held = world.take("work")
    assert [] == world.poll("work", count=10)
    world.report(held)
    assert [] == world.poll("work", count=10)

    world.advance(10 * SECOND)

    assert 1 == len(world.poll("work", count=10))


@pytest.mark.parametrize(
    "fields",
    [
        {"rateLimitPerFrequency": 0, "rateLimitFrequencyInSeconds": 10},
        {"rateLimitPerFrequency": 1, "rateLimitFrequencyInSeconds": 0},
    ],
)
def test_4_7_a_rate_without_number_or_window_is_none(world, fields):
    world.register_task("work", **fields)
    world.run(forked(3))

    assert 3 == len(world.poll("work", count=10))


def test_4_7_a_task_shows_its_rate(world):
    world.register_task("work", **RATED)
    started = run(world)

    for shown in (world.task(started, "work"), world.take("work")):
        rate = (shown["rateLimitPerFrequency"], shown["rateLimitFrequencyInSeconds"])
        assert (2, 10) == rate


# --- system tasks ------------------------------------------------------------------


def events(number, **fields):
    """Return a fork of that many EVENT tasks of one definition."""
    refs = [f"tell_{n}" for n in range(number)]
    tells = [
        task("EVENT", ref, sink="conductor", **{"name": "tell", **fields})
        for ref in refs
    ]
    return [fork_join(*([one] for one in tells)), join_on(*refs)]


def statuses(world, started):
    tasks = world.workflow(started)["tasks"]
    return sorted(one["status"] for one in tasks if one["taskDefName"] == "tell")


def test_4_7_system_tasks_have_a_limit_too(world):
    world.register_task("tell", concurrentExecLimit=1)
    started = world.run(events(2, asyncComplete=True))
    assert ["IN_PROGRESS", "SCHEDULED"] == statuses(world, started)
    world.advance(HOUR)
    assert ["IN_PROGRESS", "SCHEDULED"] == statuses(world, started)
    [held] = [
        one["referenceTaskName"]
        for one in world.workflow(started)["tasks"]
        if (one["taskDefName"], one["status"]) == ("tell", "IN_PROGRESS")
    ]

    world.signal_task(started, held)

    assert ["COMPLETED", "IN_PROGRESS"] == statuses(world, started)


def test_4_7_system_tasks_have_a_rate_too(world):
    world.register_task("tell", **RATED)
    started = world.run(events(3))
    assert ["COMPLETED", "COMPLETED", "SCHEDULED"] == statuses(world, started)
    world.advance(10 * SECOND - 1)
    assert "SCHEDULED" in statuses(world, started)

    world.advance(1)

    assert "COMPLETED" == world.status(started)


# --- queues ------------------------------------------------------------------------


@pytest.mark.embedded_only("SQS gives no message back that nobody received")
def test_4_7_the_queue_forgets_what_was_terminated(world):
    started = world.run(forked(3))
    assert {"work": 3} == world.podium.tasks.queue_sizes(["work"])

    world.podium.workflows.terminate(started, "enough")

    assert {"work": 0} == world.podium.tasks.queue_sizes(["work"])


@pytest.mark.embedded_only("SQS gives no message back that nobody received")
def test_4_7_the_queue_forgets_what_a_client_has_ended(world):
    started = run(world)
    world.podium.tasks.update_by_reference(
        started, "work", TaskStatus.COMPLETED, {}, None
    )

    assert {"work": 0} == world.podium.tasks.queue_sizes(["work"])


@pytest.mark.embedded_only("SQS gives no message back that nobody received")
def test_4_7_the_queue_forgets_what_nobody_polled_in_time(world):
    world.register_task("work", pollTimeoutSeconds=5, retryCount=0)
    run(world)
    world.advance(5 * SECOND)

    assert {"work": 0} == world.podium.tasks.queue_sizes(["work"])
