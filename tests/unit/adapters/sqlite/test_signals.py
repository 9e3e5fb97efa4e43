"""Signals: everybody who subscribed, and one at a time of those in line."""

from podium.adapters.sqlite.signals import Signals

TOPIC = ("queue", "a")


def test_every_subscriber_is_called_each_time_until_it_leaves():
    signals, calls = Signals(), []
    leave = signals.subscribe(TOPIC, lambda: calls.append("first"))
    signals.subscribe(TOPIC, lambda: calls.append("second"))

    signals.publish(TOPIC)
    leave()
    leave()
    signals.publish(TOPIC)

    assert ["first", "second", "second"] == calls


def test_the_same_callback_may_subscribe_twice():
    signals, calls = Signals(), []
    leave = signals.subscribe(TOPIC, calls.clear)
    signals.subscribe(TOPIC, lambda: calls.append(1))
    leave()
    signals.publish(TOPIC)

    assert [1] == calls


def test_topics_are_apart():
    signals, calls = Signals(), []
    signals.subscribe(("queue", "b"), lambda: calls.append("b"))
    signals.enlist(("workflow", "a"), lambda: calls.append("w"))

    signals.publish(TOPIC)

    assert [] == calls


def test_a_message_wakes_one_of_those_in_line_the_longest_waiting():
    signals, calls = Signals(), []
    for name in "abcd":
        signals.enlist(TOPIC, lambda name=name: calls.append(name))

    signals.publish(TOPIC)
    assert ["a"] == calls

    signals.publish(TOPIC, places=2)
    assert ["a", "b", "c"] == calls

    signals.publish(TOPIC, places=9)
    assert ["a", "b", "c", "d"] == calls


def test_leaving_the_line_tells_whether_the_turn_had_come():
    signals = Signals()
    first = signals.enlist(TOPIC, lambda: None)
    second = signals.enlist(TOPIC, lambda: None)
    signals.publish(TOPIC)

    assert (False, True, False) == (first(), second(), second())


def test_nothing_is_kept_of_topics_that_nobody_watches():
    signals = Signals()
    leave = signals.subscribe(TOPIC, lambda: None)
    withdraw = signals.enlist(TOPIC, lambda: None)
    assert signals.is_watched(TOPIC)

    leave()
    withdraw()

    assert not signals.is_watched(TOPIC)
    assert ({}, {}) == (signals._subscribers, signals._lines)


def test_a_callback_may_enlist_and_unsubscribe():
    signals, calls = Signals(), []

    def again():
        calls.append(1)
        signals.enlist(TOPIC, again)

    signals.enlist(TOPIC, again)

    def leave_at_once():
        leave()

    leave = signals.subscribe(TOPIC, leave_at_once)
    signals.publish(TOPIC)
    signals.publish(TOPIC)

    assert [1, 1] == calls


def test_closing_calls_everybody_who_waits():
    signals, calls = Signals(), []
    for topic in (TOPIC, TOPIC, ("workflow", "w")):
        signals.enlist(topic, lambda topic=topic: calls.append(topic[0]))

    signals.release_all()

    assert ["queue", "queue", "workflow"] == calls
