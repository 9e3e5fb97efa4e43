"""Handing tasks to workers: reference 4.7."""

import pytest

from podium.errors import InvalidInput
from podium.model.task_result import TaskResult
from podium.ports import TaskMessage
from world import MINUTE, SECOND, simple, task


def _fork(*refs, name="work", **fields):
    branches = [[simple(ref, name, **fields)] for ref in refs]
    fork = task("FORK_JOIN", "fork", forkTasks=branches)
    return [fork, task("JOIN", "join", joinOn=list(refs))]


def test_4_7_polled_task_is_in_progress_with_its_worker(world):
    started = world.run([simple("work", inputParameters={"a": 1})])
    world.advance(5 * SECOND)
    polled = world.take("work", worker="me")

    shown = world.task(started, "work")
    assert {
        "status": "IN_PROGRESS",
        "workerId": "me",
        "startTime": world.clock.now(),
        "pollCount": 1,
        "callbackAfterSeconds": 0,
        "inputData": {"a": 1},
        "queueWaitTime": 5 * SECOND,
        "workflowInstanceId": started,
    } == {
        key: polled[key]
        for key in (
            "status",
            "workerId",
            "startTime",
            "pollCount",
            "callbackAfterSeconds",
            "inputData",
            "queueWaitTime",
            "workflowInstanceId",
        )
    }
    assert polled == shown


def test_4_7_nothing_to_poll(world):
    assert [] == world.poll("work")


def test_4_7_a_task_is_handed_out_once(world):
    world.run([simple("work")])
    world.take("work")

    assert [] == world.poll("work")


def test_4_7_a_message_that_comes_twice_loses(world):
    world.run([simple("work")])
    polled = world.take("work")
    world.opened.home.queues.send("work", [TaskMessage(polled["taskId"], delivery=1)])

    assert [] == world.poll("work", worker="another")
    assert 0 == world.podium.tasks.queue_size("work", None)


def test_4_7_a_message_of_an_earlier_delivery_is_dropped(world):
    started = world.run([simple("work")])
    polled = world.take("work")
    world.report(polled, "IN_PROGRESS", callbackAfterSeconds=60)
    late = TaskMessage(polled["taskId"], delivery=1)
    world.opened.home.queues.send("work", [late])

    assert [] == world.poll("work")
    assert "SCHEDULED" == world.task(started, "work")["status"]


@pytest.mark.parametrize(
    "end",
    [
        lambda world, started: world.signal_task(started, "work"),
        lambda world, started: world.podium.workflows.terminate(started, None),
        lambda world, started: world.podium.workflows.remove(started, archive=False),
    ],
    ids=["task-ended", "workflow-ended", "workflow-removed"],
)
def test_4_7_messages_of_what_is_over_are_dropped(world, end):
    started = world.run([simple("work"), simple("after")])
    end(world, started)

    assert [] == world.poll("work")
    assert 0 == world.podium.tasks.queue_size("work", None)


def test_4_7_tasks_of_a_paused_workflow_stay_pollable(world):
    started = world.run([simple("work"), simple("after")])
    world.podium.workflows.pause(started)
    world.complete("work")

    assert [("work", "COMPLETED")] == world.tasks(started)
    world.podium.workflows.resume(started)
    assert "after" == world.take("after")["referenceTaskName"]


def test_4_7_a_task_called_back_while_paused_is_pollable(world):
    started = world.run([simple("work")])
    world.report(world.take("work"), "IN_PROGRESS", callbackAfterSeconds=3600)
    world.podium.workflows.pause(started)
    world.advance(60 * MINUTE)

    assert 1 == len(world.poll("work"))


@pytest.mark.parametrize(("count", "sizes"), [(3, [3, 3, 1]), (25, [7]), (7, [7, 0])])
def test_4_7_batch_poll_returns_what_was_asked_for_or_all_there_is(world, count, sizes):
    world.run(_fork(*(f"t{n}" for n in range(7))))

    assert sizes == [len(world.poll("work", count=count)) for _ in sizes]


def test_4_7_batch_poll_goes_on_beyond_one_receive(world):
    world.run(_fork(*(f"t{n}" for n in range(23))))

    polled = world.poll("work", count=50)
    assert 23 == len({one["taskId"] for one in polled})


def test_4_7_batch_poll_looks_past_messages_that_are_dropped(world):
    started = world.run(_fork(*(f"t{n}" for n in range(12)), permissive=True))
    for number in range(11):
        world.signal_task(started, f"t{number}")

    assert ["t11"] == [one["referenceTaskName"] for one in world.poll("work", count=5)]


def test_4_7_a_poll_is_not_held_for_longer_than_five_seconds(world):
    message = "Long Poll Timeout value cannot be more than 5 seconds"
    with pytest.raises(InvalidInput, match=message):
        world.podium.polling.poll("work", "me", None, count=1, timeout=5_001)


@pytest.mark.parametrize("count", [0, -1])
def test_1_3_a_worker_without_a_free_slot_is_given_nothing(world, count):
    world.run([simple("work")])

    assert [] == world.poll("work", count=count)
    assert ["me"] == _workers(world, count)


