"""The contract of whole workflows."""

import pytest

from podium import ids
from podium.ports import JournalEntry, Lease, SummaryRow, TaskLog, WorkflowRecord

WORKFLOW = ids.workflow_id(1_700_000_000_000, 1)
OTHER = ids.workflow_id(1_700_000_000_000, 2)
FIRST, SECOND = (ids.task_id(WORKFLOW, seq) for seq in (1, 2))
ENTRIES = tuple(
    JournalEntry(WORKFLOW, version, 5, b"j%d" % version) for version in range(1, 13)
)
LEASES = tuple(Lease(WORKFLOW, seq, 1, "worker", 5, 6) for seq in (1, 2, 11))
LOGS = (
    TaskLog(FIRST, 7, "b"),
    TaskLog(FIRST, 7, "a"),
    TaskLog(SECOND, 6, "earlier, but of a later task"),
)
ROW = SummaryRow(WORKFLOW, 12, "order", 1, "COMPLETED", 5, 6, 6)


def write(home, workflow=WORKFLOW):
    for entry in ENTRIES:
        keyframe = b"k" if entry.version == 9 else None
        home.journal.append(
            JournalEntry(workflow, entry.version, entry.at, entry.data, keyframe)
        )
    for lease in LEASES:
        home.leases.take(
            Lease(workflow, lease.seq, 1, "worker", lease.started_at, lease.renewed_at)
        )


def test_there_is_nothing_of_an_unknown_workflow(home):
    assert WorkflowRecord(WORKFLOW) == home.records.read(WORKFLOW, with_logs=True)
    assert not home.records.read(WORKFLOW).is_whole


def test_everything_of_a_workflow_is_read_at_once_and_nothing_of_another(home):
    write(home, OTHER)
    write(home)
    home.logs.append(LOGS[2:])
    home.logs.append(LOGS[:2])
    home.index.put(ROW)

    found = home.records.read(WORKFLOW, with_logs=True)

    assert WorkflowRecord(WORKFLOW, ENTRIES, LEASES, LOGS, ROW) == found
    assert found.is_whole


def test_logs_are_read_where_they_are_wanted(home):
    write(home)
    home.logs.append(LOGS)
    home.index.put(ROW)

    assert WorkflowRecord(WORKFLOW, ENTRIES, LEASES, (), ROW) == home.records.read(
        WORKFLOW
    )


def test_a_row_may_be_all_that_is_there(home):
    home.index.put(ROW)

    assert WorkflowRecord(WORKFLOW, row=ROW) == home.records.read(WORKFLOW)


def test_a_journal_with_a_gap_is_not_whole(home):
    for entry in (*ENTRIES[:2], *ENTRIES[3:]):
        home.journal.append(entry)

    assert not home.records.read(WORKFLOW).is_whole


def test_deleting_the_journal_leaves_the_row_alone(home):
    write(home)
    home.logs.append(LOGS)
    home.index.put(ROW)

    home.journal.delete(WORKFLOW)

    assert WorkflowRecord(WORKFLOW, row=ROW) == home.records.read(
        WORKFLOW, with_logs=True
    )
    assert [] == home.logs.read(FIRST)


@pytest.mark.parametrize("expires", [0, 4_000_000_000_000])
def test_what_is_written_with_a_stamp_is_read_as_without(home, expires):
    home.journal.append(ENTRIES[0], expires)
    home.leases.take(LEASES[0], expires)
    home.logs.append(LOGS[:1], expires)

    assert WorkflowRecord(
        WORKFLOW, ENTRIES[:1], LEASES[:1], LOGS[:1]
    ) == home.records.read(WORKFLOW, with_logs=True)
    assert home.records.expires(WORKFLOW) in (0, expires)


def test_a_new_stamp_changes_nothing_that_is_read(home):
    write(home)
    home.logs.append(LOGS)
    before = home.records.read(WORKFLOW, with_logs=True)

    home.records.restamp(WORKFLOW, 4_000_000_000_000)

    assert before == home.records.read(WORKFLOW, with_logs=True)
    assert ENTRIES[8].data == home.journal.read_tail(WORKFLOW, 0)[0].data
