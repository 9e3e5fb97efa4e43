"""Pauses after failures, and the clock that tests move."""

import threading

import pytest

from podium_sdk import Backoff
from podium_sdk.testing import ManualTiming
from podium_sdk.timing import SystemTiming


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(0, 0), (1, 0.5), (2, 1), (3, 2), (7, 30), (10_000, 30)],
)
def test_pauses_double_up_to_the_longest(failures, expected):
    assert expected == Backoff(0.5, 30, draw=lambda: 0.0).pause(failures)


def test_half_of_a_pause_is_left_to_chance():
    assert [4, 3, 2] == [
        Backoff(4, 30, draw=lambda drawn=drawn: drawn).pause(1) for drawn in (0, 0.5, 1)
    ]


def test_a_wait_on_manual_timing_ends_by_moving_the_time():
    timing, condition = ManualTiming(now=1000), threading.Condition()

    def wait():
        with condition:
            timing.monotonic()
            timing.wait(condition, 8)

    thread = threading.Thread(target=wait)
    thread.start()
    timing.pass_wait(8)
    thread.join(5)

    assert (False, 9000, 8) == (thread.is_alive(), timing.now(), timing.monotonic())


def test_a_wait_that_was_reckoned_before_the_time_moved_does_not_last():
    timing, condition = ManualTiming(), threading.Condition()
    timing.monotonic()
    mover = threading.Thread(target=timing.advance, args=(8,))
    mover.start()
    mover.join()

    with condition:
        timing.wait(condition, 8)


def test_a_wait_may_be_for_longer_than_threads_can_wait():
    timing, condition = SystemTiming(), threading.Condition()

    def wait():
        with condition:
            is_waiting.set()
            timing.wait(condition, 1e18)
        is_over.set()

    is_waiting, is_over = threading.Event(), threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    is_waiting.wait(5)
    with condition:
        condition.notify_all()
    thread.join(5)

    assert is_over.is_set()
