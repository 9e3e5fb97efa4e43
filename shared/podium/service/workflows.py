"""Workflows: read, pause, resume, terminate, remove (reference 1.1, 1.11)."""

from __future__ import annotations

from collections.abc import Collection

from podium import ids
from podium.decider import commands as cmd
from podium.errors import InvalidInput, NotFound
from podium.model.task import TaskStatus
from podium.ports import Home, SummaryRow, WorkflowRecord
from podium.service.archives import Archives, is_archived
from podium.service.engine import Engine
from podium.service.execution_view import ExecutionView, JsonObject
from podium.service.folded import fold_history
from podium.service.snapshots import Snapshots


class Workflows:
    """The API noun ``workflow``, starting apart."""

    def __init__(
        self, home: Home, engine: Engine, archives: Archives, snapshots: Snapshots
    ) -> None:
        self._home = home
        self._engine = engine
        self._archives = archives
        self._snapshots = snapshots

    # --- reading ---------------------------------------------------------------

    def view(self, workflow_id: str) -> ExecutionView:
        """Return the whole workflow, ready to be shown, from journal or archive."""
        return self._view(self._archives.record(workflow_id))

    def _view(self, record: WorkflowRecord) -> ExecutionView:
        history = fold_history(record.entries, self._home.payloads)
        if history.started is None:
            raise NotFound(f"No such workflow found by id: {record.workflow_id}")
        return ExecutionView(
            record.workflow_id,
            history,
            self._snapshots.load(history.started.definition),
            record.leases,
            self._home.clock.now(),
        )

    def get(self, workflow_id: str, *, include_tasks: bool = True) -> JsonObject:
        """Return the Workflow object."""
        return self.view(workflow_id).workflow(include_tasks=include_tasks)

    def status(
        self,
        workflow_id: str,
        *,
        include_output: bool = False,
        include_variables: bool = False,
    ) -> JsonObject:
        """Return the WorkflowStatus object (reference 2.8)."""
        shown = self.get(workflow_id, include_tasks=False)
        keys = ["workflowId", "correlationId", "status"]
        keys += ["output"] if include_output else []
        keys += ["variables"] if include_variables else []
        return {key: shown[key] for key in keys if key in shown}

    def tasks(
        self, workflow_id: str, start: int, count: int, statuses: Collection[str]
    ) -> JsonObject:
        """Return a page of the workflow's tasks, of these statuses if any are given."""
        for status in statuses:
            if status not in TaskStatus.__members__:
                known = ", ".join(TaskStatus.__members__)
                raise InvalidInput(f"status: {status} is not one of {known}")
        found = [
            task
            for task in self.view(workflow_id).tasks()
            if not statuses or task["status"] in statuses
        ]
        return {"totalHits": len(found), "results": found[start : start + count]}

    # --- steering --------------------------------------------------------------

    def pause(self, workflow_id: str) -> None:
        """Pause a running workflow; a paused one stays as it is."""
        self._engine.run(workflow_id, cmd.Pause())

    def resume(self, workflow_id: str) -> None:
        """Resume a paused workflow."""
        self._engine.run(workflow_id, cmd.Resume())

    def terminate(self, workflow_id: str, reason: str | None) -> None:
        """Terminate a workflow and what it has open."""
        self._engine.run(workflow_id, cmd.Terminate(reason=reason))

    def decide(self, workflow_id: str) -> None:
        """Look at the workflow again, and re-dispatch what is not on its way."""
        self._engine.run(workflow_id, cmd.Wake())
        self._engine.redispatch(workflow_id)

    def remove(self, workflow_id: str, *, archive: bool) -> None:
        """Delete a workflow; to be archived first it must have ended.

        What is in the archive already needs no archiving, and loses its row alone where
        it is to be gone.
        """
        record = self._archives.record(workflow_id, with_logs=archive)
        rows: list[SummaryRow] = []
        if archive:
            folded = self._archives.fold(record)
            status = folded.state.status
            if not status.is_terminal:
                raise InvalidInput(
                    f"Cannot archive workflow: {workflow_id} with status: {status}"
                )
            if not is_archived(record, folded):
                ended = self._archives.prepare(record, folded)
                rows = self._archives.archive([ended])
        with self._home.atomic():
            for row in rows:
                self._home.index.put(row)
            self._archives.discard(record)
            if not archive:
                self._home.index.delete(workflow_id)

    def find_task(self, task_id: str) -> JsonObject:
        """Return one task, whichever attempt it was."""
        missing = NotFound(f"Task not found for taskId: {task_id}")
        if not ids.is_id(task_id):
            raise missing
        try:
            view = self.view(ids.workflow_of(task_id))
        except NotFound:
            raise missing from None
        for task in view.tasks():
            if task["taskId"] == task_id:
                return task
        raise missing
