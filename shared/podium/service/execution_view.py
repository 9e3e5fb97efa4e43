"""Conductor's Workflow and Task JSON, from history and leases (reference 2.6, 2.7).

A poll does not write to the journal, so a task that a worker holds is SCHEDULED there
and has a lease beside it; here the two become Conductor's IN_PROGRESS.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider.definition import Definition, Graph, Node, compile_dynamic
from podium.decider.history import History, TaskRecord
from podium.decider.state import TaskState, WorkflowState
from podium.errors import NotFound
from podium.model.task import TaskStatus, queue_wait
from podium.ports import Lease
from podium.service.external_payloads import ExternalPayloads
from podium.service.journals import Journals
from podium.service.masking import mask
from podium.service.snapshots import Snapshots

JsonObject = dict[str, Any]

_TAKEN_AWAY = (TaskStatus.TIMED_OUT, TaskStatus.CANCELED)
"""The statuses that a task gets without a report of the worker that had it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What a task shows of its workflow."""

    workflow_id: str
    name: str
    correlation_id: str | None
    priority: int


class ExecutionView:
    """Shows one workflow; ``leases`` are those of its deliveries.

    What its definition masks is hidden, and what is too large laid ``aside``, other
    than in the :meth:`whole` view.
    """

    def __init__(
        self,
        workflow_id: str,
        history: History,
        definition: Definition,
        leases: Iterable[Lease],
        now: int,
        aside: ExternalPayloads | None = None,
    ) -> None:
        if history.started is None:
            raise NotFound(f"No such workflow found by id: {workflow_id}")
        self._id = workflow_id
        self._history = history
        self._started = history.started
        self._definition = definition
        self._leases = {
            (lease.seq, lease.delivery): lease
            for lease in leases
            if not lease.is_withheld
        }
        self._now = now
        self._aside = aside
        self._masked: Collection[str] = definition.source.masked_fields

    def whole(self) -> ExecutionView:
        """Return the view that hides nothing: for the engine, not for answers."""
        view = copy(self)
        view._masked = ()  # noqa: SLF001 - it is one of ours
        view._aside = None  # noqa: SLF001 - as above
        return view

    def workflow(self, *, include_tasks: bool = True) -> JsonObject:
        """Return the Workflow object."""
        history, started = self._history, self._started
        failed = history.failures()
        source = self._definition.source
        shown = _without_nulls(
            {
                "ownerApp": "",
                "createTime": history.started_at,
                "updateTime": history.updated_at,
                "createdBy": started.created_by,
                "status": str(history.status),
                "endTime": history.ended_at,
                "workflowId": self._id,
                "parentWorkflowId": started.parent_id,
                "parentWorkflowTaskId": started.parent_task_id,
                "tasks": self.tasks() if include_tasks else [],
                "input": self._mask(msgspec.json.decode(started.input)),
                "output": self.output(),
                "correlationId": started.correlation_id,
                "reasonForIncompletion": history.reason,
                "event": started.event,
                "taskToDomain": started.task_to_domain,
                "failedReferenceTaskNames": _distinct(one.full_ref for one in failed),
                "failedTaskNames": _distinct(one.scheduled.name for one in failed),
                "workflowDefinition": self._definition.json,
                "externalInputPayloadStoragePath": started.input_path,
                "priority": started.priority,
                "variables": self._mask(history.variables),
                "lastRetriedTime": history.resumed_at,
                "history": [],
                "idempotencyKey": started.idempotency_key,
                "rateLimitKey": started.quota.key if started.quota else None,
                "rateLimited": history.queued and not history.status.is_terminal,
                "startTime": history.started_at,
                "workflowName": source.name,
                "workflowVersion": source.version,
            }
        )
        return shown if self._aside is None else self._aside.lay_aside_workflow(shown)

    def output(self) -> JsonObject:
        """Return the workflow's output, ``{}`` while it runs."""
        return self._mask(_decoded(self._history.output))

    def failed_task_id(self) -> str | None:
        """Return the id of the task that failed the workflow, if one did."""
        seq = self._history.failed_task
        return ids.task_id(self._id, seq) if seq else None

    def tasks(self) -> list[JsonObject]:
        """Return the attempts of all tasks, in order of sequence."""
        return [self.task(record) for record in self._history.kept()]

    def task(self, record: TaskRecord) -> JsonObject:
        """Return one task."""
        started = self._started
        owner = Owner(self._id, started.name, started.correlation_id, started.priority)
        shown = task_json(
            owner,
            record,
            self._node(record),
            self._leases.get((record.scheduled.seq, record.delivery)),
            self._now,
        )
        shown["inputData"] = self._mask(shown["inputData"])
        shown["outputData"] = self._mask(self._history.output_of(record))
        return shown if self._aside is None else self._aside.lay_aside_task(shown)

    def _mask(self, payload: JsonObject) -> JsonObject:
        shown: JsonObject = mask(payload, self._masked)
        return shown

    def _node(self, record: TaskRecord) -> Node | None:
        scheduled = record.scheduled
        if scheduled.root is None:
            return self._definition.graph.nodes.get(scheduled.ref)
        for depth in range(len(scheduled.iterations), -1, -1):
            graph = self._dynamic.get((scheduled.root, scheduled.iterations[:depth]))
            if graph is not None:
                return graph.nodes.get(scheduled.ref)
        return None

    @cached_property
    def _dynamic(self) -> dict[tuple[str, tuple[int, ...]], Graph]:
        """The tasks that dynamic forks made, by reference and loop iterations."""
        scheduled = (one.scheduled for one in self._history.records.values())
        return {
            (one.ref, one.iterations): compile_dynamic(bytes(one.definition), one.loop)
            for one in scheduled
            if one.definition
        }


