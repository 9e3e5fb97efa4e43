"""The next task that comes in the answer to a report (reference 4.6, 4.7)."""

import pytest

from podium.errors import Unavailable
from podium.model.task import TaskStatus
from podium.model.task_result import TaskResult
from podium.tasks.contract import SystemTaskResult
from world import HOUR, SECOND, do_while, simple, task


@pytest.fixture
def run(world):
    """Return a function that starts two tasks of a type, by its definition."""

    def start(**definition):
        world.register_task("work", **{"retryCount": 0, **definition})
        return world.run([simple("one", "work"), simple("two", "work")])

    return start


def _hand_over(world):
    return world.update_and_poll(world.take("work"))


def test_4_6_the_next_task_is_in_progress_from_the_decision_on(world, run):
    started = run()
    world.advance(SECOND)

    handed = _hand_over(world)

    shown = world.task(started, "two")
    expected = ("IN_PROGRESS", "worker", 1, world.clock.now())
    for one in (handed, shown):
        fields = ("status", "workerId", "pollCount", "startTime")
        assert expected == tuple(one[field] for field in fields)


def test_4_6_what_was_handed_over_is_offered_to_nobody_else(world, run):
    run(responseTimeoutSeconds=24 * 3600)
    _hand_over(world)

    world.advance(12 * HOUR)

    assert [] == world.poll("work")


def test_4_3_a_worker_that_falls_silent_after_a_hand_over_is_timed_out(world, run):
    started = run(responseTimeoutSeconds=10)
    _hand_over(world)

    world.advance(9 * SECOND)
    assert "IN_PROGRESS" == world.status_of(started, "two")
    world.advance(2 * SECOND)

    assert "TIMED_OUT" == world.status_of(started, "two")


def test_4_6_a_lease_is_extended_of_a_task_that_had_none(world, run):
    started = run(responseTimeoutSeconds=10)
    handed = _hand_over(world)
    for _ in range(3):
        world.advance(8 * SECOND)
        extended = {
            "workflowInstanceId": started,
            "taskId": handed["taskId"],
            "extendLease": True,
        }
        world.podium.tasks.update(TaskResult.from_json(extended))

    assert "IN_PROGRESS" == world.status_of(started, "two")
    world.advance(11 * SECOND)
    assert "TIMED_OUT" == world.status_of(started, "two")


def test_4_3_the_time_of_a_task_runs_from_its_hand_over(world, run):
    started = run(timeoutSeconds=20, responseTimeoutSeconds=20)
    world.advance(15 * SECOND)
    _hand_over(world)

    world.advance(15 * SECOND)
    assert "RUNNING" == world.status(started)
    world.advance(6 * SECOND)

    assert "TIMED_OUT" == world.status(started)


def test_4_3_a_task_that_was_handed_over_does_not_wait_to_be_polled(world, run):
    started = run(pollTimeoutSeconds=5)
    _hand_over(world)

    world.advance(10 * SECOND)

    assert "IN_PROGRESS" == world.status_of(started, "two")


def test_4_6_a_task_that_was_handed_over_may_be_given_back_for_a_while(world, run):
    started = run()
    handed = _hand_over(world)
    began = world.clock.now()
    world.advance(SECOND)

    world.report(handed, "IN_PROGRESS", callbackAfterSeconds=30)
    assert [] == world.poll("work")
    world.advance(30 * SECOND)
    again = world.take("work")
    world.report(again)

    shown = world.task(started, "two")
    assert ("COMPLETED", 2, began) == (
        shown["status"],
        shown["pollCount"],
        shown["startTime"],
    )
    assert "COMPLETED" == world.status(started)


def test_4_6_whoever_did_not_get_the_answer_gets_the_same_task_again(world, run):
    run()
    done = world.take("work")
    handed = world.update_and_poll(done)

    again = world.update_and_poll(done)

    assert "two" == again["referenceTaskName"]
    assert handed == again
    world.report(again)
    assert None is world.update_and_poll(done)


def test_4_6_he_does_in_a_loop_too(world):
    started = world.run([do_while(simple("work"))])
    done = world.take("work")
    handed = world.update_and_poll(done)

    assert handed == world.update_and_poll(done)
    world.report(handed)
    assert "COMPLETED" == world.status(started)


def test_4_6_nobody_else_gets_what_was_handed_over(world, run):
    run()
    done = world.take("work")
    world.update_and_poll(done)

    assert None is world.update_and_poll({**done, "workerId": "another"})


def test_4_6_a_late_report_on_what_was_handed_over_and_timed_out_is_dropped(world, run):
    started = run(responseTimeoutSeconds=10, retryCount=1, retryDelaySeconds=0)
    handed = _hand_over(world)
    world.advance(11 * SECOND)

    world.report(handed)

    statuses = [status for ref, status in world.tasks(started) if ref == "two"]
    assert ["TIMED_OUT", "SCHEDULED"] == statuses


def test_4_4_an_attempt_that_is_handed_over_says_why_there_is_one(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    started = world.run([simple("work")])
    polled = world.take("work")
    failed = {
        "workflowInstanceId": started,
        "taskId": polled["taskId"],
        "status": "FAILED",
        "reasonForIncompletion": "it broke",
    }

    handed = world.podium.tasks.update_and_poll(TaskResult.from_json(failed))

    assert "it broke" == handed["reasonForIncompletion"]
    assert handed == world.task(started, "work") | {
        "workflowTask": handed["workflowTask"]
    }


def test_4_6_a_task_that_cannot_be_shown_to_its_worker_goes_to_the_queue(
    world, run, monkeypatch
):
    started = run()
    environment = world.podium.polling.environment

    def fail(*_given):
        raise Unavailable("the secrets do not answer")

    polled = world.take("work")
    with monkeypatch.context() as patch:
        patch.setattr(environment, "complete", fail)
        assert None is world.update_and_poll(polled)

    assert "SCHEDULED" == world.status_of(started, "two")
    assert "two" == world.take("work")["referenceTaskName"]


def test_4_7_what_a_rate_limits_comes_by_its_queue(world, run):
    run(rateLimitPerFrequency=1, rateLimitFrequencyInSeconds=10)

    assert None is _hand_over(world)
    world.advance(10 * SECOND)

    assert "two" == world.take("work")["referenceTaskName"]


class _Called:
    """The services that HTTP tasks call: some answer themselves, some later."""

    def run(self, call):
        is_open = call.is_async_complete
        return SystemTaskResult(
            TaskStatus.IN_PROGRESS if is_open else TaskStatus.COMPLETED
        )


def test_4_6_who_completes_a_system_task_is_not_handed_the_next(world):
    world.answer_http(_Called())
    request = {"http_request": {"uri": "http://service/", "method": "GET"}}
    called = [task("HTTP", ref, inputParameters=request) for ref in ("one", "two")]
    called[0]["asyncComplete"] = True
    started = world.run(called)

    assert None is world.update_and_poll(world.task(started, "one"))
    world.settle()

    assert "COMPLETED" == world.status(started)
