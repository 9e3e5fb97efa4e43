"""Bringing workflows back, and telling those above and below them (reference 4.8).

Who is told may have ended long ago: then its journal is brought back from the archive
first, and what of it still lies in the store is stamped to stay.  Only after that
anything is decided; where a process dies in between, a journal is kept for longer.
"""

from __future__ import annotations

from podium import ids
from podium.decider import commands as cmd
from podium.decider.effects import LEAVES_CHILD_BEHIND, why_child_ends
from podium.decider.state import WorkflowState
from podium.errors import NotFound
from podium.model.task import TaskStatus
from podium.ports import Home, TaskLog
from podium.service.archives import Archives
from podium.service.engine import Engine
from podium.service.guard import Guard
from podium.service.journals import Journals
from podium.service.messages import ReportRevival, ReviveChild
from podium.service.retention import Retention


class Revivals:
    """Runs what brings a workflow back, wherever it is by now."""

    def __init__(
        self,
        home: Home,
        engine: Engine,
        journals: Journals,
        archives: Archives,
        retention: Retention,
        guard: Guard,
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._archives = archives
        self._retention = retention
        self._guard = guard

    def at_hand(self, workflow_id: str) -> WorkflowState:
        """Return a workflow's state, its journal whole and kept from expiring.

        NotFound where neither the journals nor the archive have it.
        """
        state = self._journals.find(workflow_id)
        if state is None or state.status.is_terminal:
            self._archives.restore(workflow_id)
            state = self._journals.load(workflow_id)
            self._retention.prolong(state)
        return state

    def at_rest(self, workflow_id: str) -> WorkflowState:
        """Return the same of one that is asked to come back.

        A child that goes with its parent is told so by a message.  Whoever sees the
        parent ended takes the child for ended too, and so it is here.
        """
        state = self.at_hand(workflow_id)
        return state if state.status.is_terminal else self._guard.end_if_unwanted(state)

    def run(self, workflow_id: str, command: cmd.Command) -> WorkflowState:
        """Run a command on a workflow that may have ended; return its state then."""
        known = self.at_rest(workflow_id)
        return self._engine.run(workflow_id, command, known=known).state

    # --- families --------------------------------------------------------------

    def tell_parent(self, parent_id: str, told: ReportRevival) -> WorkflowState | None:
        """Have a parent go on because its child does; None where it is gone.

        A child that nobody wants, because the parent was ended in the meantime, ends.
        """
        try:
            before = self.at_hand(parent_id)
        except NotFound:
            return None
        command = cmd.ChildRevived(
            seq=told.seq,
            child_id=told.child_id,
            run=told.run,
            operation=told.operation,
        )
        after = self._engine.run(parent_id, command, known=before).state
        if after.version != before.version:
            self._log(parent_id, told)
        self._end_unwanted(after, told)
        return after

    def _log(self, parent_id: str, told: ReportRevival) -> None:
        """Say at the parent's task what became of its child, as Conductor does."""
        child = self._journals.find(told.child_id)
        if child is None:
            return
        name = f"{child.name}.{child.definition_version}/{child.workflow_id}"
        now = self._home.clock.now()
        line = TaskLog(
            ids.task_id(parent_id, told.seq),
            now,
            f"Sub workflow {name} {told.operation.lower()}.",
        )
        parent = self._journals.find(parent_id)
        self._home.logs.append([line], self._journals.expires(parent, now))

    def _end_unwanted(self, parent: WorkflowState, told: ReportRevival) -> None:
        task = parent.task_of(told.seq)
        if task is None or task.sub_workflow_id != told.child_id:
            return
        is_over = task.status in LEAVES_CHILD_BEHIND and task.child_run >= told.run
        if is_over:
            ended = cmd.Terminate(
                reason=why_child_ends(task.status, parent),
                by_task=ids.task_id(parent.workflow_id, task.seq),
                run=task.child_run,
            )
            self._engine.run_all(told.child_id, [ended])

    def revive_child(self, child_id: str, wanted: ReviveChild) -> WorkflowState | None:
        """Have a child go on because its parent does.

        One that is gone altogether fails its task: there is nothing to go on with.
        """
        try:
            return self.run(child_id, cmd.Revive(run=wanted.run))
        except NotFound:
            reason = f"Sub workflow {child_id} was removed and cannot go on"
            lost = cmd.UpdateTask(
                seq=wanted.seq, status=TaskStatus.FAILED, reason=reason
            )
            self._engine.run_all(wanted.parent_id, [lost])
            return None
