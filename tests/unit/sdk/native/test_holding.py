"""A message in flight is a lease, for a while: what happens to it, on AWS."""

import threading
from dataclasses import replace

import pytest

from aws_world import new_aws_world
from native_workers import (
    Context,
    NativeWorker,
    event_of,
    failed,
    messages_in,
    record_of,
)
from podium.errors import Unavailable
from podium.ports import ReceivedMessage
from podium.service.offers import FRESH_FOR, LEASE_AFTER
from podium_sdk import NotFound, worker_task
from podium_sdk.native import LambdaWorker, handler, lambda_worker, native_workers
from podium_sdk.testing import PATIENCE, ManualTiming
from world import SECOND, simple

VISIBILITY = 60 * SECOND


@pytest.fixture
def world():
    with new_aws_world() as opened:
        yield opened


@worker_task("t")
def echo(text=""):
    return {"text": text}


def run_one(world, **fields):
    """Start a workflow of one task ``t`` and return its id."""
    given = {"text": "${workflow.input.text}"}
    return world.run([simple("t", inputParameters=given)], {"text": "hi"}, **fields)


def leases(world, workflow_id):
    found = world.opened.home.leases.find_all(workflow_id)
    return [(one.worker_id, one.started_at) for one in found if not one.is_withheld]


def statuses(world, workflow_id):
    return [status for _, status in world.tasks(workflow_id)]


# --- who gets a lease, and when ------------------------------------------------------


def test_what_was_just_scheduled_is_executed_without_a_lease(world):
    workflow_id = run_one(world)
    taken = world.clock.now()

    assert 1 == NativeWorker(world, echo).work()

    assert [] == leases(world, workflow_id)
    done = world.task(workflow_id, "t")
    assert ("COMPLETED", "me", 1) == (
        done["status"],
        done["workerId"],
        done["pollCount"],
    )
    assert taken == done["startTime"]


def test_what_has_waited_is_leased_at_once(world):
    workflow_id = run_one(world)
    world.clock.advance(FRESH_FOR)

    NativeWorker(world, echo).take()

    assert [("me", world.clock.now())] == leases(world, workflow_id)


def test_a_message_that_came_before_is_leased_at_once(world):
    workflow_id = run_one(world)
    [received] = world.opened.home.queues.receive("t", 1, 0, 1_000)
    world.opened.home.queues.release("t", [received.receipt], 0)

    NativeWorker(world, echo).take()

    assert [("me", world.clock.now())] == leases(world, workflow_id)


@pytest.mark.parametrize(
    "limits",
    [
        {"pollTimeoutSeconds": 600},
        {"responseTimeoutSeconds": 59},
        {"timeoutSeconds": 50, "responseTimeoutSeconds": 40},
        {"concurrentExecLimit": 2},
        {"rateLimitPerFrequency": 2, "rateLimitFrequencyInSeconds": 60},
    ],
    ids=str,
)
def test_what_is_counted_or_timed_by_its_lease_has_one_at_once(world, limits):
    world.register_task("t", **limits)
    workflow_id = run_one(world)

    NativeWorker(world, echo).take()

    assert [("me", world.clock.now())] == leases(world, workflow_id)


def test_with_strict_leases_every_task_has_one_at_once(world):
    workflow_id = run_one(world)

    NativeWorker(world, echo, strict_leases=True).take()

    assert [("me", world.clock.now())] == leases(world, workflow_id)


def test_an_input_too_large_to_travel_is_read_and_needs_no_lease_either(world):
    text = "x" * 20_000
    workflow_id = world.run(
        [simple("t", inputParameters={"text": "${workflow.input.text}"})],
        {"text": text},
    )

    [task] = NativeWorker(world, echo).take()

    assert {"text": text} == task.input_data
    assert [] == leases(world, workflow_id)


def test_an_input_that_sqs_does_not_take_stays_behind(world):
    workflow_id = run_one(world)
    strange = world.start("tested", {"text": "\uffff\x00"})

    NativeWorker(world, echo).work()

    assert "COMPLETED" == world.status(workflow_id)
    assert {"text": "\uffff\x00"} == world.output_of(strange, "t")


