"""The guard: looks again at what runs, so that nothing stays stuck (design 5)."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from podium import ids
from podium.decider.children import child_of
from podium.decider.commands import Terminate, Wake
from podium.decider.effects import LEAVES_CHILD_BEHIND, why_child_ends
from podium.decider.history import TaskRecord
from podium.decider.state import TaskState, WorkflowState
from podium.errors import NotFound
from podium.model.workflow import WorkflowStatus
from podium.ports import Home
from podium.search import And, Comparison, SortKey
from podium.service.engine import Engine
from podium.service.journals import Journals
from podium.service.retention import Retention

logger = logging.getLogger(__name__)

PAGE = 500


class Guard:
    """Wakes workflows and carries out again whatever their states call for."""

    def __init__(
        self, home: Home, engine: Engine, journals: Journals, retention: Retention
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._retention = retention

    def wake(self, workflow_id: str, due: int = 0) -> None:
        """Handle a fired timer: do what is due, and what nobody has done for long.

        One that comes before its time, as our clock has it, is armed again: whatever
        counts on it would not be due yet.

        A workflow that has moved since the guard was set is in good hands; one that
        has ended since will not be looked at again.
        """
        if self._home.clock.now() < due:
            self._home.timers.arm(workflow_id, due)
            return
        known = self._journals.find(workflow_id)
        if known is None:
            return
        state = self._engine.run(workflow_id, Wake(), known=known).state
        after = self._home.guard_after
        is_due = self._home.clock.now() - state.updated_at >= after
        if after and (is_due or state.status.is_terminal):
            self._engine.redispatch(workflow_id, state)
        if after and is_due and not state.status.is_terminal:
            self.end_if_unwanted(state)
        self._retention.restamp(state)

    def look_soon(self, workflow_id: str) -> None:
        """See to it that the workflow is looked at as after its start."""
        after = self._home.guard_after
        if after:
            due = self._home.clock.now() + after
            self._home.timers.arm(workflow_id, due, is_guard=True)

    def end_if_unwanted(self, state: WorkflowState) -> WorkflowState:
        """End a child whose task is over and that nobody has told so yet (design 5).

        The attempt that it belongs to may be superseded: then the whole story of its
        parent tells how it went.  The state then is returned.
        """
        if state.parent_id is None or state.parent_task_id is None:
            return state
        parent = self._journals.find(state.parent_id)
        if parent is None:
            return state
        reason = self._why_unwanted(state, parent, state.parent_task_id)
        if reason is None:
            return state
        ended = Terminate(reason=reason, by_task=state.parent_task_id, run=state.run)
        self._engine.run_all(state.workflow_id, [ended])
        return self._journals.load(state.workflow_id)

    def _why_unwanted(
        self, child: WorkflowState, parent: WorkflowState, task_id: str
    ) -> str | None:
        """Return why a child is not wanted any more, None where it is.

        One that was brought back since its task was over runs for its own sake.
        """
        seq = ids.sequence_of(task_id)
        task: TaskState | TaskRecord | None = parent.task_of(seq)
        if task is None:
            history = self._journals.history(parent.workflow_id)
            task = history.records.get(seq) or history.undone.get(seq)
            if seq in history.undone and child.run <= history.undone[seq].child_run:
                return "Parent task is no longer part of its workflow"
        if task is None or child.run > task.child_run:
            return None
        if isinstance(task, TaskState) and task.delivery > 1:
            wanted = task.sub_workflow_id or child_of(parent, task)
            if wanted != child.workflow_id:
                return "Parent task has begun again with another child"
        if not task.status.is_terminal:
            return None
        if task.sub_workflow_id is None or task.status in LEAVES_CHILD_BEHIND:
            return why_child_ends(task.status, parent)
        return None

    def look_at(self, workflow_id: str) -> None:
        """Advance one workflow from its stored state alone."""
        try:
            self._engine.run(workflow_id, Wake())
            self._engine.redispatch(workflow_id)
        except NotFound:
            logger.info("guarded_workflow_gone", extra={"workflow_id": workflow_id})

    def look_at_all(self) -> int:
        """Look at every workflow that has not ended; return how many there were."""
        found = list(self.running())
        for workflow_id in found:
            self.look_at(workflow_id)
        return len(found)

    def running(self) -> Iterator[str]:
        """Yield the ids of what has not ended, oldest first, a page at a time.

        The next page goes on from the last one's time, not from its number of rows:
        workflows that end meanwhile shift nothing.
        """
        running = Comparison(
            "status", "IN", (WorkflowStatus.RUNNING, WorkflowStatus.PAUSED)
        )
        oldest_first = (SortKey("startTime"),)
        seen: set[str] = set()
        since = 0
        while True:
            later = Comparison("startTime", ">=", (str(since),))
            query = And((running, later))
            page = self._home.index.search(query, None, oldest_first, 0, PAGE)
            fresh = [row for row in page.rows if row.workflow_id not in seen]
            yield from (row.workflow_id for row in fresh)
            if page.total <= PAGE or not fresh:
                return
            seen = {row.workflow_id for row in page.rows}
            since = page.rows[-1].start_time
