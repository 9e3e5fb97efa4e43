"""Reports on tasks that wait, by the way of Conductor's queues (reference 1.5, 5.1).

Conductor has a queue for COMPLETED and one for FAILED; its API puts a message into one
of them, whose ``externalId`` says which task is meant.  Here the API reports on the
task at once, so its answer tells what Conductor's cannot: that there is no such task.
What comes by a real queue of such a name is taken as Conductor takes it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from podium import ids
from podium.errors import InvalidInput, NotFound
from podium.model.task import TaskStatus
from podium.service.journals import Journals
from podium.service.tasks import Tasks, find_open

logger = logging.getLogger(__name__)

STATUSES = (TaskStatus.COMPLETED, TaskStatus.FAILED)
"""The statuses that have a queue, whose name ends with theirs."""


class WaitQueues:
    """Ends tasks on behalf of messages."""

    def __init__(self, journals: Journals, tasks: Tasks) -> None:
        self._journals = journals
        self._tasks = tasks

    # --- the API ---------------------------------------------------------------

    def update_by_reference(
        self, workflow_id: str, ref: str, status: str, output: Mapping[str, Any]
    ) -> None:
        """End the open task with a reference; one that has ended stays as it is."""
        wanted = _status(status)
        state = self._journals.load(workflow_id)
        task = find_open(state, ref)
        if task is None:
            if ref in state.tasks:
                return
            raise NotFound(
                f"No task found with reference name: {ref}, workflowId: {workflow_id}"
            )
        external = {"workflowId": workflow_id, "taskRefName": ref}
        task_id = ids.task_id(workflow_id, task.seq)
        self._update(task_id, wanted, external, output)

    def update_by_id(
        self, workflow_id: str, task_id: str, status: str, output: Mapping[str, Any]
    ) -> None:
        """End a task of a workflow; one that has ended stays as it is."""
        wanted = _status(status)
        if not ids.is_id(task_id) or ids.workflow_of(task_id) != workflow_id:
            raise NotFound(f"No task found with taskId: {task_id}")
        external = {"workflowId": workflow_id, "taskId": task_id}
        self._update(task_id, wanted, external, output)

    def _update(
        self,
        task_id: str,
        status: TaskStatus,
        external: Mapping[str, str],
        output: Mapping[str, Any],
    ) -> None:
        told = {"externalId": msgspec.json.encode(external).decode(), **output}
        self._tasks.update_by_event(task_id, status, told, None)

    # --- real queues -----------------------------------------------------------

    def take(self, queue: str, payload: Any) -> None:
        """End the task that a message of a queue names, if it is such a message.

        A message that names no task that is open is done with, as in Conductor.
        """
        name = queue.rpartition("/")[2].rpartition(":")[2]
        status = next((one for one in STATUSES if name.endswith(one)), None)
        external = _external_id(payload)
        if status is None or external is None:
            return
        try:
            task_id = self._named_by(external)
        except NotFound as missing:
            logger.warning("no_task_waits", extra={"reason": missing.message})
            return
        self._tasks.update_by_event(task_id, status, payload, None)

    def _named_by(self, external: Mapping[str, Any]) -> str:
        workflow_id = str(external["workflowId"])
        state = self._journals.load(workflow_id)
        task_id, ref = external.get("taskId"), external.get("taskRefName")
        if task_id:
            if not ids.is_id(task_id) or ids.workflow_of(task_id) != workflow_id:
                raise NotFound(f"No task found with taskId: {task_id}")
            return str(task_id)
        if ref:
            return self._tasks.open_task_id(workflow_id, str(ref))
        blocking = self._tasks.find_blocking(state)
        if blocking is None:
            raise NotFound(f"No task waits in workflow {workflow_id}")
        owner, task = blocking
        return ids.task_id(owner.workflow_id, task.seq)


def _status(text: str) -> TaskStatus:
    """Return a status that has a queue."""
    if text not in TaskStatus.__members__:
        known = ", ".join(TaskStatus.__members__)
        raise InvalidInput(f"status: {text} is not one of {known}")
    if text not in STATUSES:
        raise InvalidInput(f"There is no queue for handling {text} status")
    return TaskStatus(text)


def _external_id(payload: Any) -> dict[str, Any] | None:
    """Return which task a message is about, None where it is about none."""
    text = payload.get("externalId") if isinstance(payload, dict) else None
    if not isinstance(text, str):
        return None
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    if not isinstance(found, dict) or not found.get("workflowId"):
        return None
    return found