def test_work_that_lasts_is_leased_since_it_began(world):
    workflow_id = run_one(world)
    began = world.clock.now()
    timing = ManualTiming()
    deployment = native_workers(world.opened.home)
    lease, leased = deployment.lease, threading.Semaphore(0)

    def lease_and_tell(task):
        is_ours = lease(task)
        leased.release()
        return is_ours

    @worker_task("t")
    def slow():
        world.clock.advance(LEASE_AFTER)
        timing.pass_wait(LEASE_AFTER / 1000)
        assert leased.acquire(timeout=PATIENCE)
        return leases(world, workflow_id)

    deployment.lease = lease_and_tell
    event = event_of(*messages_in(world, "t"))
    answer = LambdaWorker(slow, deployment, timing)(event, Context(600_000))
    world.settle()

    assert [] == failed(answer)
    expected = [[Context().log_stream_name, began]]
    assert expected == world.output_of(workflow_id, "t")["result"]


def test_a_lease_that_cannot_be_written_is_tried_again_each_second(world, caplog):
    workflow_id = run_one(world)
    timing = ManualTiming()
    deployment = native_workers(world.opened.home)
    lease, leased = deployment.lease, threading.Semaphore(0)
    answers = [Unavailable("DynamoDB did not answer")] * 2

    def sometimes_away(task):
        if answers:
            raise answers.pop()
        leased.release()
        return lease(task)

    @worker_task("t")
    def slow():
        timing.pass_wait(LEASE_AFTER / 1000)
        timing.pass_wait(1)
        timing.pass_wait(1)
        assert leased.acquire(timeout=PATIENCE)

    deployment.lease = sometimes_away
    event = event_of(*messages_in(world, "t"))
    LambdaWorker(slow, deployment, timing)(event, Context(600_000))

    assert 1 == len(leases(world, workflow_id))
    assert 2 == len(caplog.records)


# --- workers that die ----------------------------------------------------------------


def test_whoever_dies_early_has_his_task_executed_by_the_next(world):
    workflow_id = run_one(world)
    NativeWorker(world, echo).take()
    lives = NativeWorker(world, echo, "other")

    world.advance(VISIBILITY - 1)
    assert 0 == lives.work(), "he may be at work"
    world.advance(1)
    assert 1 == lives.work()

    assert ["COMPLETED"] == statuses(world, workflow_id), "no attempt is lost"
    assert "other" == world.task(workflow_id, "t")["workerId"]


def test_whoever_dies_later_has_his_task_retried_by_the_response_timeout(world):
    world.register_task(
        "t", responseTimeoutSeconds=90, retryCount=1, retryDelaySeconds=0
    )
    workflow_id = run_one(world)
    dies, lives = NativeWorker(world, echo), NativeWorker(world, echo, "other")
    [task] = dies.take()
    world.advance(LEASE_AFTER)
    dies.go_on(task)

    world.advance(89 * SECOND)
    assert 0 == lives.work()
    world.advance(2 * SECOND)
    assert 1 == lives.work()

    assert ["TIMED_OUT", "COMPLETED"] == statuses(world, workflow_id)


def test_a_function_that_dies_has_its_message_executed_when_it_comes_again(world):
    workflow_id = run_one(world)
    deployment = native_workers(world.opened.home)
    [message] = messages_in(world, "t")
    dying = native_workers(world.opened.home)
    dying.take(ReceivedMessage(message, ""), "t", "dies")

    again = {"Records": [record_of(message, receives=2)]}
    answer = lambda_worker(echo, deployment)(again, Context())
    world.settle()

    assert [] == failed(answer)
    assert ["COMPLETED"] == statuses(world, workflow_id)
    assert 1 == len(leases(world, workflow_id))


