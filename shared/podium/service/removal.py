"""Removing workflows, one or many: those that are to be kept go to the archive first.

Workflows that are removed together share objects of the archive: one for each would
cost more than running it (design 7).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podium import ids
from podium.decider.events import WorkflowStarted
from podium.errors import InvalidInput
from podium.ports import Home, SummaryRow, WorkflowRecord
from podium.service.archives import OBJECT_LIMIT, Archives, Ended, is_archived
from podium.service.entries import read_entry


@dataclass(frozen=True, slots=True)
class Removal:
    """A workflow that is to be removed; ``ended`` where the archive lacks it."""

    record: WorkflowRecord
    ended: Ended | None
    keeps_row: bool

    @property
    def workflow_id(self) -> str:
        """Which workflow it is."""
        return self.record.workflow_id


class Removals:
    """Takes workflows out of the store in three steps, each of which may be repeated.

    What stops in between leaves a workflow in both places, or its row without it.
    """

    def __init__(self, home: Home, archives: Archives) -> None:
        self._home = home
        self._archives = archives

    def prepare(self, workflow_id: str, *, archive: bool) -> Removal:
        """Read a workflow; to be archived it must have ended.

        What is in the archive already needs no archiving, and loses its row alone where
        it is to be gone.
        """
        record = self._archives.record(workflow_id, with_logs=archive)
        if not archive:
            return Removal(record, None, keeps_row=False)
        folded = self._archives.fold(record)
        status = folded.state.status
        if not status.is_terminal:
            raise InvalidInput(
                f"Cannot archive workflow: {workflow_id} with status: {status}"
            )
        if is_archived(record, folded):
            return Removal(record, None, keeps_row=True)
        return Removal(record, self._archives.prepare(record, folded), keeps_row=True)

    def archive(self, removals: Iterable[Removal]) -> dict[str, SummaryRow]:
        """Archive what is to be kept; return the rows to be stored, by id."""
        rows: dict[str, SummaryRow] = {}
        batch: list[Ended] = []
        for removal in removals:
            if removal.ended is not None:
                batch.append(removal.ended)
            if sum(len(one.line) for one in batch) >= OBJECT_LIMIT:
                rows |= self._write(batch)
                batch = []
        return rows | self._write(batch)

    def _write(self, batch: Iterable[Ended]) -> dict[str, SummaryRow]:
        return {row.workflow_id: row for row in self._archives.archive(batch)}

    def finish(self, removal: Removal, row: SummaryRow | None) -> None:
        """Delete a workflow, with its row and its key where it is to be gone."""
        with self._home.atomic():
            if row is not None:
                self._home.index.put(row)
            if not removal.keeps_row:
                self._free_key(removal.record)
            self._archives.discard(removal.record)
            if not removal.keeps_row:
                self._home.index.delete(removal.workflow_id)

    def _free_key(self, record: WorkflowRecord) -> None:
        """Have the next start with the workflow's idempotency key get another id.

        Under this one it would meet what is still on its way for the removed workflow:
        messages, and leases that are withheld.
        """
        home, workflow_id = self._home, record.workflow_id
        for event in read_entry(record.entries[0].data, home.payloads).events:
            if isinstance(event, WorkflowStarted) and event.idempotency_key:
                drawn = home.draw(ids.RANDOM_BITS)
                fresh = ids.workflow_id(home.clock.now(), drawn)
                home.keys.rebind(event.name, event.idempotency_key, workflow_id, fresh)
