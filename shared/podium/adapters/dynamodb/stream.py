"""Records of the workflows table's stream, as Lambda hands them over, read.

What concerns nobody (rows, leases as they come and are renewed, new stamps) is left
out here too, though the event source need not send it: see ``FILTERS``.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from podium import ids
from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.journal import entry_of
from podium.adapters.dynamodb.leases import lease_of
from podium.adapters.dynamodb.logs import logs_of
from podium.adapters.dynamodb.table import Item
from podium.feed import Change, Deleted, Expired, Unreadable, Written
from podium.ports import JournalEntry

StreamRecord: TypeAlias = Mapping[str, Any]

_TTL = "dynamodb.amazonaws.com"
"""Who removes what has expired; a person's removal has another name, or none."""
_FIRST_ENTRY = keys.entry("", 1)["sk"]["S"]
_EXPIRING = ("j#", "l#", "x#")

FILTERS: tuple[Mapping[str, Any], ...] = (
    {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "j#"}]}}},
    },
    {
        "eventName": ["REMOVE"],
        "userIdentity": {"principalId": [_TTL]},
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": one} for one in _EXPIRING]}}},
    },
    {
        "eventName": ["REMOVE"],
        "dynamodb": {"Keys": {"sk": {"S": [_FIRST_ENTRY]}}},
    },
)
"""The patterns of the event source: for what it does not send nobody pays."""

_BROKEN = (KeyError, ValueError, TypeError, zlib.error, msgspec.DecodeError)


def read_changes(records: Iterable[StreamRecord]) -> list[Change]:
    """Return what records say, in their order; one that says nothing is left out."""
    return [change for record in records for change in _read(record)]


def _read(record: StreamRecord) -> Iterator[Change]:
    position = record["dynamodb"]["SequenceNumber"]
    key = record["dynamodb"]["Keys"]
    workflow_id = keys.workflow_id_of(key["pk"]["S"])
    sort = key["sk"]["S"]
    is_entry = keys.kind_of(sort) == "j" and not keys.is_keyframe(sort)
    try:
        if record["eventName"] == "INSERT" and is_entry:
            yield Written(position, _entry(workflow_id, _image(record, "NewImage")))
        elif record["eventName"] == "REMOVE":
            yield from _removed(record, position, workflow_id, sort)
    except _BROKEN as failure:
        reason = f"{type(failure).__name__}: {failure}"
        yield Unreadable(position, workflow_id, reason)


def _removed(
    record: StreamRecord, position: str, workflow_id: str, sort: str
) -> Iterator[Change]:
    if (record.get("userIdentity") or {}).get("principalId") != _TTL:
        if sort == _FIRST_ENTRY:
            yield Deleted(position, workflow_id)
        return
    item = _image(record, "OldImage")
    match keys.kind_of(sort):
        case "j" if not keys.is_keyframe(sort):
            yield Expired(position, workflow_id, entry=_entry(workflow_id, item))
        case "l":
            lease = lease_of(workflow_id, item)
            if not lease.is_withheld:
                yield Expired(position, workflow_id, lease=lease)
        case "x" if ids.is_id(workflow_id):
            lines = logs_of(keys.logger_of(workflow_id, sort), item)
            yield Expired(position, workflow_id, logs=tuple(lines))


def _entry(workflow_id: str, item: Item) -> JournalEntry:
    return entry_of(workflow_id, item, item.get("keyframe", {}).get("B"))


def _image(record: StreamRecord, name: str) -> Item:
    """Return an image as the client would have it: binary values are bytes."""
    image = record["dynamodb"][name]
    return {attribute: _value(one) for attribute, one in image.items()}


def _value(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "B" in value:
        return {"B": base64.b64decode(value["B"], validate=True)}
    return value
