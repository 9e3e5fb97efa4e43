"""What a home tells of its journals after the fact: the input of the projector.

On AWS these are the records of the workflows table's stream, decoded; they come at
least once, those of one workflow in their order, and perhaps hours late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from podium.ports import JournalEntry, Lease, TaskLog


@dataclass(frozen=True, slots=True)
class Written:
    """An entry was appended.  ``position`` is the change's place in the feed."""

    position: str
    entry: JournalEntry

    @property
    def workflow_id(self) -> str:
        """The workflow that the change is about."""
        return self.entry.workflow_id


@dataclass(frozen=True, slots=True)
class Expired:
    """The store let go of something whose time had come; here is what it was."""

    position: str
    workflow_id: str
    entry: JournalEntry | None = None
    lease: Lease | None = None
    logs: tuple[TaskLog, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """A workflow's journal was deleted on purpose."""

    position: str
    workflow_id: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A change that is not what any version of this code writes."""

    position: str
    workflow_id: str
    reason: str


Change: TypeAlias = Written | Expired | Deleted | Unreadable
