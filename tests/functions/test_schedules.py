"""Schedules on AWS: the decider starts runs, the sweeper finds those nobody saw to."""

import pytest

from gateway_events import CONTEXT
from lambda_events import failed_ids, recorded_event, sqs_event
from podium.errors import Unavailable
from podium.model.schedule import WorkflowSchedule
from podium.model.workflow_definition import WorkflowDef
from podium_functions.decider import Decider
from podium_functions.sweeper import Sweeper
from world import task

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def podium(deployment):
    podium = deployment.runtime.build()
    definition = {"name": "w", "schemaVersion": 2, "tasks": [task("HUMAN", "ask")]}
    podium.definitions.update_workflows([WorkflowDef.from_json(definition)])
    return podium


@pytest.fixture
def timers(deployment):
    return deployment.arn_of("TimersQueueArn")


@pytest.fixture
def decide(deployment):
    return Decider(deployment.runtime, threads=1).handle  # moto bears no threads


@pytest.fixture
def sweep(deployment):
    sweeper = Sweeper(deployment.runtime)
    return lambda: sweeper.handle(recorded_event("schedule"), CONTEXT)


def save(podium, name="each minute", cron="0 * * * * *"):
    document = {
        "name": name,
        "cronExpression": cron,
        "startWorkflowRequest": {"name": "w"},
    }
    return podium.scheduler.save(WorkflowSchedule.from_json(document))


def times(podium):
    """Return the scheduled times of the runs there were."""
    found = podium.scheduler.executions(None, "*", 0, 100, "scheduledTime:ASC")
    return [one.scheduled_time for one in found.results]


def advance_to(clock, moment):
    clock.advance(moment - clock.now())


def test_a_run_starts_at_its_second(deployment, clock, podium, timers, decide):
    first = save(podium).next_run_time

    advance_to(clock, first - 1)
    assert 0 == deployment.pump(decide, timers)
    clock.advance(1)
    deployment.pump(decide, timers)

    assert [first] == times(podium)
    advance_to(clock, first + MINUTE)
    deployment.pump(decide, timers)
    assert [first, first + MINUTE] == times(podium)


def test_a_far_run_is_moved_to_the_queue_by_the_sweep(
    deployment, clock, podium, timers, decide, sweep
):
    first = save(podium, cron="0 0 0/5 * * *").next_run_time
    assert {"moved": 0} == sweep()

    advance_to(clock, first - 5 * MINUTE)
    assert {"moved": 1} == sweep()
    assert {"moved": 0} == sweep()
    advance_to(clock, first)
    deployment.pump(decide, timers)

    assert [first] == times(podium)


def test_a_message_that_comes_twice_starts_one_workflow(
    deployment, clock, podium, timers, decide
):
    advance_to(clock, save(podium).next_run_time)
    batch = sqs_event(timers, deployment.receive(timers))

    for _ in range(3):
        assert [] == failed_ids(decide(batch, CONTEXT))

    assert 1 == len(times(podium))


def test_a_run_that_failed_half_way_comes_again_and_starts_one_workflow(
    deployment, clock, podium, timers, monkeypatch
):
    first = save(podium).next_run_time
    advance_to(clock, first)
    decider = Decider(deployment.runtime, threads=1)
    schedules = type(deployment.home.schedules)
    with monkeypatch.context() as patch:
        patch.setattr(schedules, "put", _unavailable)
        message = deployment.receive(timers)
        assert 1 == len(failed_ids(decider.handle(sqs_event(timers, message), CONTEXT)))
    started = podium.scheduler.executions(None, "*", 0, 9, None).results

    clock.advance(5_000)
    deployment.pump(decider.handle, timers)

    after = podium.scheduler.executions(None, "*", 0, 9, None).results
    assert [one.workflow_id for one in started] == [one.workflow_id for one in after]
    assert first + MINUTE == podium.scheduler.schedule("each minute").next_run_time


def _unavailable(*_):
    raise Unavailable("DynamoDB did not answer")


def test_a_schedule_whose_message_was_lost_is_found_by_the_sweeper(
    deployment, clock, podium, timers, decide, sweep
):
    first = save(podium).next_run_time
    url = deployment.url_of(timers)
    advance_to(clock, first)
    deployment.stack.clients.sqs.purge_queue(QueueUrl=url)

    sweep()
    assert 0 == deployment.pump(decide, timers), "somebody may be about to see to it"
    clock.advance(MINUTE + 1)
    sweep()
    assert 1 == deployment.pump(decide, timers)

    assert [first] == times(podium)
    advance_to(clock, first + 2 * MINUTE + 1)  # SQS waits for whole seconds
    deployment.pump(decide, timers)
    assert [first, first + 2 * MINUTE] == times(podium)
