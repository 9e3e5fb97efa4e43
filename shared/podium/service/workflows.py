"""Workflows: read, pause, resume, terminate, remove (reference 1.1, 1.11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from podium import ids
from podium.decider import commands as cmd
from podium.errors import InvalidInput, NotFound
from podium.model.task import TaskStatus
from podium.ports import Home, WorkflowRecord
from podium.service.archives import Archives
from podium.service.engine import Engine
from podium.service.execution_view import ExecutionView, JsonObject
from podium.service.external_payloads import ExternalPayloads
from podium.service.folded import fold_history
from podium.service.removal import Removals
from podium.service.reports import encode
from podium.service.snapshots import Snapshots

ITERATIONS_IN_SUMMARY = 3


class Workflows:
    """The API noun ``workflow``, starting apart; ``removals`` removes many at once."""

    def __init__(
        self, home: Home, engine: Engine, archives: Archives, snapshots: Snapshots
    ) -> None:
        self._home = home
        self._engine = engine
        self._archives = archives
        self._snapshots = snapshots
        self._external = ExternalPayloads(home)
        self.removals = Removals(home, archives)

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
            self._external,
        )

    def get(
        self, workflow_id: str, *, include_tasks: bool = True, summarize: bool = False
    ) -> JsonObject:
        """Return the Workflow object; summarized it has a loop's last iterations alone.

        The outputs of all of them are those of the tasks in it once more.
        """
        shown = self.view(workflow_id).workflow(include_tasks=include_tasks)
        if summarize:
            for task in shown["tasks"]:
                if task["taskType"] == "DO_WHILE":
                    task["outputData"] = _summarized(task["outputData"])
        return shown

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

    def set_variables(self, workflow_id: str, values: Mapping[str, Any]) -> None:
        """Set variables of a workflow that has not ended; the others stay."""
        self._engine.run(workflow_id, cmd.UpdateVariables(values=encode(values)))

    def decide(self, workflow_id: str) -> None:
        """Look at the workflow again, and re-dispatch what is not on its way."""
        self._engine.run(workflow_id, cmd.Wake())
        self._engine.redispatch(workflow_id)

    def remove(self, workflow_id: str, *, archive: bool) -> None:
        """Delete a workflow; to be archived first it must have ended."""
        removal = self.removals.prepare(workflow_id, archive=archive)
        rows = self.removals.archive([removal])
        self.removals.finish(removal, rows.get(workflow_id))

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


def _summarized(output: JsonObject) -> JsonObject:
    """Return a loop's output with no iterations but the last ones."""
    numbers = sorted((key for key in output if key.isdecimal()), key=int)
    left_out = frozenset(numbers[:-ITERATIONS_IN_SUMMARY])
    return {key: value for key, value in output.items() if key not in left_out}
