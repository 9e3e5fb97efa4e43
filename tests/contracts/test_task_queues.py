"""The contract of task queues."""

import time

import pytest

from podium.ports import TaskMessage

SECOND = 1_000
VISIBILITY = 60 * SECOND


def send(home, *task_ids, queue="a", **fields):
    home.queues.send(queue, [TaskMessage(one, 1, **fields) for one in task_ids])


def receive(home, limit=10, queue="a", wait=0):
    return home.queues.receive(queue, limit, wait, VISIBILITY)


def receive_ids(home, limit=10, queue="a"):
    return [received.message.task_id for received in receive(home, limit, queue)]


def test_a_queue_that_nobody_sent_to_is_empty(home):
    assert [] == receive(home)


def test_a_message_arrives_as_it_was_sent(home):
    home.queues.send("a", [TaskMessage("t1", 3, priority=7)])

    assert [TaskMessage("t1", 3, priority=7)] == [one.message for one in receive(home)]


def test_sending_nothing_is_no_error(home):
    home.queues.send("a", [])

    assert [] == receive(home)


def test_queues_are_apart(home):
    send(home, "t1", queue="a")
    send(home, "t1", queue="domain:a")

    assert ["t1"] == receive_ids(home, queue="domain:a")
    assert ["t1"] == receive_ids(home, queue="a")


def test_no_more_than_the_limit_is_received(home):
    send(home, *(f"t{number}" for number in range(5)))

    first, second = receive_ids(home, 3), receive_ids(home, 3)

    assert (3, 2) == (len(first), len(second))
    assert {"t0", "t1", "t2", "t3", "t4"} == {*first, *second}


def test_what_was_due_first_comes_first(home, clock):
    for number in (3, 1, 2):
        send(home, f"t{number}")
        clock.advance(1)

    assert ["t3", "t1", "t2"] == receive_ids(home)


def test_higher_priority_comes_first(home, clock):
    for priority in (0, 5, 99, 1):
        send(home, f"p{priority}", priority=priority)
        clock.advance(1)

    assert ["p99", "p5", "p1", "p0"] == receive_ids(home)


def test_a_delayed_message_is_not_received_early(home, clock):
    send(home, "later", delay=10 * SECOND)
    send(home, "now")

    clock.advance(9_999)
    assert ["now"] == receive_ids(home)

    clock.advance(1)
    assert ["later"] == receive_ids(home)


def test_a_received_message_is_invisible_until_its_time_is_over(home, clock):
    send(home, "t1")
    receive(home)

    clock.advance(VISIBILITY - 1)
    assert [] == receive_ids(home)

    clock.advance(1)
    assert ["t1"] == receive_ids(home)


def test_a_deleted_message_never_comes_back(home, clock):
    send(home, "t1", "t2")
    receipts = [received.receipt for received in receive(home)]

    home.queues.delete("a", receipts)
    clock.advance(2 * VISIBILITY)

    assert [] == receive_ids(home)


def test_a_stale_receipt_deletes_nothing(home, clock):
    send(home, "t1")
    [stale] = receive(home)
    clock.advance(VISIBILITY)
    [fresh] = receive(home)

    home.queues.delete("a", [stale.receipt])
    clock.advance(VISIBILITY)
    assert ["t1"] == receive_ids(home)

    home.queues.delete("a", [fresh.receipt])


def test_a_receipt_is_good_once(home):
    send(home, "t1")
    [received] = receive(home)
    home.queues.delete("a", [received.receipt])

    send(home, "t1")
    home.queues.delete("a", [received.receipt])

    assert ["t1"] == receive_ids(home)


def test_a_released_message_comes_back_after_its_delay(home, clock):
    send(home, "t1", "t2")
    first, second = receive(home)

    home.queues.release("a", [first.receipt], 0)
    home.queues.release("a", [second.receipt], SECOND)
    assert [first.message] == [one.message for one in receive(home)]

    clock.advance(SECOND)
    assert [second.message] == [one.message for one in receive(home)]


def test_a_stale_receipt_releases_nothing(home, clock):
    send(home, "t1")
    [stale] = receive(home)
    clock.advance(VISIBILITY)
    receive(home)

    home.queues.release("a", [stale.receipt], 0)

    assert [] == receive_ids(home)


def test_a_later_delivery_of_a_task_is_another_message(home):
    home.queues.send("a", [TaskMessage("t1", 1), TaskMessage("t1", 2)])

    assert {1, 2} == {received.message.delivery for received in receive(home)}


def test_sizes_count_what_waits_but_not_what_is_in_flight(home, clock):
    send(home, "t1", "t2", "t3", queue="a")
    send(home, "later", queue="a", delay=10 * SECOND)
    send(home, "t1", queue="b")
    receive(home, limit=2, queue="a")
    receive(home, queue="b")

    assert {"a": 2, "b": 0} == home.queues.sizes()

    clock.advance(VISIBILITY)
    assert {"a": 4, "b": 1} == home.queues.sizes()


def test_an_empty_queue_is_waited_for_no_longer_than_asked(home):
    begun = time.monotonic()

    assert [] == receive(home, wait=50)
    assert 0.04 <= time.monotonic() - begun < 2


@pytest.mark.parametrize("wait", [0, 5 * SECOND])
def test_what_is_there_is_received_without_waiting(home, wait):
    send(home, "t1")
    begun = time.monotonic()

    assert 1 == len(receive(home, wait=wait))
    assert time.monotonic() - begun < 2


def test_a_forgotten_message_comes_again_once_at_most(home, clock):
    send(home, "t1", "t2")
    for _ in range(3):
        home.queues.forget("a", [received.receipt for received in receive(home)])
        clock.advance(VISIBILITY)

    assert [] == receive_ids(home)
    assert {"a": 0} == home.queues.sizes()


def test_a_message_that_is_sent_again_comes_when_it_says(home):
    send(home, "t1", delay=60 * SECOND)
    home.queues.send_again("a", [TaskMessage("t1", 1)])

    assert ["t1"] == receive_ids(home)


def test_a_message_that_is_sent_again_and_deleted_comes_all_the_same(home, clock):
    send(home, "t1")
    [received] = receive(home)
    home.queues.send_again("a", [TaskMessage("t1", 1, delay=5 * SECOND)])
    home.queues.delete("a", [received.receipt])

    assert [] == receive_ids(home)
    clock.advance(5 * SECOND)
    assert ["t1"] == receive_ids(home)


def test_what_is_received_just_now_is_in_flight(home):
    send(home, "t1", "t2")
    [received] = receive(home, 1)
    assert {"a": 1} == home.queues.in_flight()

    home.queues.delete("a", [received.receipt])
    assert {"a": 0} == home.queues.in_flight()
