"""Pools end in time, whatever their threads do."""

import threading
from concurrent.futures import ThreadPoolExecutor

from podium_local.ending import end


def test_what_is_under_way_finishes_and_what_has_not_begun_is_dropped():
    began, go_on = threading.Event(), threading.Event()

    def work():
        began.set()
        return go_on.wait(5)

    pool = ThreadPoolExecutor(1)
    first, second = pool.submit(work), pool.submit(work)
    assert began.wait(5)

    assert not end(pool, grace=0.01)
    go_on.set()

    assert first.result(5)
    assert second.cancelled()
    assert end(pool)
