"""Search rows as items: a brief that every query looks at, and the long texts.

Each index copies what it projects, and every copy is written and paid for again.  So
the index that is filtered holds the brief, well below the kilobyte that a write counts,
the others hold keys, and the texts are in the row alone.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.ranges import STARTED, Index
from podium.adapters.dynamodb.table import Item
from podium.model.workflow import WorkflowStatus
from podium.ports import ROW_ATTRIBUTES, SummaryRow
from podium.search import WORKFLOW_FIELDS
from podium.sinks import ArchivedAt

_COMPRESS_FROM = 400
_PLAIN, _COMPRESSED = b"j", b"z"


class _Brief(msgspec.Struct, array_like=True, frozen=True):
    """What is short; new fields go to the end and have defaults."""

    version_seen: int
    workflow_type: str
    version: int
    status: str
    start_time: int
    update_time: int
    end_time: int
    correlation_id: str | None
    event: str | None
    priority: int
    created_by: str | None
    idempotency_key: str | None
    parent_workflow_id: str
    classifier: str


class _Texts(msgspec.Struct, array_like=True, frozen=True):
    """What may be long; new fields go to the end and have defaults."""

    input: str
    output: str
    reason_for_incompletion: str | None
    failed_reference_task_names: str
    failed_task_names: tuple[str, ...]
    external_input_payload_storage_path: str | None
    external_output_payload_storage_path: str | None
    task_to_domain: dict[str, str] | None
    retention_days: int | None = None


_encoder = msgspec.json.Encoder()
_read_brief = msgspec.json.Decoder(_Brief).decode
_read_texts = msgspec.json.Decoder(_Texts).decode

_LONG = ("failedReferenceTaskNames", "input", "output", "reasonForIncompletion")

BRIEF_FIELDS = frozenset(WORKFLOW_FIELDS) - frozenset(_LONG)
"""The fields of :data:`podium.search.WORKFLOW_FIELDS` that a brief can answer."""


def item_of(row: SummaryRow, shards: int, *, is_new: bool = False) -> Item:
    """Return a row as an item, with the keys of the indexes it belongs to.

    By status only what has not completed is found: nearly everything completes, so an
    index of the completed would be as long as that of all, and every workflow would
    pay for moving into it.  What ``is_new`` is not found by status yet.
    """
    workflow_id = row.workflow_id
    shard = keys.shard_of(workflow_id, shards)
    item: Item = {
        **keys.summary(workflow_id),
        "version_seen": {"N": str(row.version_seen)},
        "brief": {"B": _encoder.encode(_part(row, _Brief))},
        "texts": {"B": _pack(_encoder.encode(_part(row, _Texts)))},
        STARTED: {"S": keys.started(row.start_time, workflow_id)},
    }
    partitions = {
        Index.BY_START: keys.index_partition("all", shard),
        Index.BY_TYPE: keys.index_partition(row.workflow_type, shard),
    }
    if row.status != WorkflowStatus.COMPLETED and not is_new:
        partitions[Index.BY_STATUS] = keys.index_partition(row.status, shard)
    if row.correlation_id:
        partitions[Index.BY_CORRELATION] = keys.index_partition(row.correlation_id)
    if row.parent_workflow_id:
        partitions[Index.BY_PARENT] = keys.index_partition(row.parent_workflow_id)
    if row.archived is not None:
        item["archived"] = {"S": str(row.archived)}
    for index, partition in partitions.items():
        item[index.partition_attribute] = {"S": partition}
    return item


def row_of(item: Item) -> SummaryRow:
    """Return the row that an item of the table holds."""
    return _row(item, _read_texts(_unpack(item["texts"]["B"])))


def brief_of(item: Item) -> SummaryRow:
    """Return what an item of an index holds of the row; its texts are missing."""
    return _row(item, None)


def fields_of(row: SummaryRow) -> dict[str, Any]:
    """Return a row's values by search field."""
    found = {field: getattr(row, name) for field, name in ROW_ATTRIBUTES.items()}
    found["executionTime"] = row.end_time - row.start_time if row.end_time else 0
    return found


def _part(row: SummaryRow, kind: type[_Brief | _Texts]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in kind.__struct_fields__)


def _row(item: Item, texts: _Texts | None) -> SummaryRow:
    parts = (_read_brief(item["brief"]["B"]), texts)
    values = {
        name: getattr(part, name)
        for part in parts
        if part is not None
        for name in part.__struct_fields__
    }
    archived = item.get("archived")
    return SummaryRow(
        workflow_id=keys.workflow_id_of(item["pk"]["S"]),
        archived=ArchivedAt.from_text(archived["S"]) if archived else None,
        **values,
    )


def _pack(text: bytes) -> bytes:
    if len(text) < _COMPRESS_FROM:
        return _PLAIN + text
    return _COMPRESSED + zlib.compress(text, 1)


def _unpack(stored: bytes) -> bytes:
    return stored[1:] if stored[:1] == _PLAIN else zlib.decompress(stored[1:])
