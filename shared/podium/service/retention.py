"""How long journals stay where they are, and the stamps that say so (design 7).

A definition says it in its metadata (``"metadata": {"retentionDays": 90}``), otherwise
the deployment does; 0 is for ever.  Every item of a workflow is stamped when it is
written.  The guard stamps anew what still runs when half of the time is over, so of an
ended workflow nothing goes before the other half is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from podium.decider.state import WorkflowState
from podium.ports import Home
from podium.service.snapshots import Snapshots

DAY = 24 * 60 * 60 * 1000
LONGEST = 36_500
"""Days; whoever asks for more than a century is not understood."""


class Described(Protocol):
    """What knows by which definition its workflow runs."""

    @property
    def definition(self) -> str:
        """The digest of the definition's snapshot."""
        ...


class Retention:
    """Says when what is written of a workflow may go."""

    def __init__(self, home: Home, snapshots: Snapshots) -> None:
        self._home = home
        self._snapshots = snapshots

    def expires(self, state: Described | None, at: int) -> int:
        """Return when something written ``at`` expires, 0 for never.

        What belongs to no known workflow is kept as long as the deployment says.
        """
        period = self._period(state)
        return at + period if period else 0

    def restamp(self, state: WorkflowState) -> bool:
        """Have a running workflow stay for another period, where half of one is over.

        Asks nothing of a young workflow.  True where stamps were written.
        """
        period, now = self._period(state), self._home.clock.now()
        if not period or state.status.is_terminal:
            return False
        if now - state.created_at < period // 2:
            return False
        return self.prolong(state)

    def prolong(self, state: WorkflowState) -> bool:
        """Have a workflow stay for another period where half of one is over."""
        period, now = self._period(state), self._home.clock.now()
        if not period:
            return False
        expires = self._home.records.expires(state.workflow_id)
        if expires and expires - now > period // 2:
            return False
        self._home.records.restamp(state.workflow_id, now + period)
        return True

    def _period(self, state: Described | None) -> int:
        days = None
        if state is not None:
            definition = self._snapshots.load(state.definition).source
            days = retention_days(definition.metadata)
        return (self._home.retention_days if days is None else days) * DAY


def retention_days(metadata: Mapping[str, Any]) -> int | None:
    """Return for how long a definition wants its journals kept, None if it says no."""
    days = metadata.get("retentionDays")
    if isinstance(days, bool) or not isinstance(days, int):
        return None
    return days if 0 <= days <= LONGEST else None
