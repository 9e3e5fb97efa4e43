"""A batch of changes by workflow, and what has been made of it so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from podium.feed import Change, Deleted, Expired, Unreadable, Written
from podium.ports import JournalEntry, SummaryRow
from podium.service.archives import Ended
from podium.sinks import StatusEvent


@dataclass(eq=False, slots=True)
class Touched:
    """What a batch says of one workflow; ``position`` is where it first speaks of it.

    ``is_deleted`` is about the end of the batch: what was written after is there.
    """

    workflow_id: str
    position: str
    written: dict[int, JournalEntry] = field(default_factory=dict)
    expired: list[Expired] = field(default_factory=list)
    is_deleted: bool = False
    unreadable: str | None = None
    has_failed: bool = False

    def note(self, change: Change) -> None:
        """Take in one more change."""
        match change:
            case Written(entry=entry):
                self.written[entry.version] = entry
                self.is_deleted = False
            case Expired():
                self.expired.append(change)
            case Deleted():
                self.written.clear()
                self.is_deleted = True
            case Unreadable(reason=reason):
                self.unreadable = reason

    @property
    def is_from_the_start(self) -> bool:
        """Whether the batch has the whole story so far."""
        versions = sorted(self.written)
        return versions == list(range(1, len(versions) + 1))


def group(changes: Iterable[Change]) -> list[Touched]:
    """Return what the changes say of each workflow, in the order of its first."""
    touched: dict[str, Touched] = {}
    for change in changes:
        key = change.workflow_id
        touched.setdefault(key, Touched(key, change.position)).note(change)
    return list(touched.values())


@dataclass(eq=False, slots=True)
class Batch:
    """What a batch comes to.

    ``guards`` are the first looks at workflows that began, and when they are due.
    ``rows`` are those that stand of workflows of which something was removed, ``to_do``
    is what is left to be done for each workflow once the ended ones are archived, and
    ``last`` what has to wait for that.
    """

    guards: list[tuple[Touched, int]] = field(default_factory=list)
    rows: dict[str, SummaryRow] = field(default_factory=dict)
    to_do: list[tuple[Touched, Callable[[], object]]] = field(default_factory=list)
    last: list[tuple[Touched, Callable[[], object]]] = field(default_factory=list)
    events: list[tuple[Touched, StatusEvent]] = field(default_factory=list)
    size: int = 0
    _ended: list[tuple[Touched, Ended]] = field(default_factory=list)

    def add_ended(self, one: Touched, ended: Ended) -> None:
        """Have a workflow archived."""
        self._ended.append((one, ended))
        self.size += len(ended.line)

    def take_ended(self) -> list[tuple[Touched, Ended]]:
        """Return what is to be archived, once."""
        ended, self._ended, self.size = self._ended, [], 0
        return ended
