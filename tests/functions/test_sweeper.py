"""The sweeper's function, called by its schedule."""

import pytest

from gateway_events import CONTEXT
from lambda_events import recorded_event
from podium import ids
from podium_functions.sweeper import Sweeper

HOUR = 3_600_000
DUE_SOON = 5 * 60_000


@pytest.fixture
def sweep(deployment):
    sweeper = Sweeper(deployment.runtime)
    return lambda: sweeper.handle(recorded_event("schedule"), CONTEXT)


def waiting(deployment):
    return len(deployment.receive(deployment.arn_of("TimersQueueArn")))


def test_a_far_timer_is_moved_to_the_queue_when_it_is_soon_due(
    deployment, clock, sweep
):
    due = clock.now() + HOUR
    deployment.home.timers.arm(ids.workflow_id(clock.now(), 7), due)
    assert {"moved": 0} == sweep()

    clock.advance(HOUR - DUE_SOON)
    assert {"moved": 1} == sweep()
    assert {"moved": 0} == sweep()
    assert 0 == waiting(deployment)
    clock.advance(DUE_SOON)
    assert 1 == waiting(deployment)


def test_a_sweep_where_nothing_was_ever_armed_does_nothing(sweep):
    assert {"moved": 0} == sweep()
