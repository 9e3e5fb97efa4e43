"""Waiting for messages: woken when there is something, and only as many as needed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from podium.adapters.sqlite.askers import Asker, on_behalf_of
from podium.adapters.sqlite.home import IN_MEMORY
from podium.clock import SystemClock
from podium.errors import Unavailable
from podium.ports import JournalEntry, TaskMessage

LONG = 20_000
SOON = 5


@pytest.fixture
def clock():
    """Delays end by themselves here."""
    return SystemClock()


@pytest.fixture
def sqlite(open_at):
    return open_at(IN_MEMORY)


def send(sqlite, *task_ids, queue="a", delay=0):
    messages = [TaskMessage(one, 1, delay=delay) for one in task_ids]
    sqlite.queues.send(queue, messages)


def waiting(sqlite, queue="a", limit=1, asker=None):
    """Begin to receive in another thread, and return once it stands in line."""
    before = len(sqlite.signals._lines.get(("queue", queue), ()))
    pool = ThreadPoolExecutor(1)
    future = pool.submit(receiving, sqlite, queue, limit, asker or Asker())
    pool.shutdown(wait=False)
    deadline = time.monotonic() + SOON
    while len(sqlite.signals._lines.get(("queue", queue), ())) == before:
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)
    return future


def receiving(sqlite, queue, limit, asker):
    with on_behalf_of(asker):
        return sqlite.queues.receive(queue, limit, LONG, 60_000)


def ids(future):
    return [received.message.task_id for received in future.result(SOON)]


def test_a_message_wakes_who_waits(sqlite):
    future = waiting(sqlite)
    send(sqlite, "t1")

    assert ["t1"] == ids(future)


def test_who_has_gone_gets_nothing_that_comes_later(sqlite):
    asker = Asker()
    future = waiting(sqlite, asker=asker)

    asker.leave()
    assert [] == ids(future)

    send(sqlite, "t1")
    assert 1 == len(receiving(sqlite, "a", 1, Asker()))


def test_who_had_gone_before_his_turn_gets_not_even_what_is_there(sqlite):
    asker = Asker()
    asker.leave()
    send(sqlite, "t1")

    assert [] == receiving(sqlite, "a", 1, asker)
    assert {"a": 1} == sqlite.queues.sizes()


def test_who_goes_as_his_turn_comes_leaves_it_to_the_next(sqlite):
    asker = Asker()
    first = waiting(sqlite, asker=asker)
    second = waiting(sqlite)

    asker.is_gone = True  # nobody has told his thread yet
    send(sqlite, "t1")

    assert [] == ids(first)
    assert ["t1"] == ids(second)


def test_who_is_to_hurry_gets_what_there_is(sqlite):
    asker = Asker()
    future = waiting(sqlite, asker=asker)
    asker.hurry()
    assert [] == ids(future)

    send(sqlite, "t1")
    assert ["t1"] == [one.message.task_id for one in receiving(sqlite, "a", 1, asker)]
    assert [] == receiving(sqlite, "a", 1, asker)


def test_a_unit_wakes_when_it_is_committed(sqlite):
    future = waiting(sqlite)
    with sqlite.home.atomic():
        send(sqlite, "t1")
        sqlite.home.timers.arm("w", 5)

    assert ["t1"] == ids(future)


def test_a_delayed_message_wakes_who_waits_when_it_is_due(sqlite):
    future = waiting(sqlite)
    sent = time.monotonic()
    send(sqlite, "t1", delay=60)

    assert ["t1"] == ids(future)
    assert time.monotonic() - sent >= 0.059


def test_who_comes_later_is_woken_too_when_a_message_is_due(sqlite):
    send(sqlite, "t1", delay=60)

    assert ["t1"] == ids(waiting(sqlite))


def test_a_message_that_becomes_visible_again_wakes_who_waits(sqlite):
    send(sqlite, "t1")
    sqlite.queues.receive("a", 1, 0, 60)

    assert ["t1"] == ids(waiting(sqlite))


def test_a_released_message_wakes_who_waits(sqlite):
    send(sqlite, "t1", "t2")
    first, second = sqlite.queues.receive("a", 2, 0, 60_000)
    futures = [waiting(sqlite), waiting(sqlite)]

    sqlite.queues.release("a", [first.receipt], 0)
    sqlite.queues.release("a", [second.receipt], 30)

    assert {"t1", "t2"} == {task for future in futures for task in ids(future)}


def test_messages_in_one_batch_wake_as_many(sqlite):
    futures = [waiting(sqlite) for _ in range(4)]
    send(sqlite, "t1", "t2", "t3", "t4")

    assert {"t1", "t2", "t3", "t4"} == {task for one in futures for task in ids(one)}


def test_messages_due_at_the_same_time_wake_one_after_the_other(sqlite):
    futures = [waiting(sqlite) for _ in range(4)]
    send(sqlite, "t1", "t2", "t3", "t4", delay=30)

    assert {"t1", "t2", "t3", "t4"} == {task for one in futures for task in ids(one)}


def test_one_message_wakes_one_of_200_pollers(sqlite):
    calls = []
    for number in range(200):
        sqlite.queues.watch("a", lambda number=number: calls.append(number))
        sqlite.queues.watch("b", lambda number=number: calls.append(-number))

    send(sqlite, "t1", queue="a")

    assert [0] == calls


def test_whoever_leaves_messages_behind_calls_the_next(sqlite):
    calls = []
    for name in "xy":
        sqlite.queues.watch("a", lambda name=name: calls.append(name))
    send(sqlite, "t1")
    send(sqlite, "t2", queue="b")
    sqlite.queues.send("a", [])
    assert ["x"] == calls

    with sqlite.home.atomic():
        sqlite.database.change("UPDATE messages SET queue = 'a'")
    assert 1 == len(sqlite.queues.receive("a", 1, 0, 60_000))

    assert ["x", "y"] == calls


def test_a_waiting_receive_finds_a_closed_home_unavailable(sqlite):
    future = waiting(sqlite)
    sqlite.close()

    with pytest.raises(Unavailable):
        future.result(SOON)


def test_who_waits_for_a_workflow_is_told_that_the_home_closes(sqlite):
    sqlite.home.journal.append(JournalEntry("w", 1, 5, b"j"))

    def wait():
        with suppress(Unavailable):
            sqlite.home.changes.wait("w", 1, LONG)

    waiter = threading.Thread(target=wait)
    waiter.start()
    while not sqlite.signals.is_watched(("workflow", "w")):
        threading.Event().wait(0.001)

    sqlite.close()
    waiter.join(SOON)

    assert not waiter.is_alive()


def test_timers_are_signalled_when_they_are_due_not_when_they_are_armed(sqlite):
    rung = threading.Event()
    now = sqlite.home.clock.now()
    sqlite.home.timers.arm("early", now + 30)
    sqlite.timers.watch(rung.set)
    sqlite.home.timers.arm("late", now + 60_000)
    assert not rung.is_set()

    assert rung.wait(SOON)
    fired = sqlite.timers.due(sqlite.home.clock.now(), 10)
    assert ["early"] == [timer.workflow_id for timer in fired]


def test_a_timer_armed_while_somebody_watches_is_signalled(sqlite):
    rung = threading.Event()
    sqlite.timers.watch(rung.set)
    sqlite.home.timers.arm("w", sqlite.home.clock.now() + 20)

    assert rung.wait(SOON)


def test_a_failed_command_is_signalled_when_it_is_to_be_tried_again(sqlite):
    sqlite.home.commands.send("w", b"c")
    [received] = sqlite.commands.receive(1)
    sqlite.commands.fail(received.receipt, 30)
    rung = threading.Event()
    sqlite.commands.watch(rung.set)

    assert rung.wait(SOON)
    assert 1 == len(sqlite.commands.receive(1))
