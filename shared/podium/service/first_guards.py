"""The guard's first look at a workflow, armed by who follows the journal (design 5).

It has to come whatever happens to whoever starts the workflow.  The journal's stream is
as durable as the journal: once the first entry stands it reaches the projector, again
and again until that has done its part.  So the look is armed there, those of many
workflows in one request, and not before the first entry, one request for each.
"""

from __future__ import annotations

from collections.abc import Mapping

from podium.decider.effects import outstanding
from podium.decider.events import Entry
from podium.decider.state import WorkflowState
from podium.ports import Home


def is_armed_by_projector(home: Home, wake: int, now: int) -> bool:
    """Tell whether a workflow's first wake-up is left to the projector.

    One that comes sooner than the guard's would may be due before he has its entry.
    """
    follows = bool(home.guard_after) and not home.projects_inline
    return follows and wake - now >= home.guard_after


def first_guard(home: Home, entries: Mapping[int, Entry]) -> int:
    """Return the first wake-up if these entries say that it is to be armed, or 0."""
    first = entries.get(1)
    if first is None or not is_armed_by_projector(home, first.armed, first.at):
        return 0
    return first.armed


def is_to_be_guarded(state: WorkflowState) -> bool:
    """Tell whether somebody has to look at a workflow once more.

    One that has ended meanwhile, and has told nobody of it, needs no guard.
    """
    return not state.status.is_terminal or any(True for _ in outstanding(state))