def task_json(
    owner: Owner,
    record: TaskRecord,
    node: Node | None,
    lease: Lease | None,
    now: int,
) -> JsonObject:
    """Return a Task object with the output that the task itself reported.

    Its lease, if any, makes it IN_PROGRESS.
    """
    scheduled = record.scheduled
    status, poll_count, worker = record.status, record.poll_count, record.worker_id
    started_at, updated_at = record.started_at, record.updated_at
    callback = record.callback_after
    if lease is not None:
        started_at = started_at or lease.started_at
        poll_count = max(poll_count, lease.delivery)
        if status in _TAKEN_AWAY:
            worker = worker or lease.worker_id
        if status is TaskStatus.SCHEDULED:
            status, worker, callback = TaskStatus.IN_PROGRESS, lease.worker_id, 0
            updated_at = max(updated_at, lease.renewed_at)
    started_at = started_at or record.ended_at
    definition = node.definition_json if node is not None else None
    retried = scheduled.retry_of
    # The definition of a task that is named at run time is not the node's.
    limits, quota = scheduled.limits, scheduled.quota
    return _without_nulls(
        {
            "taskType": scheduled.type,
            "status": str(status),
            "inputData": msgspec.json.decode(scheduled.input),
            "referenceTaskName": record.full_ref,
            "retryCount": scheduled.retry_count,
            "seq": record.number,
            "correlationId": owner.correlation_id,
            "pollCount": poll_count,
            "taskDefName": scheduled.name,
            "scheduledTime": record.scheduled_at,
            "startTime": started_at,
            "endTime": record.ended_at,
            "updateTime": updated_at,
            "startDelayInSeconds": scheduled.start_delay,
            "retriedTaskId": ids.task_id(owner.workflow_id, retried)
            if retried
            else None,
            "retried": record.retried,
            "executed": record.executed,
            "callbackFromWorker": True,
            "responseTimeoutSeconds": limits.response
            if limits is not None
            else _of(definition, "responseTimeoutSeconds", 0),
            "workflowInstanceId": owner.workflow_id,
            "workflowType": owner.name,
            "taskId": ids.task_id(owner.workflow_id, scheduled.seq),
            "reasonForIncompletion": record.reason,
            "callbackAfterSeconds": callback,
            "workerId": worker,
            "outputData": _decoded(record.output),
            "workflowTask": node.json if node is not None else None,
            "domain": scheduled.domain,
            "rateLimitPerFrequency": quota.rate
            if quota is not None
            else _of(definition, "rateLimitPerFrequency", 0),
            "rateLimitFrequencyInSeconds": quota.window
            if quota is not None
            else _of(definition, "rateLimitFrequencyInSeconds", 0),
            "externalOutputPayloadStoragePath": record.output_path,
            "workflowPriority": owner.priority,
            "iteration": record.iteration_number,
            "subWorkflowId": record.sub_workflow_id,
            "subworkflowChanged": False,
            "firstStartTime": started_at,
            "executionMetadata": _decoded(record.execution_metadata),
            "queueWaitTime": queue_wait(
                scheduled=record.scheduled_at,
                started=started_at,
                updated=updated_at,
                callback_after=callback,
                now=now,
            ),
            "taskDefinition": definition,
            "loopOverTask": record.iteration_number > 0,
        }
    )


def _without_nulls(shown: JsonObject) -> JsonObject:
    """Leave out what is not there, as Conductor's mapper does (reference 1.0)."""
    return {key: value for key, value in shown.items() if value is not None}


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _of(definition: JsonObject | None, field: str, default: int) -> int:
    return default if definition is None else definition.get(field, default)


def _decoded(value: Raw | None) -> JsonObject:
    found: JsonObject = msgspec.json.decode(value) if value else {}
    return found


def node_of(
    journals: Journals, snapshots: Snapshots, state: WorkflowState, task: TaskState
) -> Node | None:
    """Return the definition of a task of the present state."""
    if task.root is None:
        graph = snapshots.load(state.definition).graph
    else:
        root = state.tasks[task.root]
        scheduled = journals.record(state, root).scheduled
        graph = compile_dynamic(bytes(scheduled.definition), root.loop)
    return graph.nodes.get(task.ref)
