"""Where workflows go in the end, as ports: the archive, and those who listen.

Small Protocols like those of :mod:`podium.ports`, which need nothing of the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# --- archive -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchivedAt:
    """Where the archive has a document: a range of bytes of one object.

    Its text form (``path#offset+length``) is what a search row keeps.
    """

    path: str
    offset: int
    length: int

    def __str__(self) -> str:
        return f"{self.path}#{self.offset}+{self.length}"

    @classmethod
    def from_text(cls, text: str) -> ArchivedAt:
        """Read the text form."""
        path, _, span = text.rpartition("#")
        offset, _, length = span.partition("+")
        return cls(path, int(offset), int(length))


class Archive(Protocol):
    """Ended workflows, many to an object, each read by itself.

    An object is compressed JSON lines (``.jsonl.gz``), which any tool can read whole,
    and of which a range of bytes is a line by itself.
    """

    def write_batch(self, path: str, lines: Sequence[bytes]) -> list[ArchivedAt]:
        """Store the lines as one object; what had the same path is replaced.

        A line has no line break in it.  When this returns, the object is safe.
        """
        ...

    def read(self, at: ArchivedAt) -> bytes | None:
        """Return one line, or None where there is no such object."""
        ...


# --- status events -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A workflow, or one of its tasks, has a new status (reference 5.2).

    ``change`` is the name of what happened (STARTED, COMPLETED, ...), ``detail`` the
    JSON object that listeners get.  The same event has the same ``event_id`` each time
    it is published, so that a listener can tell that it has seen it.
    """

    event_id: str
    at: int
    is_task: bool
    change: str
    detail: bytes


class StatusEvents(Protocol):
    """Tells listeners of status changes, at least once.

    What nobody hears of need not be told: of workflows, or of tasks.
    """

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens at all."""
        ...

    @property
    def hears_of_tasks(self) -> bool:
        """Whether status changes of tasks are wanted too."""
        ...

    def publish(self, events: Sequence[StatusEvent]) -> None:
        """Tell of these changes."""
        ...


class NoStatusEvents:
    """Nobody listens."""

    is_heard = False
    hears_of_tasks = False

    def publish(self, events: Sequence[StatusEvent]) -> None:
        """Tell nobody."""
