"""The journal, and who works on what: one partition per workflow (design 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The events of one decision; the condition on its absence is the workflow's lock.

    ``keyframe`` also holds the folded state, so that loading stops there (design 4).
    """

    workflow_id: str
    version: int
    at: int
    data: bytes
    keyframe: bytes | None = None


class Journal(Protocol):
    """One append-only partition per workflow, versions 1, 2, 3... without gaps."""

    def append(self, entry: JournalEntry, expires: int = 0) -> None:
        """Write the entry if its version is absent.

        Raises :class:`podium.errors.VersionConflict` where somebody else was first.
        """
        ...

    def read_tail(
        self, workflow_id: str, after: int, *, may_lag: bool = False
    ) -> list[JournalEntry]:
        """Return the newest entries, oldest first, that are needed to fold the state.

        Reads backward and stops at the newest keyframe (which is included) or at
        version ``after`` (which is not).  An unknown workflow gives an empty list.

        What ``may_lag`` may be without the last entries, where that costs less.
        """
        ...

    def read_versions(
        self, workflow_id: str, versions: Iterable[int]
    ) -> list[JournalEntry]:
        """Return the entries of these versions, without keyframes, oldest first."""
        ...

    def read_range(
        self, workflow_id: str, first: int, last: int | None = None
    ) -> list[JournalEntry]:
        """Return entries ``first``..``last`` (or to the end) in the same form."""
        ...

    def delete(self, workflow_id: str) -> None:
        """Remove the whole partition: journal, leases and logs of the workflow."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on delivery ``delivery`` of task ``seq``, since when (design 9)."""

    workflow_id: str
    seq: int
    delivery: int
    worker_id: str
    started_at: int
    renewed_at: int

    @classmethod
    def withheld(cls, workflow_id: str, seq: int, delivery: int) -> Lease:
        """Return what stands in the place of a lease that nobody is to have."""
        return cls(workflow_id, seq, delivery, "", 0, 0)

    @property
    def is_withheld(self) -> bool:
        """Whether this is in the place of a lease, and nobody works on the task."""
        return not self.started_at


class Leases(Protocol):
    """At most one lease per (workflow, task sequence, delivery)."""

    def take(self, lease: Lease, expires: int = 0) -> bool:
        """Write the lease if there is none; False where a second delivery loses."""
        ...

    def renew(self, workflow_id: str, seq: int, delivery: int, at: int) -> bool:
        """Move ``renewed_at`` of an existing lease; False where there is none."""
        ...

    def find(self, workflow_id: str, seq: int, delivery: int) -> Lease | None:
        """Return the lease of one delivery, strongly consistent."""
        ...

    def find_all(self, workflow_id: str) -> list[Lease]:
        """Return every lease of the workflow, in order of sequence and delivery."""
        ...