def test_a_result_that_a_function_cannot_report_comes_of_its_message(
    world, monkeypatch, caplog
):
    """Without a lease no timeout would have the task executed again."""
    workflow_id = run_one(world)
    deployment = native_workers(world.opened.home)
    event = event_of(*messages_in(world, "t"))

    def away(_reports):
        raise Unavailable("SQS did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(deployment, "send", away)
        patched.setattr(handler, "_REPORT_ATTEMPTS", 1)
        answer = lambda_worker(echo, deployment)(event, Context())
    assert [event["Records"][0]["messageId"]] == failed(answer)

    [record] = event["Records"]
    record["attributes"]["ApproximateReceiveCount"] = "2"
    assert [] == failed(lambda_worker(echo, deployment)(event, Context()))
    world.settle()
    assert ["COMPLETED"] == statuses(world, workflow_id)


# --- messages that come twice --------------------------------------------------------


def test_a_message_that_cannot_be_removed_comes_again_and_is_dropped(
    world, monkeypatch, caplog
):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)

    def away(*_):
        raise Unavailable("SQS did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(worker.deployment, "forget", away)
        assert 1 == worker.work()
    assert "COMPLETED" == world.status(workflow_id)
    world.advance(VISIBILITY)

    assert [] == NativeWorker(world, echo, "other").take()
    assert ["COMPLETED"] == statuses(world, workflow_id)


def test_a_fresh_message_that_sqs_delivers_twice_is_executed_once_by_one_process(world):
    run_one(world)
    _double(world)
    worker = NativeWorker(world, echo)

    assert 1 == len(worker.take())


def test_two_processes_that_get_one_fresh_message_report_both_and_one_counts(world):
    """SQS does so rarely, and nobody can know it without a lease."""
    workflow_id = run_one(world)
    _double(world)
    first, second = NativeWorker(world, echo), NativeWorker(world, echo, "other")
    [one], [other] = first.take(1), second.take(1)

    second.execute(other)
    first.execute(one)
    world.settle()

    assert ["COMPLETED"] == statuses(world, workflow_id)
    assert "other" == world.task(workflow_id, "t")["workerId"]


def test_with_strict_leases_one_process_has_a_message_that_came_twice(world):
    run_one(world)
    _double(world)
    first = NativeWorker(world, echo, strict_leases=True)
    second = NativeWorker(world, echo, "other", strict_leases=True)

    assert (1, 0) == (len(first.take(1)), len(second.take(1)))


def _double(world):
    """Have the message of ``t`` twice, as if it had never been received."""
    queues = world.opened.home.queues
    [received] = queues.receive("t", 1, 0, 60_000)
    queues.delete("t", [received.receipt])
    queues.send("t", [received.message, replace(received.message)])


# --- the guard -----------------------------------------------------------------------


def test_the_guard_offers_again_what_got_lost(world):
    workflow_id = run_one(world)
    queues = world.opened.home.queues
    [received] = queues.receive("t", 1, 0, 60_000)
    queues.delete("t", [received.receipt])
    worker = NativeWorker(world, echo)

    world.advance(59 * SECOND)
    assert [] == worker.take()
    world.advance(2 * SECOND)
    [task] = worker.take()

    assert workflow_id == task.workflow_instance_id
    assert [("me", world.clock.now())] == leases(world, workflow_id), "who knows"


def test_the_guard_offers_nothing_again_that_a_worker_is_at(world):
    """He took the offer as late as may be, and was leased as late as may be."""
    workflow_id = run_one(world)
    world.advance(FRESH_FOR - 1)
    worker = NativeWorker(world, echo)
    [task] = worker.take()
    assert [] == leases(world, workflow_id)
    world.advance(LEASE_AFTER)
    worker.go_on(task)

    world.advance(120 * SECOND)
    assert [] == NativeWorker(world, echo, "other").take()

    worker.execute(task)
    world.settle()
    assert ["COMPLETED"] == statuses(world, workflow_id)


def test_the_guard_offers_nothing_again_that_was_reported(world):
    """However long the decider's queue is: offers stand behind the report."""
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()
    worker.execute(task)
    world.clock.advance(61 * SECOND)

    world.podium.guard.wake(workflow_id)
    world.settle()

    assert "COMPLETED" == world.status(workflow_id)
    assert [] == NativeWorker(world, echo, "other").take()


def test_what_polls_by_rest_is_leased_and_offered_again_as_ever(world):
    workflow_id = run_one(world)
    polled = world.take("t")

    world.advance(61 * SECOND)
    assert [] == NativeWorker(world, echo).take()
    world.report(polled)

    assert "COMPLETED" == world.status(workflow_id)


# --- workflows that end meanwhile ----------------------------------------------------


def test_the_result_of_a_workflow_that_ended_meanwhile_is_dropped(world):
    """A fresh offer is not looked up: what was cancelled just now may be begun yet."""
    workflow_id = run_one(world)
    world.podium.workflows.terminate(workflow_id, "enough")

    assert 1 == NativeWorker(world, echo).work()

    assert "TERMINATED" == world.status(workflow_id)
    assert ["CANCELED"] == statuses(world, workflow_id)


def test_who_works_for_a_workflow_that_ended_gets_no_lease(world):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()
    world.podium.workflows.terminate(workflow_id, "enough")

    with pytest.raises(NotFound, match="No lease of task"):
        worker.go_on(task)

    assert [] == leases(world, workflow_id)
