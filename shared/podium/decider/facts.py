"""What a decision may ask of the world, and how it asks while staying pure.

``decide`` gets a mapping of facts.  Where it needs one that is not there it raises
:class:`FactsNeeded`; the caller looks the facts up and decides again from the start.
Facts are plain values: payloads that lie in the journal, definitions, leases, polls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The definition a workflow was started with; value: a compiled Definition."""

    digest: str


@dataclass(frozen=True, slots=True)
class EntryEvents:
    """The events of one journal entry; value: ``tuple[Event, ...]``."""

    version: int


@dataclass(frozen=True, slots=True)
class EntryRange:
    """The events of entries ``first``..``last``; value: ``tuple[Event, ...]``."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class WholeJournal:
    """All entries up to one; value: ``tuple[tuple[version, at, events], ...]``."""

    last: int


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """An external payload; value: the JSON document."""

    path: str


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """A registered task definition; value: TaskDef or None."""

    name: str


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A registered workflow, by default the latest version; WorkflowDef or None."""

    name: str
    version: int | None


@dataclass(frozen=True, slots=True)
class LastPolls:
    """When each domain of a task type was last polled; value: ``dict[str, int]``."""

    task_type: str


@dataclass(frozen=True, slots=True)
class LeaseOf:
    """The lease of one delivery; value: :class:`podium.ports.Lease` or None."""

    seq: int
    delivery: int


@dataclass(frozen=True, slots=True)
class Environment:
    """What ``${workflow.env.NAME}`` and bare names read; value: ``dict[str, str]``."""


@dataclass(frozen=True, slots=True)
class SecretValues:
    """The secrets of these names that there are; value: ``dict[str, str]``."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class CachedOutput:
    """What is remembered of a task by this name and key; ``Raw`` or None."""

    name: str
    key: str


Need: TypeAlias = (
    Snapshot
    | EntryEvents
    | EntryRange
    | WholeJournal
    | StoredPayload
    | TaskDefinition
    | WorkflowDefinition
    | LastPolls
    | LeaseOf
    | CachedOutput
    | Environment
    | SecretValues
)


class FactsNeeded(Exception):
    """The decision cannot go on without these facts."""

    def __init__(self, needs: Iterable[Need]) -> None:
        self.needs = frozenset(needs)
        super().__init__(f"facts needed: {sorted(map(repr, self.needs))}")


Facts: TypeAlias = Mapping[Need, Any]


def require(facts: Facts, need: Need) -> Any:
    """Return a fact, or ask for it."""
    try:
        return facts[need]
    except KeyError:
        raise FactsNeeded([need]) from None


def require_all(facts: Facts, needs: Iterable[Need]) -> None:
    """Ask for whatever is missing of ``needs``, in one question."""
    missing = [need for need in needs if need not in facts]
    if missing:
        raise FactsNeeded(missing)
