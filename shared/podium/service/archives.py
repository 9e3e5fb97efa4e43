"""Workflows that ended, wherever they are by now: journal or archive (design 7).

A journal is the truth as long as it is whole.  Then the search row says where the
archive has the workflow, and everything that is shown of it is read from there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from podium import ids
from podium.decider.effects import Enqueue, outstanding
from podium.decider.state import WorkflowState
from podium.errors import NotFound, VersionConflict
from podium.ports import Home, SummaryRow, TaskLog, WorkflowRecord
from podium.service.archived_line import date_of, read_line, write_line
from podium.service.entries import (
    keyframe_path,
    outside,
    pack_entry,
    pack_keyframe,
    read_entry,
    unpack,
)
from podium.service.folded import Folded, fold_all
from podium.service.journals import Journals
from podium.service.offers import withhold
from podium.service.snapshots import Snapshots

PREFIX = "archive"
OBJECT_LIMIT = 8_000_000
"""Bytes of lines, before compression, after which another object should be begun."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A workflow that is to be archived: its search row, and its line."""

    row: SummaryRow
    line: bytes


class Archives:
    """Archives workflows, reads them again, and brings them back."""

    def __init__(self, home: Home, journals: Journals, snapshots: Snapshots) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots

    # --- reading ---------------------------------------------------------------

    def record(self, workflow_id: str, *, with_logs: bool = False) -> WorkflowRecord:
        """Return a whole workflow from its journal, or else from the archive.

        NotFound where neither has it.
        """
        missing = NotFound(f"No such workflow found by id: {workflow_id}")
        if not ids.is_id(workflow_id):
            raise missing
        present = self._home.records.read(workflow_id, with_logs=with_logs)
        if present.is_whole:
            return present
        archived = self._read(present.row)
        if archived is None:
            raise missing
        return archived

    def _read(self, row: SummaryRow | None) -> WorkflowRecord | None:
        if row is None or row.archived is None:
            return None
        line = self._home.archive.read(row.archived)
        return None if line is None else replace(read_line(line), row=row)

    def logs(self, task_id: str) -> list[TaskLog]:
        """Return the lines that the archive has of a task."""
        if not ids.is_id(task_id):
            return []
        workflow_id = ids.workflow_of(task_id)
        rows = self._home.index.find([workflow_id])
        archived = self._read(rows.get(workflow_id))
        if archived is None:
            return []
        return [line for line in archived.logs if line.task_id == task_id]

    def fold(self, record: WorkflowRecord) -> Folded:
        """Return what a whole record folds to."""
        payloads = self._home.payloads
        entries = (read_entry(one.data, payloads) for one in record.entries)
        return fold_all(record.workflow_id, entries)

    # --- writing ---------------------------------------------------------------

    def prepare(self, record: WorkflowRecord, folded: Folded) -> Ended:
        """Make an ended workflow ready to be archived."""
        line = write_line(record, folded, self._snapshots, self._home.payloads)
        return Ended(folded.row(self._snapshots), line)

    def archive(self, ended: Iterable[Ended]) -> list[SummaryRow]:
        """Write ended workflows to the archive; return their rows, to be stored.

        They share one object for each day that they ended on; whoever has many takes
        them some ``OBJECT_LIMIT`` bytes at a time.  The same again is the same object.
        """
        by_date: dict[str, list[Ended]] = defaultdict(list)
        for one in ended:
            by_date[date_of(one.row.end_time)].append(one)
        return [
            row for date, ours in by_date.items() for row in self._write(date, ours)
        ]

    def _write(self, date: str, ended: Sequence[Ended]) -> Iterator[SummaryRow]:
        names = [f"{one.row.workflow_id}@{one.row.version_seen}" for one in ended]
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:32]
        path = f"{PREFIX}/date={date}/{digest}.jsonl.gz"
        places = self._home.archive.write_batch(path, [one.line for one in ended])
        for one, place in zip(ended, places, strict=True):
            yield replace(one.row, archived=place)

    def discard(self, record: WorkflowRecord) -> None:
        """Delete a workflow's journal with everything that belongs to it.

        What it has on offer nobody can begin with any more.
        """
        self._journals.delete(record.workflow_id)
        self._home.payloads.delete(_outside_of(record))
        if self._home.offers_travel and record.is_whole:
            state = self.fold(record).state
            offers = [one for one in outstanding(state) if isinstance(one, Enqueue)]
            withhold(self._home, state, offers)

    # --- bringing back ---------------------------------------------------------

    def restore(self, workflow_id: str) -> None:
        """Write the journal of an archived workflow back; one that is whole stays.

        What lies beside the journal comes before it, and the last entry, with a
        keyframe, before the others: whoever looks meanwhile sees the workflow as it
        ended, never a part of its story.  Again after a crash is fine.
        """
        present = self._home.records.read(workflow_id, with_logs=True)
        if present.is_whole:
            return
        record = self._read(present.row)
        if record is None:
            raise NotFound(f"No such workflow found by id: {workflow_id}")
        state = self.fold(record).state
        expires = self._journals.expires(state, self._home.clock.now())
        with self._home.atomic():
            for lease in record.leases:
                self._home.leases.take(lease, expires)
            missing = [line for line in record.logs if line not in present.logs]
            self._home.logs.append(missing, expires)
            if not self._write_back(record, state, expires):
                self._home.records.restamp(workflow_id, expires)
        self._journals.forget(workflow_id)

    def _write_back(
        self, record: WorkflowRecord, state: WorkflowState, expires: int
    ) -> bool:
        """Append the entries again; False where some were not quite gone."""
        payloads = self._home.payloads
        is_clean = True
        for entry in reversed(record.entries):
            text = unpack(entry.data, payloads)
            data = pack_entry(entry.workflow_id, entry.version, text, payloads)
            is_last = entry.version == state.version
            keyframe = pack_keyframe(state, data, payloads) if is_last else None
            stored = replace(entry, data=data, keyframe=keyframe)
            try:
                self._home.journal.append(stored, expires)
            except VersionConflict:
                is_clean = False
        return is_clean


def is_archived(record: WorkflowRecord, folded: Folded) -> bool:
    """Tell whether the archive has a workflow as it is."""
    row = record.row
    return (
        row is not None
        and row.archived is not None
        and row.version_seen == folded.state.version
    )


def _outside_of(record: WorkflowRecord) -> list[str]:
    """Return where documents of a workflow may lie outside of its journal.

    Keyframes are not part of a record: each of them is asked for by its name.
    """
    entries = [path for one in record.entries if (path := outside(one.data))]
    return entries + [
        keyframe_path(one.workflow_id, one.version, one.data) for one in record.entries
    ]
