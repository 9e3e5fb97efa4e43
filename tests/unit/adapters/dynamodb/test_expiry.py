"""Time to live on DynamoDB: what is stamped, what is no longer read, what goes last."""

import pytest

from aws_homes import open_over
from podium import ids
from podium.adapters.dynamodb.expiry import row_expires
from podium.ports import JournalEntry, Lease, SummaryRow, TaskLog
from world import DAY, HOUR

WORKFLOW = ids.workflow_id(1_700_000_000_000, 1)
TASK = ids.task_id(WORKFLOW, 1)
LARGE = 300_000


@pytest.fixture
def home(stack, clock):
    return open_over(stack, clock).home


@pytest.fixture
def stamps(stack):
    """Read the stamps of all items, by sort key."""

    def read():
        table = stack.outputs["WorkflowsTable"]
        items = stack.clients.dynamodb.scan(TableName=table)["Items"]
        return {
            item["sk"]["S"].split("#")[0]: int(item["expires"]["N"])
            if "expires" in item
            else None
            for item in items
        }

    return read


def entry(version, keyframe=None):
    return JournalEntry(WORKFLOW, version, 5, b"j%d" % version, keyframe)


def write(home, expires):
    home.journal.append(entry(1), expires)
    home.leases.take(Lease(WORKFLOW, 1, 1, "worker", 5, 5), expires)
    home.logs.append([TaskLog(TASK, 5, "line")], expires)


def test_a_stamp_is_in_seconds(home, stamps, clock):
    write(home, clock.now() + DAY)

    seconds = (clock.now() + DAY) // 1000
    assert {"j": seconds, "l": seconds, "x": seconds} == stamps()


def test_what_stays_for_ever_has_no_stamp(home, stamps):
    write(home, 0)

    assert {"j": None, "l": None, "x": None} == stamps()


def test_a_keyframe_apart_is_stamped_as_its_entry(home, stack, clock):
    home.journal.append(
        JournalEntry(WORKFLOW, 1, 5, b"j" * LARGE, b"k" * LARGE), clock.now() + DAY
    )

    items = stack.clients.dynamodb.scan(TableName=stack.outputs["WorkflowsTable"])
    assert 2 == len(items["Items"])
    assert all("expires" in item for item in items["Items"])


def test_an_entry_that_has_expired_is_not_read_though_it_is_still_there(home, clock):
    home.journal.append(entry(1), clock.now() + DAY)
    home.journal.append(entry(2), clock.now() + DAY)
    home.journal.append(entry(3), clock.now() + DAY + HOUR)
    clock.advance(DAY)

    assert [entry(3)] == home.journal.read_tail(WORKFLOW, 0)
    assert [entry(3)] == home.journal.read_range(WORKFLOW, 1)
    assert (entry(3),) == home.records.read(WORKFLOW).entries
    assert not home.records.read(WORKFLOW).is_whole

    clock.advance(HOUR)
    assert [] == home.journal.read_tail(WORKFLOW, 0)


def test_what_was_put_back_before_something_that_has_expired_waits_for_it(home, clock):
    home.journal.append(entry(1))
    home.journal.append(entry(2), clock.now() + DAY)
    clock.advance(DAY)

    assert [] == home.journal.read_tail(WORKFLOW, 0)
    assert () == home.records.read(WORKFLOW).entries


def test_new_stamps_are_given_to_everything_but_the_row(home, stamps, clock):
    write(home, clock.now() + DAY)
    home.index.put(SummaryRow(WORKFLOW, 1, "order", 1, "COMPLETED", 5, 5, 5))

    home.records.restamp(WORKFLOW, clock.now() + 2 * DAY)

    later = (clock.now() + 2 * DAY) // 1000
    assert {"j": later, "l": later, "x": later, "summary": None} == stamps()
    assert later * 1000 == home.records.expires(WORKFLOW)

    home.records.restamp(WORKFLOW, 0)
    assert {None} == set(stamps().values())
    assert 0 == home.records.expires(WORKFLOW)


def test_the_first_entry_is_stamped_last(home, stack, clock):
    """So its stamp says that all the others have theirs."""
    for version in range(1, 31):
        home.journal.append(entry(version), clock.now() + DAY)
    home.leases.take(Lease(WORKFLOW, 1, 1, "worker", 5, 5), clock.now() + DAY)
    written = []

    def listen(params, model, **_):
        if model.name == "UpdateItem":
            written.append(params["Key"]["sk"]["S"])

    events = stack.clients.dynamodb.meta.events
    events.register("before-parameter-build.dynamodb", listen)
    home.records.restamp(WORKFLOW, clock.now() + 2 * DAY)
    events.unregister("before-parameter-build.dynamodb", listen)

    assert 31 == len(written)
    assert "j#0000000001" == written[-1]


@pytest.mark.parametrize(
    ("ended", "own", "kept", "journal", "days"),
    [
        (True, None, 365, 30, 365),
        (True, None, 10, 30, 37),
        (True, 90, 10, 30, 97),
        (True, 7, 10, 30, 14),
        (True, None, 0, 30, None),
        (True, None, 365, 0, None),
        (True, 0, 365, 30, None),
        (False, None, 365, 30, None),
    ],
)
def test_a_row_outlives_its_journal_and_stays_while_its_workflow_runs(
    ended, own, kept, journal, days
):
    end = 1_700_000_000_000 if ended else 0
    row = SummaryRow(WORKFLOW, 1, "o", 1, "s", 5, 5, end, retention_days=own)

    expected = 0 if days is None else end + days * DAY
    assert expected == row_expires(row, kept, journal)


def test_rows_expire_where_the_deployment_says_so(stack, clock, stamps):
    home = open_over(stack, clock, search_retention_days=365, retention_days=30).home
    home.index.put(SummaryRow(WORKFLOW, 1, "o", 1, "COMPLETED", 5, 5, clock.now()))

    assert {"summary": (clock.now() + 365 * DAY) // 1000} == stamps()
