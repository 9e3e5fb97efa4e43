"""The contract of the journal."""

from dataclasses import replace

import pytest

from podium.errors import VersionConflict
from podium.ports import JournalEntry, Lease

WORKFLOW = "018bcfe5-6800-8000-8000-000000000000"
OTHER = "018bcfe5-6800-8000-8000-000100000000"


def entry(version, *, workflow=WORKFLOW, keyframe=None):
    return JournalEntry(workflow, version, 1_000 + version, b"j%d" % version, keyframe)


def append(home, *entries):
    for one in entries:
        home.journal.append(one)
    return list(entries)


def test_an_unknown_workflow_has_no_entries(home):
    assert ([], [], []) == (
        home.journal.read_tail(WORKFLOW, 0),
        home.journal.read_range(WORKFLOW, 1),
        home.journal.read_versions(WORKFLOW, [1]),
    )


def test_entries_are_read_as_they_were_written_oldest_first(home):
    written = append(home, *(entry(version) for version in range(1, 13)))

    assert written == home.journal.read_tail(WORKFLOW, 0)


def test_data_is_any_bytes(home):
    every_byte = JournalEntry(WORKFLOW, 1, 5, bytes(range(256)), bytes(range(256)))
    append(home, every_byte)

    assert [every_byte] == home.journal.read_tail(WORKFLOW, 0)


def test_a_version_is_written_once(home):
    append(home, entry(1))
    second = replace(entry(1), data=b"somebody else's")

    with pytest.raises(VersionConflict) as refusal:
        home.journal.append(second)

    assert (WORKFLOW, 1) == (refusal.value.workflow_id, refusal.value.version)
    assert [entry(1)] == home.journal.read_tail(WORKFLOW, 0)


def test_workflows_do_not_see_each_other(home):
    append(home, entry(1), entry(1, workflow=OTHER), entry(2, workflow=OTHER))

    assert [entry(1)] == home.journal.read_tail(WORKFLOW, 0)


def test_the_tail_ends_after_what_the_reader_knows(home):
    append(home, *(entry(version) for version in range(1, 6)))

    assert [entry(4), entry(5)] == home.journal.read_tail(WORKFLOW, 3)


def test_a_reader_who_knows_all_gets_nothing(home):
    append(home, entry(1), entry(2, keyframe=b"k2"))

    assert [] == home.journal.read_tail(WORKFLOW, 2)


def test_the_tail_begins_with_the_newest_keyframe(home):
    append(home, entry(1), entry(2, keyframe=b"k2"), entry(3))
    expected = append(home, entry(4, keyframe=b"k4"), entry(5))

    assert expected == home.journal.read_tail(WORKFLOW, 0)


def test_the_tail_begins_with_the_keyframe_even_if_the_reader_knows_older_ones(home):
    append(home, entry(1), entry(2), entry(3))
    expected = append(home, entry(4, keyframe=b"k4"), entry(5))

    assert expected == home.journal.read_tail(WORKFLOW, 1)


def test_keyframes_that_the_reader_knows_do_not_shorten_the_tail(home):
    append(home, entry(1), entry(2, keyframe=b"k2"), entry(3), entry(4))

    assert [entry(4)] == home.journal.read_tail(WORKFLOW, 3)


def test_single_versions_come_without_keyframes_oldest_first(home):
    append(home, entry(1), entry(2, keyframe=b"k2"), entry(3))

    assert [entry(2), entry(3)] == home.journal.read_versions(WORKFLOW, [3, 2, 9, 2])


@pytest.mark.parametrize(
    ("first", "last", "versions"),
    [(1, None, [1, 2, 3, 4]), (2, 3, [2, 3]), (4, None, [4]), (5, None, [])],
)
def test_a_range_is_read_in_order_and_keyframes_do_not_cut_it(
    home, first, last, versions
):
    append(home, entry(1), entry(2), entry(3, keyframe=b"k3"), entry(4))

    found = home.journal.read_range(WORKFLOW, first, last)

    assert versions == [one.version for one in found]
    assert [b"j%d" % version for version in versions] == [one.data for one in found]


def test_deleting_removes_journal_and_leases_of_that_workflow_alone(home):
    for workflow in (WORKFLOW, OTHER):
        append(home, entry(1, workflow=workflow), entry(2, workflow=workflow))
        home.leases.take(Lease(workflow, 1, 1, "w", 5, 5))

    home.journal.delete(WORKFLOW)

    assert [] == home.journal.read_tail(WORKFLOW, 0)
    assert [] == home.leases.find_all(WORKFLOW)
    assert 2 == len(home.journal.read_tail(OTHER, 0))
    assert 1 == len(home.leases.find_all(OTHER))
