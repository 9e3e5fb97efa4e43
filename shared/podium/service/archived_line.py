"""One line of the archive: a workflow to be asked for by SQL, shown, or brought back.

The flat fields are for Athena (``infra/archive.yaml`` declares them); ``journal``,
``leases`` and ``logs`` are what Podium itself reads.  Entries are their JSON text, with
what lay outside of the journal put back inside, so a line needs nothing besides the
definition's snapshot.  Fields may be added with defaults; they may not be renamed.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec import Raw

from podium.decider.events import EMPTY
from podium.ports import JournalEntry, Lease, Payloads, TaskLog, WorkflowRecord
from podium.service.entries import unpack
from podium.service.folded import Folded
from podium.service.snapshots import Snapshots

FORMAT = 1


class ArchivedLine(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a line, in their order; times are epoch milliseconds.

    ``journal_version`` tells the lines of one workflow apart, which may be archived
    again after it was retried: the highest is the last.
    """

    format: int = FORMAT
    workflow_id: str
    workflow_type: str
    version: int
    status: str
    start_time: int
    end_time: int
    update_time: int
    correlation_id: str | None
    parent_workflow_id: str | None
    priority: int
    created_by: str | None
    event: str | None
    classifier: str
    idempotency_key: str | None
    reason_for_incompletion: str | None
    failed_reference_task_names: str
    external_input_payload_storage_path: str | None
    input: str
    output: str
    task_count: int
    journal_version: int
    definition: str
    journal: tuple[Raw, ...]
    leases: tuple[tuple[int, int, str, int, int], ...]
    logs: tuple[tuple[str, int, str], ...]


class _Kept(msgspec.Struct, frozen=True):
    """What is read back of a line."""

    workflow_id: str
    journal: tuple[Raw, ...]
    leases: tuple[tuple[int, int, str, int, int], ...]
    logs: tuple[tuple[str, int, str], ...]


class _Dated(msgspec.Struct, frozen=True):
    at: int


FLAT_FIELDS = tuple(
    name
    for name in ArchivedLine.__struct_fields__
    if name not in ("journal", "leases", "logs")
)

_encoder = msgspec.json.Encoder()
_read_kept = msgspec.json.Decoder(_Kept).decode
_read_dated = msgspec.json.Decoder(_Dated).decode


def write_line(
    record: WorkflowRecord, folded: Folded, snapshots: Snapshots, payloads: Payloads
) -> bytes:
    """Return the line of an ended workflow."""
    state, history = folded.state, folded.history
    definition = snapshots.load(state.definition).source
    given = history.started.input if history.started else EMPTY
    line = ArchivedLine(
        workflow_id=state.workflow_id,
        workflow_type=state.name,
        version=state.definition_version,
        status=str(state.status),
        start_time=state.created_at,
        end_time=state.ended_at,
        update_time=state.updated_at,
        correlation_id=state.correlation_id,
        parent_workflow_id=state.parent_id,
        priority=state.priority,
        created_by=state.created_by,
        event=state.event,
        classifier=definition.classifier,
        idempotency_key=state.idempotency_key,
        reason_for_incompletion=state.reason,
        failed_reference_task_names=",".join(state.failed_refs),
        external_input_payload_storage_path=state.input_path,
        input=bytes(given).decode(),
        output=bytes(history.output or EMPTY).decode(),
        task_count=len(history.records),
        journal_version=state.version,
        definition=state.definition,
        journal=tuple(Raw(unpack(one.data, payloads)) for one in record.entries),
        leases=tuple(
            (one.seq, one.delivery, one.worker_id, one.started_at, one.renewed_at)
            for one in record.leases
        ),
        logs=tuple((one.task_id, one.created_time, one.log) for one in record.logs),
    )
    # JSON has line breaks between its tokens alone, where a space is as good.
    return _encoder.encode(line).replace(b"\n", b" ").replace(b"\r", b" ")


def read_line(line: bytes) -> WorkflowRecord:
    """Return the workflow of a line, whatever code wrote it."""
    kept = _read_kept(line)
    workflow_id = kept.workflow_id
    return WorkflowRecord(
        workflow_id,
        entries=tuple(
            JournalEntry(workflow_id, number, _read_dated(text).at, b"j" + bytes(text))
            for number, text in enumerate(kept.journal, start=1)
        ),
        leases=tuple(Lease(workflow_id, *lease) for lease in kept.leases),
        logs=tuple(TaskLog(*line) for line in kept.logs),
    )


def date_of(moment: int) -> str:
    """Return the day in UTC that a time is in: the partition of what ended then."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d")
