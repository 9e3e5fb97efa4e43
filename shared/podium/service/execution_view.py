"""Conductor's Workflow and Task JSON, from a history and the leases (reference 2.6, 2.7).

A poll does not write to the journal, so a task that a worker holds is SCHEDULED there
and has a lease beside it; here the two become Conductor's IN_PROGRESS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider.definition import Definition, Node, compile_dynamic
from podium.decider.history import History, TaskRecord
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import SYSTEM
from podium.model.task import Task, TaskStatus, queue_wait
from podium.model.task_definition import TaskDef
from podium.model.task_result import ExecutionMetadata
from podium.model.workflow import Workflow
from podium.ports import Lease
from podium.service.journals import Journals
from podium.service.snapshots import Snapshots

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Owner:
    """What a task shows of its workflow."""

    workflow_id: str
    name: str
    correlation_id: str | None
    priority: int


class ExecutionView:
    """Shows one workflow; ``leases`` are those of its deliveries."""

    def __init__(
        self,
        workflow_id: str,
        history: History,
        definition: Definition,
        leases: Iterable[Lease],
        now: int,
    ) -> None:
        self._id = workflow_id
        self._history = history
        self._definition = definition
        self._leases = {(lease.seq, lease.delivery): lease for lease in leases}
        self._now = now

    def workflow(self, *, include_tasks: bool = True) -> JsonObject:
        """Return the Workflow object."""
        history, started = self._history, self._history.started
        assert started is not None
        source = self._definition.source
        shown = Workflow.model_construct(
            status=history.status,
            end_time=history.ended_at,
            workflow_id=self._id,
            parent_workflow_id=started.parent_id,
            parent_workflow_task_id=started.parent_task_id,
            correlation_id=started.correlation_id,
            reason_for_incompletion=history.reason,
            event=started.event,
            task_to_domain=started.task_to_domain,
            external_input_payload_storage_path=started.input_path,
            priority=started.priority,
            last_retried_time=history.resumed_at,
            idempotency_key=started.idempotency_key,
            create_time=history.started_at,
            update_time=history.updated_at,
            created_by=started.created_by,
            owner_app="",
            **self._failed_names(),
        ).to_json()
        shown["input"] = msgspec.json.decode(started.input)
        shown["output"] = self.output()
        shown["variables"] = history.variables
        shown["workflowName"] = source.name
        shown["workflowVersion"] = source.version
        shown["workflowDefinition"] = self._definition.json
        shown["tasks"] = self.tasks() if include_tasks else []
        return shown

    def output(self) -> JsonObject:
        """Return the workflow's output, ``{}`` while it runs."""
        output = self._history.output
        found: JsonObject = msgspec.json.decode(output) if output else {}
        return found

    def failed_task_id(self) -> str | None:
        """Return the id of the task that failed the workflow, if one did."""
        seq = self._history.failed_task
        return ids.task_id(self._id, seq) if seq else None

    def _failed_names(self) -> dict[str, tuple[str, ...]]:
        failed = [
            record
            for record in self._history.records.values()
            if record.failed_once
        ]
        return {
            "failed_reference_task_names": tuple(
                dict.fromkeys(record.full_ref for record in failed)
            ),
            "failed_task_names": tuple(
                dict.fromkeys(record.scheduled.name for record in failed)
            ),
        }

    def tasks(self) -> list[JsonObject]:
        """Return every attempt of every task, in order of sequence."""
        records = self._history.records
        return [self.task(records[seq]) for seq in sorted(records)]

    def task(self, record: TaskRecord) -> JsonObject:
        """Return one task."""
        started = self._history.started
        assert started is not None
        owner = Owner(
            self._id, started.name, started.correlation_id, started.priority
        )
        shown = task_json(
            owner,
            record,
            self._node(record),
            self._leases.get((record.scheduled.seq, record.delivery)),
            self._now,
        )
        shown["outputData"] = self._history.output_of(record)
        return shown

    def _node(self, record: TaskRecord) -> Node | None:
        root = record.scheduled.root
        if root is None:
            return self._definition.graph.nodes.get(record.scheduled.ref)
        for other in self._history.records.values():
            scheduled = other.scheduled
            if scheduled.ref == root and scheduled.definition:
                graph = compile_dynamic(bytes(scheduled.definition), scheduled.loop)
                return graph.nodes.get(record.scheduled.ref)
        return None


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
    status, poll_count = record.status, record.poll_count
    worker, started_at, updated_at = record.worker_id, record.started_at, record.updated_at
    callback = record.callback_after
    if lease is not None and status is TaskStatus.SCHEDULED:
        status, worker, callback = TaskStatus.IN_PROGRESS, lease.worker_id, 0
        started_at = started_at or lease.started_at
        updated_at, poll_count = max(updated_at, lease.renewed_at), lease.delivery
    definition = node.task.task_definition if node is not None else None
    shown = Task.model_construct(
        task_type=scheduled.type,
        status=status,
        reference_task_name=record.full_ref,
        retry_count=scheduled.retry_count,
        seq=scheduled.seq,
        correlation_id=owner.correlation_id,
        poll_count=poll_count,
        task_def_name=scheduled.name,
        scheduled_time=record.scheduled_at,
        start_time=started_at,
        end_time=record.ended_at,
        update_time=updated_at,
        start_delay_in_seconds=scheduled.delay // 1000,
        retried_task_id=(
            ids.task_id(owner.workflow_id, scheduled.retry_of)
            if scheduled.retry_of
            else None
        ),
        retried=record.retried,
        executed=record.executed,
        callback_from_worker=scheduled.type not in SYSTEM,
        workflow_instance_id=owner.workflow_id,
        workflow_type=owner.name,
        task_id=ids.task_id(owner.workflow_id, scheduled.seq),
        reason_for_incompletion=record.reason,
        callback_after_seconds=callback,
        worker_id=worker,
        domain=scheduled.domain,
        external_output_payload_storage_path=record.output_path,
        workflow_priority=owner.priority,
        iteration=record.iteration_number,
        sub_workflow_id=record.sub_workflow_id,
        first_start_time=started_at,
        execution_metadata=_execution_metadata(record.execution_metadata),
        queue_wait_time=queue_wait(
            scheduled=record.scheduled_at,
            started=started_at,
            updated=updated_at,
            callback_after=callback,
            now=now,
        ),
        **_limits(definition),
    ).to_json()
    shown["inputData"] = msgspec.json.decode(scheduled.input)
    shown["outputData"] = msgspec.json.decode(record.output) if record.output else {}
    if node is not None:
        shown["workflowTask"] = node.json
    if definition is not None:
        shown["taskDefinition"] = definition.to_json()
    return shown


def _limits(definition: TaskDef | None) -> Mapping[str, int]:
    if definition is None:
        return {}
    return {
        "response_timeout_seconds": definition.response_timeout_seconds,
        "rate_limit_per_frequency": definition.rate_limit_per_frequency or 0,
        "rate_limit_frequency_in_seconds": (
            definition.rate_limit_frequency_in_seconds or 1
        ),
    }


def _execution_metadata(value: Raw) -> ExecutionMetadata:
    if not value:
        return ExecutionMetadata()
    return ExecutionMetadata.from_json(msgspec.json.decode(value))


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
