"""Records of the table's stream, as AWS documents them, and what they say."""

import base64
import copy

import pytest

from podium import ids
from podium.adapters.dynamodb.stream import read_changes
from podium.feed import Deleted, Expired, Unreadable, Written
from podium.ports import JournalEntry, Lease

WORKFLOW = ids.workflow_id(1_700_000_000_000, 1)
INSERTED = {
    "eventID": "c81e728d9d4c2f636f067f89cc14862c",
    "eventName": "INSERT",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "us-east-1",
    "dynamodb": {
        "ApproximateCreationDateTime": 1_700_000_000,
        "Keys": {"sk": {"S": "j#0000000001"}, "pk": {"S": f"wf#{WORKFLOW}"}},
        "NewImage": {
            "at": {"N": "1700000000000"},
            "data": {"B": base64.b64encode(b"j{}").decode()},
            "expires": {"N": "1702592000"},
            "token": {"B": "AAAAAAAAAAE="},
            "sk": {"S": "j#0000000001"},
            "pk": {"S": f"wf#{WORKFLOW}"},
        },
        "SequenceNumber": "111000000000000000000001",
        "SizeBytes": 180,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/podium-workflows/stream/s",
}
SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
POSITION = INSERTED["dynamodb"]["SequenceNumber"]
ENTRY = JournalEntry(WORKFLOW, 1, 1_700_000_000_000, b"j{}")


def record(name="INSERT", sort="j#0000000001", image=None, **fields):
    made = copy.deepcopy(INSERTED) | {"eventName": name} | fields
    change = made["dynamodb"]
    change["Keys"]["sk"]["S"] = sort
    found = change.pop("NewImage") | (image or {}) | {"sk": {"S": sort}}
    if name in ("INSERT", "MODIFY"):
        change["NewImage"] = found
    if name in ("REMOVE", "MODIFY"):
        change["OldImage"] = found
    return made


def test_an_entry_that_was_written():
    assert [Written(POSITION, ENTRY)] == read_changes([INSERTED])


def test_an_entry_with_its_keyframe():
    keyframe = {"keyframe": {"B": base64.b64encode(b"k").decode()}}

    [change] = read_changes([record(image=keyframe)])

    assert b"k" == change.entry.keyframe


def test_an_entry_that_expired():
    removed = record("REMOVE", userIdentity=SERVICE)

    assert [Expired(POSITION, WORKFLOW, entry=ENTRY)] == read_changes([removed])


def expired_lease(lease):
    image = {
        "worker_id": {"S": lease.worker_id},
        "started_at": {"N": str(lease.started_at)},
        "renewed_at": {"N": str(lease.renewed_at)},
    }
    sort = f"l#{lease.seq:010}#{lease.delivery:06}"
    return record("REMOVE", sort, image, userIdentity=SERVICE)


def test_a_lease_that_expired():
    lease = Lease(WORKFLOW, 3, 2, "worker", 5, 6)

    expected = [Expired(POSITION, WORKFLOW, lease=lease)]
    assert expected == read_changes([expired_lease(lease)])


def test_what_was_withheld_for_a_while_is_nothing_to_be_kept():
    withheld = Lease.withheld(WORKFLOW, 3, 2)

    assert [] == read_changes([expired_lease(withheld)])


def test_a_deleted_journal_is_told_of_once():
    removed = [record("REMOVE", f"j#{version:010}") for version in (1, 2, 3)]

    assert [Deleted(POSITION, WORKFLOW)] == read_changes(removed)


def test_a_person_whose_removal_looks_like_no_service_is_one():
    removed = record("REMOVE", userIdentity={"type": "Root", "principalId": "me"})

    assert [Deleted(POSITION, WORKFLOW)] == read_changes([removed])


@pytest.mark.parametrize(
    ("name", "sort", "fields"),
    [
        ("MODIFY", "j#0000000001", {}),
        ("INSERT", "j#0000000016#k", {}),
        ("INSERT", "l#0000000001#000001", {}),
        ("INSERT", "x#0000000001#1700000000000#000001#00000000", {}),
        ("INSERT", "summary", {}),
        ("MODIFY", "summary", {}),
        ("REMOVE", "summary", {"userIdentity": SERVICE}),
        ("REMOVE", "j#0000000016#k", {"userIdentity": SERVICE}),
        ("REMOVE", "l#0000000001#000001", {}),
    ],
)
def test_what_concerns_nobody_is_left_out(name, sort, fields):
    assert [] == read_changes([record(name, sort, **fields)])


@pytest.mark.parametrize(
    "image",
    [
        {"data": {"B": "%"}},
        {"data": {"S": "text"}},
        {"at": {"S": "now"}},
        {"at": {"N": "now"}},
    ],
)
def test_what_cannot_be_read_says_so_and_hides_nothing_else(image):
    found = read_changes([record(image=image), INSERTED])

    assert isinstance(found[0], Unreadable)
    assert Written(POSITION, ENTRY) == found[1]
