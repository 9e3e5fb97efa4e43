"""Whole workflows: all that a store has of one (design 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from podium.ports.journal import JournalEntry, Lease
from podium.ports.payloads import TaskLog
from podium.ports.search import SummaryRow


@dataclass(frozen=True, slots=True)
class WorkflowRecord:
    """Everything that is kept of one workflow, oldest first."""

    workflow_id: str
    entries: tuple[JournalEntry, ...] = ()
    leases: tuple[Lease, ...] = ()
    logs: tuple[TaskLog, ...] = ()
    row: SummaryRow | None = None

    @property
    def is_whole(self) -> bool:
        """Whether no entry is missing, as it is while a journal comes or goes."""
        versions = [entry.version for entry in self.entries]
        return bool(versions) and versions == list(range(1, len(versions) + 1))


class Records(Protocol):
    """Workflows as they lie in the store, each read at once."""

    def read(self, workflow_id: str, *, with_logs: bool = False) -> WorkflowRecord:
        """Return what there is of a workflow, strongly consistent, without keyframes.

        Log lines only where they are asked for.
        """
        ...

    def expires(self, workflow_id: str) -> int:
        """Return when the first entry expires, the earliest to do so; 0 for never."""
        ...

    def restamp(self, workflow_id: str, expires: int) -> None:
        """Have everything but the search row expire then, the first entry last."""
        ...
