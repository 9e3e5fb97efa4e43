"""Workflows as they stand in the journal: load, append, read back.

The one place that turns journal entries into states and events, and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from podium import ids
from podium.decider.events import Entry, Event
from podium.decider.folding import fold
from podium.decider.history import History, TaskRecord
from podium.decider.state import TaskState, WorkflowState
from podium.errors import NotFound
from podium.ports import Home, JournalEntry
from podium.service.cache import BoundedCache
from podium.service.entries import (
    is_unbroken,
    pack_entry,
    pack_keyframe,
    read_entry,
    read_keyframe,
    split,
)
from podium.service.retention import Described, Retention
from podium.service.snapshots import Snapshots

KEYFRAME_EVERY = 16
_ENTRY_BYTES = 16_000_000
_STATE_BYTES = 24_000_000
_TASK_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A state, and how much the journal has grown since its last keyframe."""

    state: WorkflowState
    entries: int
    size: int
    keyframe_size: int


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append wrote, and the state after it."""

    loaded: Loaded
    written: tuple[tuple[JournalEntry, tuple[Event, ...]], ...]

    @property
    def state(self) -> WorkflowState:
        """The state after the last entry."""
        return self.loaded.state


class Journals:
    """The journals of all workflows, with what a warm process remembers of them."""

    def __init__(self, home: Home, retention: Retention | None = None) -> None:
        self._journal = home.journal
        self._after_commit = home.after_commit
        self._retention = retention or Retention(home, Snapshots(home.metadata))
        self._payloads = home.payloads
        self._states: BoundedCache[str, Loaded] = BoundedCache(_STATE_BYTES)
        self._entries: BoundedCache[tuple[str, int], tuple[Event, ...]] = BoundedCache(
            _ENTRY_BYTES
        )

    # --- reading ---------------------------------------------------------------

    def find(self, workflow_id: str, *, may_lag: bool = False) -> WorkflowState | None:
        """Return the present state, None where there is no such workflow.

        One that ``may_lag`` is for deciding on: an append to it meets the last entry.
        It costs half, and lacks at most the entries of a moment ago.
        """
        loaded = self._load(workflow_id, may_lag=may_lag)
        return None if loaded is None else loaded.state

    def load(self, workflow_id: str) -> WorkflowState:
        """Return the present state; NotFound where there is no such workflow."""
        state = self.find(workflow_id)
        if state is None:
            raise NotFound(f"No such workflow found by id: {workflow_id}")
        return state

    def _load(self, workflow_id: str, *, may_lag: bool) -> Loaded | None:
        if not ids.is_id(workflow_id):
            return None
        known = self._states.get(workflow_id)
        after = known.state.version if known is not None else 0
        tail = self._journal.read_tail(workflow_id, after, may_lag=may_lag)
        if not tail:
            return known
        if may_lag and not is_unbroken(tail, after):
            return self._load(workflow_id, may_lag=False)
        if known is None and tail[0].version > 1 and tail[0].keyframe is None:
            return None  # the rest of a journal that has begun to expire
        for stored in tail:
            known = self._catch_up(known, stored)
        if known is not None:
            self._remember(known)
        return known

    def _catch_up(self, known: Loaded | None, stored: JournalEntry) -> Loaded:
        """Fold an entry, or start from its keyframe where what is before is not known.

        A tail begins at the newest keyframe: a state that was remembered before it may
        lack the entries in between.
        """
        version = known.state.version if known is not None else 0
        if stored.keyframe is not None and stored.version > version + 1:
            state = read_keyframe(stored.keyframe, self._payloads)
            return Loaded(state, 0, 0, len(stored.keyframe))
        entry = read_entry(stored.data, self._payloads)
        self._remember_events(stored, entry.events)
        state = fold(
            known.state if known is not None else None,
            stored.version,
            entry,
            stored.workflow_id,
        )
        return _grown(known, state, stored)

    def _remember(self, loaded: Loaded) -> None:
        weight = _TASK_WEIGHT * (4 + len(loaded.state.tasks))
        key = loaded.state.workflow_id
        self._after_commit(partial(self._states.put, key, loaded, weight))

    def _remember_events(self, stored: JournalEntry, events: tuple[Event, ...]) -> None:
        key = (stored.workflow_id, stored.version)
        weight = 500 + 4 * len(stored.data)
        self._after_commit(partial(self._entries.put, key, events, weight))

    def known_events(self, workflow_id: str, version: int) -> tuple[Event, ...] | None:
        """Return an entry's events if this process still knows them."""
        return self._entries.get((workflow_id, version))

    def events(self, workflow_id: str, version: int) -> tuple[Event, ...]:
        """Return the events of one entry."""
        known = self.known_events(workflow_id, version)
        if known is not None:
            return known
        for stored in self._journal.read_versions(workflow_id, [version]):
            entry = read_entry(stored.data, self._payloads)
            self._remember_events(stored, entry.events)
            return entry.events
        raise NotFound(f"No such workflow found by id: {workflow_id}")

    def events_between(
        self, workflow_id: str, first: int, last: int
    ) -> tuple[Event, ...]:
        """Return the events of entries ``first``..``last``."""
        stored = self._journal.read_range(workflow_id, first, last)
        entries = (read_entry(one.data, self._payloads) for one in stored)
        return tuple(event for entry in entries for event in entry.events)

    def entries(
        self, workflow_id: str, last: int
    ) -> tuple[tuple[int, int, tuple[Event, ...]], ...]:
        """Return version, time and events of every entry up to ``last``."""
        stored = self._journal.read_range(workflow_id, 1, last)
        read = ((one.version, read_entry(one.data, self._payloads)) for one in stored)
        return tuple((version, entry.at, entry.events) for version, entry in read)

    def history(self, workflow_id: str) -> History:
        """Return the whole story of a workflow."""
        history = History()
        for stored in self._journal.read_range(workflow_id, 1):
            entry = read_entry(stored.data, self._payloads)
            history.add(entry.events, entry.at)
        return history

    def input_of(self, state: WorkflowState, task: TaskState) -> dict[str, Any]:
        """Return the input a task was scheduled with."""
        value: dict[str, Any] = msgspec.json.decode(
            self.record(state, task).scheduled.input
        )
        return value

    def record(self, state: WorkflowState, task: TaskState) -> TaskRecord:
        """Return a task of the present state with its recorded input and output."""
        history = History()
        for version, at in (
            (task.scheduled_in, task.scheduled_at),
            (task.updated_in, task.updated_at),
        ):
            if version:
                events = self.events(state.workflow_id, version)
                history.add((one for one in events if concerns(one, task.seq)), at)
            if version == task.updated_in:
                break
        record = history.records[task.seq]
        record.status, record.delivery = task.status, task.delivery
        record.started_at, record.worker_id = task.started_at, task.worker_id
        record.poll_count = task.poll_count
        return record

    # --- writing ---------------------------------------------------------------

    def append(
        self, before: WorkflowState | None, after: WorkflowState, entry: Entry
    ) -> Appended:
        """Write a decision's events; the result has the state they lead to.

        Raises VersionConflict where somebody else appended first.  A decision too
        large for one entry becomes several; the state is then folded again, so that it
        knows in which of them each payload lies.

        Nothing is remembered before :meth:`keep`: until the unit of work is through,
        it may yet be undone.
        """
        known = self._known(before)
        parts = list(split(entry))
        version = before.version if before is not None else 0
        written: list[tuple[JournalEntry, tuple[Event, ...]]] = []
        for number, (part, text) in enumerate(parts, start=version + 1):
            if len(parts) == 1:
                state = replace(after, version=number, at=entry.at, armed=entry.armed)
            else:
                earlier = known.state if known is not None else None
                state = fold(earlier, number, part, after.workflow_id)
            known, stored = self._append(known, state, part, text)
            written.append((stored, part.events))
        if known is None:
            raise ValueError(f"an entry of {after.workflow_id} has no events")
        return Appended(known, tuple(written))

    def _known(self, before: WorkflowState | None) -> Loaded | None:
        if before is None:
            return None
        known = self._states.get(before.workflow_id)
        if known is not None and known.state.version == before.version:
            return known
        return Loaded(before, 0, 0, 0)

    def _append(
        self, known: Loaded | None, state: WorkflowState, part: Entry, text: bytes
    ) -> tuple[Loaded, JournalEntry]:
        data = pack_entry(state.workflow_id, state.version, text, self._payloads)
        keyframe = None
        if _wants_keyframe(known, len(data)):
            keyframe = pack_keyframe(state, data, self._payloads)
        stored = JournalEntry(state.workflow_id, state.version, part.at, data, keyframe)
        self._journal.append(stored, self.expires(state, part.at))
        if keyframe is not None:
            return Loaded(state, 0, 0, len(keyframe)), stored
        return _grown(known, state, stored), stored

    def expires(self, state: Described | None, at: int) -> int:
        """Return when what is written ``at`` expires; whoever writes beside it asks."""
        return self._retention.expires(state, at)

    def keep(self, appended: Appended) -> None:
        """Remember what was appended, once it stands."""
        for stored, events in appended.written:
            self._remember_events(stored, events)
        self._remember(appended.loaded)

    def forget(self, workflow_id: str) -> None:
        """Drop the state that this process remembers."""
        self._states.discard(workflow_id)

    def delete(self, workflow_id: str) -> None:
        """Remove a workflow's journal."""
        self._journal.delete(workflow_id)
        self.forget(workflow_id)


def _grown(known: Loaded | None, state: WorkflowState, stored: JournalEntry) -> Loaded:
    if known is None:
        return Loaded(state, 1, len(stored.data), 0)
    return Loaded(
        state, known.entries + 1, known.size + len(stored.data), known.keyframe_size
    )


def _wants_keyframe(known: Loaded | None, size: int) -> bool:
    """Tell whether the entries since the last keyframe outweigh it.

    A large state is written less often, so that what keyframes cost stays in
    proportion to what is journaled, however wide a workflow is.
    """
    if known is None or known.entries + 1 < KEYFRAME_EVERY:
        return False
    return known.size + size >= known.keyframe_size


def concerns(event: Event, seq: int) -> bool:
    """Tell whether an event is about the task with this sequence."""
    return getattr(event, "seq", 0) == seq
