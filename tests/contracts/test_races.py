"""What the ports promise when many do the same at once."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from podium.errors import VersionConflict
from podium.ports import JournalEntry, Lease, TaskMessage

THREADS = 8
ROUNDS = 25
MANY_THREADS = True


def race(action):
    """Run ``action(thread, round)`` in all threads at once, round by round."""
    start = threading.Barrier(THREADS)

    def run(thread):
        results = []
        for number in range(ROUNDS):
            start.wait()
            results.append(action(thread, number))
        return results

    with ThreadPoolExecutor(THREADS) as pool:
        by_thread = list(pool.map(run, range(THREADS)))
    return list(zip(*by_thread, strict=True))


def test_of_many_appends_of_a_version_exactly_one_wins(home):
    def append(thread, number):
        try:
            home.journal.append(JournalEntry("w", number + 1, 5, b"%d" % thread))
        except VersionConflict:
            return False
        return True

    rounds = race(append)

    assert [1] * ROUNDS == [sum(results) for results in rounds]
    winners = [b"%d" % results.index(True) for results in rounds]
    assert winners == [entry.data for entry in home.journal.read_range("w", 1)]


def test_of_many_takers_of_a_lease_exactly_one_wins(home):
    def take(thread, number):
        return home.leases.take(Lease("w", number, 1, str(thread), 5, 5))

    rounds = race(take)

    assert [1] * ROUNDS == [sum(results) for results in rounds]
    winners = [str(results.index(True)) for results in rounds]
    assert winners == [lease.worker_id for lease in home.leases.find_all("w")]


def test_of_many_reservations_of_a_key_all_get_the_same_answer(home):
    rounds = race(lambda thread, n: home.keys.reserve("name", str(n), str(thread)))

    assert [1] * ROUNDS == [len(set(answers)) for answers in rounds]


def test_of_many_rebinds_of_a_key_exactly_one_wins(home):
    home.keys.reserve("name", "key", "0")

    rounds = race(lambda _, n: home.keys.rebind("name", "key", str(n), str(n + 1)))

    assert [1] * ROUNDS == [sum(results) for results in rounds]


def test_consumers_get_each_message_once_while_others_send(home):
    total = THREADS * ROUNDS

    def send_and_receive(thread, number):
        home.queues.send("a", [TaskMessage(f"{thread}/{number}", 1)])
        return take_some()

    def take_some():
        found = home.queues.receive("a", 3, 0, 60_000)
        home.queues.delete("a", [one.receipt for one in found])
        return [one.message.task_id for one in found]

    received = Counter(
        task
        for results in race(send_and_receive)
        for tasks in results
        for task in tasks
    )
    while rest := take_some():
        received.update(rest)

    assert (total, {1}) == (len(received), set(received.values()))
    assert {"a": 0} == home.queues.sizes()


def test_waiting_consumers_share_what_comes(home):
    total = THREADS * ROUNDS
    received = Counter()

    def consume(thread):
        mine = []
        while found := home.queues.receive("a", 1, 300, 60_000):
            mine += [one.message.task_id for one in found]
            home.queues.delete("a", [one.receipt for one in found])
        return mine

    with ThreadPoolExecutor(THREADS) as pool:
        consumers = [pool.submit(consume, thread) for thread in range(THREADS)]
        for number in range(total // 2):
            home.queues.send("a", [TaskMessage(f"{number}/{i}", 1) for i in range(2)])
        for consumer in consumers:
            received.update(consumer.result())

    assert (total, {1}) == (len(received), set(received.values()))
