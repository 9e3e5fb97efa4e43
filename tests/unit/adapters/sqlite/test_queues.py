"""What the embedded queues promise beyond the port."""

from podium.ports import TaskMessage


def receive(sqlite, limit=10):
    found = sqlite.queues.receive("a", limit, 0, 60_000)
    return [(one.message.task_id, one.message.delivery) for one in found]


def test_sending_again_what_is_there_changes_nothing(sqlite):
    sqlite.queues.send("a", [TaskMessage("t", 1, priority=5)])
    sqlite.queues.send("a", [TaskMessage("t", 1, priority=9, delay=5_000)])
    assert {"a": 1} == sqlite.queues.sizes()

    [received] = sqlite.queues.receive("a", 10, 0, 60_000)
    sqlite.queues.send("a", [TaskMessage("t", 1)])

    assert 5 == received.message.priority
    assert [] == receive(sqlite)


def test_messages_due_at_the_same_time_come_in_the_order_of_their_tasks(sqlite):
    tasks = [TaskMessage(f"t{number}", 1) for number in (3, 1, 2)]
    sqlite.queues.send("a", tasks)

    assert [("t1", 1), ("t2", 1), ("t3", 1)] == receive(sqlite)


def test_a_receipt_that_is_none_is_ignored(sqlite):
    sqlite.queues.send("a", [TaskMessage("t", 1)])
    nonsense = ["", "/", "x/1/t", "1/x/t", "1/1/t"]

    sqlite.queues.delete("a", nonsense)
    sqlite.queues.release("a", nonsense, 0)

    assert [("t", 1)] == receive(sqlite)


def test_a_receipt_may_still_delete_what_is_visible_again(sqlite, clock):
    sqlite.queues.send("a", [TaskMessage("t", 1)])
    [received] = sqlite.queues.receive("a", 1, 0, 1_000)
    clock.advance(1_000)

    sqlite.queues.delete("a", [received.receipt])

    assert [] == receive(sqlite)


def test_after_a_crash_what_was_received_is_released_at_once(open_at, path):
    before = open_at(path)
    before.queues.send("a", [TaskMessage("t1", 1), TaskMessage("t2", 1)])
    before.queues.send("a", [TaskMessage("later", 1, delay=5_000)])
    before.queues.receive("a", 1, 0, 60_000)
    before.close()

    after = open_at(path)
    after.release_in_flight()

    assert [("t1", 1), ("t2", 1)] == receive(after)


def test_a_queue_is_known_before_the_process_sends_to_it(open_at, path):
    before = open_at(path)
    before.queues.send("a", [TaskMessage("t1", 1)])
    receive(before)
    before.close()

    assert {"a": 0} == open_at(path).queues.sizes()


def test_a_queue_whose_first_send_was_rolled_back_is_known_after_the_next(
    sqlite, rolled_back
):
    with rolled_back(sqlite):
        sqlite.queues.send("a", [TaskMessage("t1", 1)])
    assert {} == sqlite.queues.sizes()

    sqlite.queues.send("a", [TaskMessage("t1", 1)])
    assert {"a": 1} == sqlite.queues.sizes()


def test_the_next_due_time_is_that_of_the_next_hidden_message(sqlite, clock):
    sqlite.queues.send("a", [TaskMessage("now", 1)])
    assert sqlite.queues.next_due("a") is None

    sqlite.queues.send("a", [TaskMessage("later", 1, delay=5_000)])
    assert clock.now() + 5_000 == sqlite.queues.next_due("a")

    sqlite.queues.receive("a", 1, 0, 2_000)
    assert clock.now() + 2_000 == sqlite.queues.next_due("a")


def test_a_message_that_is_withdrawn_is_gone_unless_somebody_has_it(sqlite):
    messages = [TaskMessage(f"t{number}", 1) for number in (1, 2)]
    later = TaskMessage("t3", 1, delay=5_000)
    sqlite.queues.send("a", [*messages, later])
    [received] = sqlite.queues.receive("a", 1, 0, 60_000)

    sqlite.queues.withdraw("a", [*messages, later, TaskMessage("t4", 1)])

    assert [] == receive(sqlite)
    sqlite.queues.release("a", [received.receipt], 0)
    assert [("t1", 1)] == receive(sqlite)


def test_a_delivery_is_withdrawn_alone(sqlite):
    sqlite.queues.send("a", [TaskMessage("t", 1), TaskMessage("t", 2)])
    sqlite.queues.withdraw("a", [TaskMessage("t", 1)])

    assert [("t", 2)] == receive(sqlite)
