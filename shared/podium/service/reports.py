"""What a worker's report says to the decider (reference 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from podium.decider.commands import ReportedLease, UpdateTask
from podium.decider.events import ABSENT
from podium.errors import IllegalState
from podium.model.task import TaskStatus
from podium.model.task_result import TaskExecLog, TaskResult
from podium.ports import Payloads, TaskLog
from podium.service.external_payloads import lasting_path


def update_of(
    result: TaskResult,
    seq: int,
    lease: ReportedLease | None,
    payloads: Payloads,
    delivery: int = 0,
) -> UpdateTask:
    """Return the command of a report on task ``seq``.

    ``lease`` is the one that ends with it; ``delivery`` is named by who knows it.
    """
    if result.status is None:
        raise IllegalState("status: a task result must have a status")
    given = result.external_output_payload_storage_path
    path = lasting_path(payloads, given, "externalOutputPayloadStoragePath")
    metadata = result.execution_metadata
    return UpdateTask(
        seq=seq,
        status=TaskStatus(result.status),
        output=ABSENT if path else encode(result.output_data),
        output_path=path,
        reason=result.reason_for_incompletion,
        worker_id=result.worker_id,
        sub_workflow_id=result.sub_workflow_id or None,
        callback_after=max(0, result.callback_after_seconds),
        execution_metadata=encode(metadata.to_json()) if metadata else ABSENT,
        lease=lease,
        delivery=delivery,
    )


def lines_of(task_id: str, lines: Iterable[TaskExecLog], now: int) -> list[TaskLog]:
    """Return log lines as they are kept: of this task, at the worker's own times.

    A line without a time is of ``now``.
    """
    return [TaskLog(task_id, one.created_time or now, one.log or "") for one in lines]


def encode(value: Mapping[str, Any]) -> Raw:
    """Return an output as JSON text."""
    return Raw(msgspec.json.encode(value))
