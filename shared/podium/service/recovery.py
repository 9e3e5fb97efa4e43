"""Recovering workflows: retry, rerun, restart, skip, callbacks (1.1, 1.11, 4.8)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Raw

from podium import ids
from podium.decider import commands as cmd
from podium.decider.effects import parents_of
from podium.decider.events import ABSENT, EMPTY
from podium.decider.recovery import describe
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import LAUNCHING
from podium.errors import Conflict, InvalidInput, NotFound, Unavailable
from podium.model.requests import RerunWorkflowRequest, SkipTaskRequest
from podium.ports import Home
from podium.service.decider_queue import DeciderQueue
from podium.service.engine import Engine
from podium.service.journals import Journals
from podium.service.messages import (
    LaunchTask,
    Message,
    ReportRevival,
    encode_message,
)
from podium.service.reports import encode
from podium.service.revivals import Revivals
from podium.service.snapshots import Snapshots

logger = logging.getLogger(__name__)


class Recovery:
    """What brings a workflow back that has ended, or helps one along.

    What follows from it for parents is in the decider's queue by then.  It is done at
    once all the same, so whoever asks sees what he asked for, as he does in Conductor.
    """

    def __init__(
        self,
        home: Home,
        engine: Engine,
        journals: Journals,
        snapshots: Snapshots,
        revivals: Revivals,
        decider_queue: DeciderQueue,
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._snapshots = snapshots
        self._revivals = revivals
        self._decider_queue = decider_queue

    def restart(self, workflow_id: str, *, use_latest: bool = False) -> None:
        """Begin an ended workflow anew, by its own definition or the latest."""
        state = self._revivals.at_rest(workflow_id)
        digest = None
        if use_latest and state.status.is_terminal:
            definition = self._home.metadata.find_workflow(state.name, None)
            if definition is None:
                raise NotFound(f"Unable to find latest definition for {workflow_id}")
            digest = self._snapshots.take(definition)
        self._bring_back(workflow_id, cmd.Restart(definition=digest))

    def retry(self, workflow_id: str, *, resume: bool = False) -> None:
        """Try again what failed and what was cancelled with it.

        With ``resume`` children go on where they stopped, instead of fresh ones.
        """
        self._bring_back(workflow_id, cmd.Retry(resume=resume))

    def rerun(self, workflow_id: str, request: RerunWorkflowRequest) -> str:
        """Run an ended workflow again, whole or from a task on; return its id.

        The task may be one of a child, or of a child's child.
        """
        task_id = request.re_run_from_task_id or None
        if task_id is None:
            command = cmd.Rerun(
                workflow_input=_encoded(request.workflow_input),
                correlation_id=request.correlation_id,
            )
            self._bring_back(workflow_id, command)
            return workflow_id
        top = self._revivals.at_rest(workflow_id)
        owner, seq = self._owner_of(top, task_id)
        is_own = owner == workflow_id
        command = cmd.Rerun(
            seq=seq,
            task_input=_encoded(request.task_input),
            workflow_input=_encoded(request.workflow_input) if is_own else ABSENT,
            correlation_id=request.correlation_id if is_own else None,
        )
        self._bring_back(owner, command)
        state = self._journals.load(owner)
        task = state.task_of(seq)
        if task is not None and task.is_open and _is_launched_at_once(task):
            self._at_once(owner, LaunchTask(seq=seq))
        return workflow_id

    def skip_task(
        self, workflow_id: str, ref: str, request: SkipTaskRequest | None = None
    ) -> None:
        """Pass over a task of a running workflow that is not scheduled yet."""
        given = request or SkipTaskRequest()
        command = cmd.SkipTask(
            ref=ref,
            input=_encoded(given.task_input) or EMPTY,
            output=_encoded(given.task_output) or EMPTY,
        )
        self._engine.run(workflow_id, command)

    def reset_callbacks(self, workflow_id: str) -> None:
        """Offer at once whatever workers wanted to have again later."""
        self._engine.run(workflow_id, cmd.ResetCallbacks())

    # --- families --------------------------------------------------------------

    def _owner_of(self, top: WorkflowState, task_id: str) -> tuple[str, int]:
        """Return whose task it is, of this workflow or of one below, and its number."""
        if not top.status.is_terminal:
            raise Conflict(
                f"Workflow: {describe(top)} is not in terminal state, unable to rerun."
            )
        owner = ids.workflow_of(task_id) if ids.is_id(task_id) else ""
        if top.workflow_id not in self._line_of(owner):
            raise InvalidInput(f"Task {task_id} not found")
        return owner, ids.sequence_of(task_id)

    def _line_of(self, workflow_id: str) -> Iterator[str]:
        """Yield a workflow's id, and those of the workflows above it."""
        above: str | None = workflow_id
        while above:
            yield above
            try:
                above = self._revivals.at_hand(above).parent_id
            except NotFound:
                return

    def _bring_back(self, workflow_id: str, command: cmd.Command) -> None:
        state = self._revivals.run(workflow_id, command)
        told = {workflow_id}
        todo = [state]
        while todo:
            child = todo.pop()
            for parent_id, task_id in parents_of(child):
                if parent_id in told or child.recovery is None:
                    continue
                told.add(parent_id)
                before = self._journals.find(parent_id)
                report = ReportRevival(
                    seq=ids.sequence_of(task_id),
                    child_id=child.workflow_id,
                    run=child.run,
                    operation=child.recovery,
                )
                self._at_once(parent_id, report)
                after = self._journals.find(parent_id)
                if after is not None and after.run > (before.run if before else 0):
                    todo.append(after)

    def _at_once(self, workflow_id: str, message: Message) -> None:
        """Handle a message that is on its way already; else it is handled later."""
        try:
            self._decider_queue.handle(workflow_id, encode_message(message))
        except Unavailable as failure:
            logger.warning(
                "recovery_goes_on_later",
                extra={"workflow_id": workflow_id, "reason": failure.message},
            )


def _is_launched_at_once(task: TaskState) -> bool:
    """Tell whether a task starts a workflow, and no limit may hold it back."""
    return task.type in LAUNCHING and task.quota is None


def _encoded(value: Mapping[str, Any] | None) -> Raw:
    return ABSENT if value is None else encode(value)
