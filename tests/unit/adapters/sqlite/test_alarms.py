"""Alarms: rung when the home's clock says so, and forgotten when nobody listens."""

import threading

from podium.adapters.sqlite import alarms as alarm_module
from podium.adapters.sqlite.alarms import Alarms
from podium.adapters.sqlite.signals import Signals
from podium.clock import ManualClock, SystemClock

TOPIC = ("queue", "a")
SOON = 5


def no_more(_):
    return None


def alarms_of(clock, next_due=no_more):
    signals = Signals()
    alarms = Alarms(clock, signals)
    alarms.ask("queue", next_due)
    return signals, alarms


def before_each_pause(alarms):
    """Return an event that is set as soon as the thread is about to wait."""
    waits, pause = threading.Event(), alarms._pause

    def pausing():
        waits.set()
        return pause()

    alarms._pause = pausing
    return waits


def test_the_topic_is_published_when_it_is_due():
    clock = SystemClock()
    signals, alarms = alarms_of(clock)
    rung = threading.Event()
    signals.subscribe(TOPIC, rung.set)

    alarms.set(TOPIC, clock.now() + 60_000)
    alarms.set(TOPIC, clock.now() + 20)

    assert rung.wait(SOON)
    alarms.close()


def test_what_is_due_in_thousands_of_years_keeps_nothing_sooner_from_ringing():
    """Somebody waits until 9999; no clock of a machine can be set to that."""
    clock = SystemClock()
    signals, alarms = alarms_of(clock)
    rung, waits = threading.Event(), before_each_pause(alarms)
    signals.subscribe(TOPIC, rung.set)
    alarms.set(TOPIC, 253_402_300_799_000)
    assert waits.wait(SOON)

    alarms.set(TOPIC, clock.now() + 10)

    assert rung.wait(SOON)
    alarms.close()


def test_the_next_due_time_is_asked_for_after_each_ring():
    clock = SystemClock()
    signals, alarms = alarms_of(clock, lambda _: clock.now() + 10)
    rings = threading.Semaphore(0)
    signals.subscribe(TOPIC, rings.release)

    alarms.set(TOPIC, clock.now() + 10)

    assert all(rings.acquire(timeout=SOON) for _ in range(3))
    alarms.close()


def test_nothing_is_kept_for_topics_that_nobody_watches():
    _, alarms = alarms_of(ManualClock())

    alarms.set(TOPIC, 5)

    assert ({}, None) == (alarms._due, alarms._thread)


def test_while_the_clock_stands_still_nothing_rings():
    clock = ManualClock()
    signals, alarms = alarms_of(clock)
    rung = threading.Event()
    signals.subscribe(TOPIC, rung.set)
    alarms.set(TOPIC, clock.now() + 2)

    assert not rung.wait(0.02)

    clock.advance(3)
    assert rung.wait(SOON)
    alarms.close()


def test_after_a_sleep_of_the_machine_it_rings_within_a_second(monkeypatch):
    """A thread's waiting stands still meanwhile, and the clock has gone on."""
    assert alarm_module._LONGEST <= 1_000
    monkeypatch.setattr(alarm_module, "_LONGEST", 5)
    clock = ManualClock()
    signals, alarms = alarms_of(clock)
    rung, waits = threading.Event(), before_each_pause(alarms)
    signals.subscribe(TOPIC, rung.set)
    alarms.set(TOPIC, clock.now() + 30 * 60_000)
    assert waits.wait(SOON)

    clock.advance(60 * 60_000)

    assert rung.wait(SOON)
    alarms.close()


def test_it_rings_once_the_time_is_past():
    clock = ManualClock()
    signals, alarms = alarms_of(clock)
    rung = threading.Event()
    signals.subscribe(TOPIC, rung.set)
    alarms.set(TOPIC, clock.now() + 2)

    clock.advance(2)
    assert not rung.wait(0.02)

    clock.advance(1)
    assert rung.wait(SOON)
    alarms.close()


def test_what_becomes_due_while_others_look_is_rung_too():
    clock = ManualClock(0)
    left = [10, 12]
    signals, alarms = alarms_of(
        clock, lambda _: min((one for one in left if one > clock.now()), default=None)
    )
    is_all_taken = threading.Event()

    def take():
        now = clock.now()
        left[:] = [one for one in left if one > now]
        if not left:
            is_all_taken.set()
        clock.advance(2)

    signals.subscribe(TOPIC, take)
    alarms.set(TOPIC, 10)
    clock.advance(11)

    assert is_all_taken.wait(SOON)
    alarms.close()


def test_closing_ends_the_thread():
    signals, alarms = alarms_of(ManualClock())
    signals.subscribe(TOPIC, lambda: None)
    alarms.set(TOPIC, 1 << 50)
    thread = alarms._thread

    alarms.close()
    alarms.set(TOPIC, 5)

    assert not thread.is_alive()
