"""Timers on SQS and DynamoDB: never early, never lost, near and far."""

import pytest

from aws_homes import open_over
from podium.adapters.sqs.timers import ArmedTimer, decode_timer

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def timers(stack, clock):
    return open_over(stack, clock, timer_shards=2).timers


def fired(stack, queue="TimersQueueUrl"):
    """Return what the timers queue has to give now."""
    url, sqs = stack.outputs[queue], stack.clients.sqs
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
        "Messages"
    ):
        for message in messages:
            found.append(decode_timer(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


@pytest.mark.parametrize("after", [0, 1, 1_000, 59_999, 15 * MINUTE])
def test_a_near_timer_is_never_early_and_at_most_a_second_late(
    timers, stack, clock, after
):
    due = clock.now() + after
    timers.arm("w", due)

    if after:
        clock.advance(after - 1)
        assert [] == fired(stack)
        clock.advance(1_000)
    assert [ArmedTimer("w", due)] == fired(stack)


def test_guards_fire_from_a_queue_of_their_own(timers, stack, clock):
    due = clock.now() + MINUTE
    timers.arm("w", due, is_guard=True)
    timers.arm_guards([("v", due)])

    clock.advance(MINUTE)
    assert [] == fired(stack)
    guards = fired(stack, "GuardsQueueUrl")
    assert {ArmedTimer("w", due), ArmedTimer("v", due)} == set(guards)


def test_a_timer_of_the_past_fires_at_once(timers, stack, clock):
    timers.arm("w", clock.now() - HOUR)

    assert ["w"] == [timer.workflow_id for timer in fired(stack)]


def test_a_far_timer_waits_for_the_sweep_and_is_on_time(timers, stack, clock):
    due = clock.now() + 5 * HOUR + 1
    timers.arm("w", due)

    for _ in range(60):
        timers.sweep(clock.now())
        assert [] == fired(stack)
        clock.advance(5 * MINUTE)
    timers.sweep(clock.now())
    clock.advance(1_000)

    assert [ArmedTimer("w", due)] == fired(stack)
    assert 0 == timers.sweep(clock.now())


def test_a_far_timer_armed_twice_fires_once(timers, stack, clock):
    due = clock.now() + HOUR
    for _ in range(2):
        timers.arm("w", due)

    clock.advance(HOUR)

    assert 1 == timers.sweep(clock.now())


def test_what_became_due_while_nobody_swept_fires_when_somebody_does(
    timers, stack, clock
):
    for hours in (1, 2, 6):
        timers.arm("w", clock.now() + hours * HOUR)

    clock.advance(5 * HOUR)

    assert 2 == timers.sweep(clock.now())
    assert 2 == len(fired(stack))
    clock.advance(HOUR)
    assert 1 == timers.sweep(clock.now())


def test_many_timers_are_moved_whatever_shard_they_lie_in(timers, stack, clock):
    for number in range(40):
        timers.arm(f"w{number}", clock.now() + HOUR + number)

    clock.advance(HOUR + 1_000)

    assert 40 == timers.sweep(clock.now())
    assert 40 == len(set(fired(stack)))


def test_where_no_timer_was_ever_far_there_is_nothing_to_sweep(timers, clock):
    timers.arm("w", clock.now() + MINUTE)

    assert 0 == timers.sweep(clock.now())
