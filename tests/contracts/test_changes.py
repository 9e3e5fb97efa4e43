"""The contract of waiting for a workflow's next entry."""

import threading
import time

from podium.ports import JournalEntry

LONG = 20_000


def append(home, version):
    home.journal.append(JournalEntry("w", version, 5, b"j"))


def seconds(action):
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


def test_there_is_no_waiting_for_what_has_happened(home):
    append(home, 1)
    append(home, 2)

    assert seconds(lambda: home.changes.wait("w", 1, LONG)) < LONG / 1000 / 2


def test_waiting_ends_with_the_time_given(home):
    append(home, 1)

    assert seconds(lambda: home.changes.wait("w", 1, 50)) < LONG / 1000 / 2


def test_an_entry_ends_the_wait(home):
    append(home, 1)
    timer = threading.Timer(0.05, append, (home, 2))
    timer.start()

    took = seconds(lambda: home.changes.wait("w", 1, LONG))
    timer.join()

    assert took < LONG / 1000 / 2
