"""One request for what several threads have ready at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium_sdk.native.outbox import LIMIT, Outbox

LATE = 5


class Sending:
    """A request that takes until it is let go, and what was in each."""

    def __init__(self, *errors):
        self.batches = []
        self.begun = threading.Semaphore(0)
        self.released = threading.Event()
        self._errors = list(errors)

    def __call__(self, items):
        self.batches.append(list(items))
        self.begun.release()
        assert self.released.wait(LATE)
        if self._errors:
            raise self._errors.pop(0)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(30) as threads:
        yield threads


def put_meanwhile(outbox, sending, pool, numbers):
    """Put 0, and the other numbers while its request is under way."""
    futures = [pool.submit(outbox.put, 0)]
    assert sending.begun.acquire(timeout=LATE)
    futures += [pool.submit(outbox.put, number) for number in numbers]
    with outbox._changed:
        arrived = len(numbers)
        # Putting notifies nobody, so the wait is a look every now and then.
        while len(outbox._waiting) < arrived:
            outbox._changed.wait(0.01)
    sending.released.set()
    return futures


def test_what_comes_alone_goes_alone_and_at_once():
    sending = Sending()
    sending.released.set()
    outbox = Outbox(sending)

    outbox.put(1)
    outbox.put(2)

    assert [[1], [2]] == sending.batches


def test_what_comes_while_a_request_is_under_way_goes_together_ten_at_a_time(pool):
    sending = Sending()
    outbox = Outbox(sending)

    for future in put_meanwhile(outbox, sending, pool, range(1, 13)):
        future.result(LATE)

    assert [1, LIMIT, 2] == [len(batch) for batch in sending.batches]
    sent = [number for batch in sending.batches for number in batch]
    assert list(range(13)) == sorted(sent)


def test_an_error_is_told_to_all_whose_items_were_in_the_request(pool):
    sending = Sending(ConnectionError("first"), ConnectionError("second"))
    outbox = Outbox(sending)

    futures = put_meanwhile(outbox, sending, pool, range(1, 4))

    told = [str(future.exception(LATE)) for future in futures]
    assert ["first", "second", "second", "second"] == told
    outbox.put("later")
    assert ["later"] == sending.batches[-1]
