"""A whole journal folded both ways: to what deciding knows, and to what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podium.decider.events import EMPTY, Entry
from podium.decider.folding import fold
from podium.decider.history import History
from podium.decider.state import WorkflowState
from podium.ports import JournalEntry, Payloads, SummaryRow
from podium.service.entries import read_entry
from podium.service.projection import row_of
from podium.service.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Folded:
    """A workflow as of its last entry."""

    state: WorkflowState
    history: History

    def row(self, snapshots: Snapshots) -> SummaryRow:
        """Return its search row, without asking the journal again."""
        started = self.history.started
        output = self.history.output if self.state.output_in else None
        return row_of(
            self.state,
            snapshots.load(self.state.definition).source,
            started.input if started else EMPTY,
            output or EMPTY,
        )


def fold_history(entries: Iterable[JournalEntry], payloads: Payloads) -> History:
    """Return the story that the entries tell, from the first one on."""
    history = History()
    for stored in entries:
        entry = read_entry(stored.data, payloads)
        history.add(entry.events, entry.at)
    return history


def fold_all(workflow_id: str, entries: Iterable[Entry]) -> Folded:
    """Fold entries 1, 2, 3... of a workflow; there must be one at least."""
    state: WorkflowState | None = None
    history = History()
    for version, entry in enumerate(entries, start=1):
        state = fold(state, version, entry, workflow_id)
        history.add(entry.events, entry.at)
    if state is None:
        raise ValueError(f"{workflow_id} has no entries to fold")
    return Folded(state, history)
