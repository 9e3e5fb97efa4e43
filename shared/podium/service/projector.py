"""What follows from the journals off the hot path: rows, archive, events (design 7).

Changes come at least once, and a retry begins anywhere; in their order come those of
one item alone, so two batches may have a workflow's entries at the same time.  So
nothing here depends on what was done before: a row is never older than the one that
stands, an ended workflow is read whole and archived unless it is already, and events
carry ids.  What fails for one workflow is given again; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from podium.decider.events import Entry, WorkflowEnded
from podium.decider.state import WorkflowState
from podium.errors import IllegalState
from podium.feed import Change
from podium.ports import Home
from podium.service.announcer import Announcer
from podium.service.archives import OBJECT_LIMIT, Archives, is_archived
from podium.service.entries import read_entry
from podium.service.first_guards import first_guard, is_to_be_guarded
from podium.service.folded import fold_all
from podium.service.journals import Journals
from podium.service.projection import SHOWN_IN_ROW, Projection
from podium.service.remains import Remains
from podium.service.snapshots import Snapshots
from podium.service.status_changes import StatusChanges, is_of_workflow
from podium.service.touched import Batch, Touched, group

logger = logging.getLogger(__name__)


class Projector:
    """Follows the journals of a home that does not project with its decisions."""

    def __init__(
        self,
        home: Home,
        journals: Journals,
        snapshots: Snapshots,
        projection: Projection,
        archives: Archives,
        announcer: Announcer,
    ) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots
        self._projection = projection
        self._archives = archives
        self._announcer = announcer
        self._remains = Remains(home, archives)

    def project(self, changes: Iterable[Change]) -> list[str]:
        """Do what follows from these changes.

        Returns the positions of what has to be given again: the first of each workflow
        for which something failed.
        """
        touched = group(changes)
        batch = Batch()
        removed = [one for one in touched if one.expired or one.is_deleted]
        self._attempt(removed, partial(self._remains.find_rows, removed, batch))
        return self._project(touched, batch, self._look_at)

    def refresh(self, workflow_ids: Iterable[str]) -> list[str]:
        """Project workflows as they are now, whatever became of their changes.

        Returns the ids of those for which something failed.
        """
        touched = [Touched(one, position=one) for one in workflow_ids]
        return self._project(touched, Batch(), self._end)

    def _project(
        self,
        touched: Sequence[Touched],
        batch: Batch,
        look_at: Callable[[Touched, Batch], object],
    ) -> list[str]:
        for one in touched:
            self._attempt([one], partial(look_at, one, batch))
            if batch.size > OBJECT_LIMIT:
                self._archive(batch)
        guarded = [one for one, _ in batch.guards]
        timers = [(one.workflow_id, due) for one, due in batch.guards]
        self._attempt(guarded, partial(self._home.timers.arm_guards, timers))
        self._archive(batch)
        for one, work in (*batch.to_do, *batch.last):
            self._attempt([one], work)
        self._publish(batch)
        return [one.position for one in touched if one.has_failed]

    def _attempt(self, touched: Iterable[Touched], work: Callable[[], object]) -> None:
        """Work for some workflows, all of which fail where it fails."""
        ours = [one for one in touched if not one.has_failed]
        if not ours:
            return
        try:
            work()
        except Exception:
            # Whatever it is, it may not keep other workflows from being projected: this
            # one is given again, and put aside in the end.
            logger.exception(
                "projection_failed",
                extra={"workflow_ids": [one.workflow_id for one in ours]},
            )
            for one in ours:
                one.has_failed = True

    # --- one workflow ----------------------------------------------------------

    def _look_at(self, one: Touched, batch: Batch) -> None:
        if one.unreadable is not None:
            raise IllegalState(f"{one.workflow_id}: {one.unreadable}")
        if one.is_deleted:
            self._remains.forget(one, batch)
        if one.expired:
            self._remains.settle(one, batch)
        if one.written:
            self._follow(one, batch)

    def _follow(self, one: Touched, batch: Batch) -> None:
        """Make of new entries what shows of them."""
        entries = {
            version: read_entry(stored.data, self._home.payloads)
            for version, stored in sorted(one.written.items())
        }
        kinds = {type(event) for entry in entries.values() for event in entry.events}
        state: WorkflowState | None = None
        due = first_guard(self._home, entries)
        if due:
            batch.guards.append((one, due))
        if WorkflowEnded in kinds:
            state = self._end(one, batch)
            if due and state is not None and not is_to_be_guarded(state):
                batch.guards.pop()
        elif not kinds.isdisjoint(SHOWN_IN_ROW):
            state = self._show(one, entries, batch)
        if self._home.status_events.is_heard:
            self._announce(one, entries, state, batch)
        self._note_told(one, entries, state, batch)

    def _end(self, one: Touched, batch: Batch) -> WorkflowState | None:
        """Archive a workflow that ended, unless it is archived, or is gone by now.

        One that runs on after all gets its row.
        """
        record = self._home.records.read(one.workflow_id, with_logs=True)
        if not record.is_whole:
            logger.info("journal_not_whole", extra={"workflow_id": one.workflow_id})
            return None
        folded = self._archives.fold(record)
        if not folded.state.status.is_terminal:
            row = folded.row(self._snapshots)
            batch.to_do.append((one, partial(self._home.index.put, row)))
        elif not is_archived(record, folded):
            batch.add_ended(one, self._archives.prepare(record, folded))
        return folded.state

    def _show(
        self, one: Touched, entries: Mapping[int, Entry], batch: Batch
    ) -> WorkflowState | None:
        """Write the row of a workflow that goes on.

        Where the batch has all of its entries, nothing is read.
        """
        if one.is_from_the_start:
            folded = fold_all(one.workflow_id, entries.values())
            state, row = folded.state, folded.row(self._snapshots)
        else:
            found = self._journals.find(one.workflow_id)
            if found is None:
                return None
            if found.status.is_terminal:
                return self._end(one, batch)
            state, row = found, self._projection.row(found)
        batch.to_do.append((one, partial(self._home.index.put, row)))
        return state

    def _announce(
        self,
        one: Touched,
        entries: Mapping[int, Entry],
        state: WorkflowState | None,
        batch: Batch,
    ) -> None:
        """Note the status events of new entries."""
        with_tasks = self._home.status_events.hears_of_tasks
        events = (event for entry in entries.values() for event in entry.events)
        if not with_tasks and not any(map(is_of_workflow, events)):
            return
        state = state or self._journals.find(one.workflow_id)
        if state is None:
            return
        changes = StatusChanges(state, self._snapshots.load(state.definition))
        for version, entry in entries.items():
            found = changes.of_entry(version, entry, with_tasks=with_tasks)
            batch.events += [(one, event) for event in found]

    def _note_told(
        self,
        one: Touched,
        entries: Mapping[int, Entry],
        state: WorkflowState | None,
        batch: Batch,
    ) -> None:
        """Have the entries told that listeners, or tasks' definitions, want told."""
        told = {
            version: entry.events
            for version, entry in entries.items()
            if self._announcer.may_tell(entry.events)
        }
        if not told:
            return
        state = state or self._journals.find(one.workflow_id)
        if state is None:
            return
        for version, events in told.items():
            follow = partial(self._announcer.follow, state, [version], events)
            batch.last.append((one, follow))

    # --- the whole batch -------------------------------------------------------

    def _archive(self, batch: Batch) -> None:
        """Archive what has ended, together; their rows say where it is."""
        ended = batch.take_ended()

        def write() -> None:
            rows = self._archives.archive([one for _, one in ended])
            stored = {row.workflow_id: row for row in rows}
            batch.to_do += [
                (one, partial(self._home.index.put, stored[one.workflow_id]))
                for one, _ in ended
            ]

        self._attempt([one for one, _ in ended], write)

    def _publish(self, batch: Batch) -> None:
        """Tell of what has changed, last: a listener may ask for what it is told."""
        events = [(one, event) for one, event in batch.events if not one.has_failed]
        publish = self._home.status_events.publish
        self._attempt(
            [one for one, _ in events],
            partial(publish, [event for _, event in events]),
        )
