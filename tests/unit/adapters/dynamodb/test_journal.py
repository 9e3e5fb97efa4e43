"""The journal on DynamoDB, beyond its contract."""

import itertools

import pytest

from podium.adapters.dynamodb.changes import DynamoChanges
from podium.adapters.dynamodb.journal import DynamoJournal
from podium.adapters.dynamodb.table import Table
from podium.clock import ManualClock
from podium.errors import Unavailable
from podium.ports import JournalEntry

LARGE = 300_000


@pytest.fixture
def table(stack):
    numbers = itertools.count()
    name = stack.outputs["WorkflowsTable"]
    return Table(stack.clients.dynamodb, name, lambda _: next(numbers), lambda _: None)


def entry(version, size=1, keyframe=None):
    return JournalEntry("w", version, 5, b"j" * size, keyframe)


def test_an_entry_and_a_keyframe_too_large_for_one_item_are_read_as_one(table):
    journal = DynamoJournal(table, ManualClock())
    large = entry(2, LARGE, b"k" * LARGE)
    for one in (entry(1), large, entry(3)):
        journal.append(one)

    assert [large, entry(3)] == journal.read_tail("w", 0)
    assert [large, entry(3)] == journal.read_tail("w", 1)
    assert [entry(3)] == journal.read_tail("w", 2)
    assert [1, 2, 3] == [one.version for one in journal.read_range("w", 1)]
    assert [1, 2] == [one.version for one in journal.read_range("w", 1, 2)]
    assert [2] == [one.version for one in journal.read_versions("w", [2])]


def test_a_keyframe_whose_entry_lost_is_never_written(table):
    journal = DynamoJournal(table, ManualClock())
    journal.append(entry(1))

    with pytest.raises(Exception, match="already has version 1"):
        journal.append(entry(1, LARGE, b"k" * LARGE))

    assert [entry(1)] == journal.read_tail("w", 0)


class NoSecondWrite(Table):
    """A table that does not answer when a keyframe is written apart."""

    def put(self, item, condition=None):
        if condition is None:
            raise Unavailable("DynamoDB did not answer")
        super().put(item, condition)


def test_a_keyframe_that_could_not_be_written_does_not_fail_its_append(stack, table):
    journal = DynamoJournal(
        NoSecondWrite(table._client, table._name, table._draw, table._pause),
        ManualClock(),
    )

    journal.append(entry(1))
    journal.append(entry(2, LARGE, b"k" * LARGE))

    assert [entry(1), entry(2, LARGE)] == journal.read_tail("w", 0)


def test_a_tail_without_a_keyframe_is_read_page_by_page(table):
    journal = DynamoJournal(table, ManualClock())
    written = [entry(version) for version in range(1, 75)]
    for one in written:
        journal.append(one)

    assert written == journal.read_tail("w", 0)
    assert written[10:] == journal.read_tail("w", 10)


def test_waiting_looks_ever_more_slowly(table):
    """The pauses are real time's, and none is longer than a second."""
    pauses = []
    changes = DynamoChanges(DynamoJournal(table, ManualClock()), pauses.append)
    journal = DynamoJournal(table, ManualClock())
    journal.append(entry(1))

    def append_after_ten(seconds):
        pauses.append(seconds)
        if len(pauses) == 10:
            journal.append(entry(2))

    DynamoChanges(journal, append_after_ten).wait("w", 1, 60_000)

    assert 10 == len(pauses)
    assert sorted(pauses) == pauses
    assert (0.05, 1.0) == (pauses[0], pauses[-1])
    changes.wait("w", 1, 60_000)
    assert 10 == len(pauses)
