"""What ``${...}`` sees of a workflow: the document of reference 4.12.

A payload that is not at hand is noted as missing and reads as null for the moment; the
turn then asks for everything that a template misses in one question.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from podium import ids
from podium.decider.facts import (
    Environment,
    FactsNeeded,
    LeaseOf,
    Need,
    require,
)
from podium.decider.state import TaskState

if TYPE_CHECKING:
    from podium.decider.turn import Turn

LOOP_VARIABLES = frozenset({"iteration", "loopItem", "loopIndex"})
_SCHEMA_VERSION = 2


class Reader:
    """A :class:`podium.expressions.template.Source` over a turn."""

    def __init__(self, turn: Turn, task_id: str | None) -> None:
        self.missing: set[Need] = set()
        self._turn = turn
        self._task_id = task_id

    def names(self) -> Collection[str]:
        """Return every name a path may begin with."""
        return ["workflow", *self._turn.state.tasks]

    def lookup(self, name: str, field: str, key: str | None = None) -> Any:
        """Return ``name.field``; ``key`` is what the path goes on with, if known."""
        try:
            if name == "workflow":
                return self._workflow(field)
            if name == "CPEWF_TASK_ID":
                return self._task_id
            task = self._turn.state.tasks.get(name)
            if task is not None:
                return self._task(task, field, key)
            return require(self._turn.facts, Environment()).get(name)
        except FactsNeeded as question:
            self.missing |= question.needs
            return None

    def _workflow(self, field: str) -> Any:
        turn, state = self._turn, self._turn.state
        match field:
            case "input":
                return turn.workflow_input()
            case "variables":
                return turn.variables()
            case "env":
                return require(turn.facts, Environment())
            case "output":
                return {}
            case "status":
                return turn.ends_as or state.status
            case "schemaVersion":
                return _SCHEMA_VERSION
            case _ if field in _WORKFLOW_FIELDS:
                return getattr(state, _WORKFLOW_FIELDS[field])
        return None

    def _task(self, task: TaskState, field: str, key: str | None) -> Any:
        turn = self._turn
        match field:
            case "startTime" | "pollCount" if not task.started_at:
                return self._of_lease(task, field)
            case "output" if task.type == "DO_WHILE" and key in LOOP_VARIABLES:
                return turn.own_output_of(task)
            case "output":
                return turn.output_of(task)
            case "input":
                return turn.input_of(task)
            case "taskId":
                return ids.task_id(turn.state.workflow_id, task.seq)
            case "workflowInstanceId":
                return turn.state.workflow_id
            case "correlationId":
                return turn.state.correlation_id
            case _ if field in _TASK_FIELDS:
                return getattr(task, _TASK_FIELDS[field])
        return None

    def _of_lease(self, task: TaskState, field: str) -> int:
        """Return what a worker's lease tells and its last report did not repeat."""
        lease = require(self._turn.facts, LeaseOf(task.seq, task.delivery))
        if field == "pollCount":
            return task.poll_count if lease is None else task.delivery
        return task.ended_at if lease is None else lease.started_at


_WORKFLOW_FIELDS = {
    "workflowId": "workflow_id",
    "parentWorkflowId": "parent_id",
    "parentWorkflowTaskId": "parent_task_id",
    "workflowType": "name",
    "version": "definition_version",
    "correlationId": "correlation_id",
    "reasonForIncompletion": "reason",
    "priority": "priority",
    "createTime": "created_at",
    "startTime": "created_at",
}

_TASK_FIELDS = {
    "taskType": "type",
    "status": "status",
    "referenceTaskName": "full_ref",
    "retryCount": "retry_count",
    "pollCount": "poll_count",
    "taskDefName": "name",
    "scheduledTime": "scheduled_at",
    "startTime": "started_at",
    "endTime": "ended_at",
    "reasonForIncompletion": "reason",
    "callbackAfterSeconds": "callback_after",
    "workerId": "worker_id",
    "iteration": "iteration_number",
    "subWorkflowId": "sub_workflow_id",
}
