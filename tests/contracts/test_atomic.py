"""The contract of the unit of work: what the engine may rely on in every home."""

import pytest

from podium.ports import JournalEntry, Lease, TaskMessage


def test_what_a_unit_wrote_is_there_after_it(home):
    with home.atomic():
        home.journal.append(JournalEntry("w", 1, 5, b"j"))
        home.queues.send("a", [TaskMessage("t", 1)])

    assert 1 == len(home.journal.read_tail("w", 0))
    assert 1 == len(home.queues.receive("a", 1, 0, 1_000))


def test_a_unit_sees_its_own_writes(home):
    lease = Lease("w", 1, 1, "worker", 5, 5)
    with home.atomic():
        home.leases.take(lease)

        assert lease == home.leases.find("w", 1, 1)


def test_units_may_be_nested(home):
    with home.atomic():
        home.journal.append(JournalEntry("w", 1, 5, b"j"))
        with home.atomic():
            home.journal.append(JournalEntry("w", 2, 5, b"j"))

    assert 2 == len(home.journal.read_tail("w", 0))


def test_an_error_passes_through_a_unit(home):
    with pytest.raises(ZeroDivisionError), home.atomic():
        raise ZeroDivisionError


def test_the_home_works_after_an_error(home):
    with pytest.raises(ZeroDivisionError), home.atomic(), home.atomic():
        raise ZeroDivisionError

    home.journal.append(JournalEntry("w", 1, 5, b"j"))

    assert 1 == len(home.journal.read_tail("w", 0))