def _workers(world, count):
    """Return who has polled, after another poll for so many."""
    world.podium.polling.poll("work", "me", None, count=count)
    return [one.worker_id for one in world.podium.tasks.poll_data("work")]


def test_4_14_a_priority_is_polled_before_none(world):
    """A minute after a queue's first priority, for until then it may have one lane."""
    world.register("flow", [simple("work")])
    world.start("flow", priority=1)
    world.complete("work")
    world.advance(MINUTE)
    started = [world.start("flow", priority=priority) for priority in (0, 50)]

    assert [started[1], started[0]] == [
        world.take("work")["workflowInstanceId"] for _ in range(2)
    ]


@pytest.mark.embedded_only("SQS has no priorities: a queue has two lanes, that is all")
def test_4_14_higher_priority_is_polled_first(world):
    world.register("flow", [simple("work")])
    started = [world.start("flow", priority=priority) for priority in (1, 99, 50)]

    assert [started[1], started[2], started[0]] == [
        world.take("work")["workflowInstanceId"] for _ in range(3)
    ]


def test_4_7_among_equals_the_oldest_is_first(world):
    world.register("flow", [simple("work")])
    started = []
    for _ in range(3):
        started.append(world.start("flow"))
        world.advance(SECOND)

    assert started == [world.take("work")["workflowInstanceId"] for _ in range(3)]


def test_4_7_start_delay_holds_the_task_back(world):
    started = world.run([simple("work", startDelay=30)])
    shown = world.task(started, "work")
    assert (30, 30) == (shown["startDelayInSeconds"], shown["callbackAfterSeconds"])
    world.advance(30 * SECOND - 1)
    assert [] == world.poll("work")
    world.advance(1)

    assert 1 == len(world.poll("work"))


def test_4_7_poll_data_knows_of_empty_polls(world):
    world.poll("work", worker="me", domain="d")

    assert [("work", "d", "me", world.clock.now())] == [
        (one.queue_name, one.domain, one.worker_id, one.last_poll_time)
        for one in world.podium.tasks.poll_data("work")
    ]


def test_4_7_what_was_cancelled_before_anybody_took_it_shows_no_worker(world):
    started = world.run([simple("work")])
    world.podium.workflows.terminate(started, "enough")

    assert [] == world.poll("work")
    shown = world.task(started, "work")
    assert ("CANCELED", 0, None) == (
        shown["status"],
        shown["pollCount"],
        shown.get("workerId"),
    )
    assert shown["endTime"] == shown["startTime"]


# --- update and poll ---------------------------------------------------------------


def _update_and_poll(world, polled, **fields):
    result = {
        "workflowInstanceId": polled["workflowInstanceId"],
        "taskId": polled["taskId"],
        "workerId": "me",
        "status": "COMPLETED",
        **fields,
    }
    found = world.podium.tasks.update_and_poll(TaskResult.from_json(result))
    world.settle()
    return found


def test_1_3_update_hands_out_the_next_task_of_the_same_workflow(world):
    started = world.run([simple("one", "work"), simple("two", "work")])
    following = _update_and_poll(world, world.take("work"))

    assert ("two", started, "IN_PROGRESS", "me") == (
        following["referenceTaskName"],
        following["workflowInstanceId"],
        following["status"],
        following["workerId"],
    )
    assert [] == world.poll("work")


def test_1_3_update_hands_out_a_task_of_another_workflow(world):
    world.register("flow", [simple("work")])
    started = {world.start("flow"), world.start("flow")}
    taken = world.take("work")
    following = _update_and_poll(world, taken)

    assert "COMPLETED" == world.status(taken["workflowInstanceId"])
    assert started == {one["workflowInstanceId"] for one in (taken, following)}


@pytest.mark.parametrize(
    "fields",
    [{"status": "IN_PROGRESS"}, {"extendLease": True}],
    ids=["left-open", "lease-only"],
)
def test_1_3_update_hands_nothing_out_where_the_task_stays_open(world, fields):
    world.register("flow", [simple("work")])
    for _ in range(2):
        world.start("flow")

    assert None is _update_and_poll(world, world.take("work"), **fields)


def test_1_3_update_hands_nothing_out_before_its_delay(world):
    world.run([simple("one", "work"), simple("two", "work", startDelay=10)])

    assert None is _update_and_poll(world, world.take("work"))
    world.advance(10 * SECOND)
    assert "two" == world.take("work")["referenceTaskName"]


def test_1_3_update_counts_as_a_poll(world):
    world.run([simple("one", "work"), simple("two", "work")])
    polled = world.take("work")
    world.advance(MINUTE)
    _update_and_poll(world, polled)

    [poll] = world.podium.tasks.poll_data("work")
    assert world.clock.now() == poll.last_poll_time


def test_4_7_an_attempt_that_timed_out_shows_when_it_was_taken(world):
    world.register_task("a", responseTimeoutSeconds=10, retryCount=0)
    started = world.run([simple("a")])
    world.advance(3 * SECOND)
    taken_at = world.clock.now()
    world.take("a")

    world.advance(20 * SECOND)

    shown = world.task(started, "a")
    assert "TIMED_OUT" == shown["status"]
    assert taken_at == shown["startTime"]
    assert taken_at + 10 * SECOND == shown["endTime"]
