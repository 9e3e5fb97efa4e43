"""Whether a failed task gets another attempt, and when (reference 4.4, 4.5)."""

from __future__ import annotations

import math

from podium.decider.scheduling import Attempt, definition_of, schedule
from podium.decider.state import TaskState
from podium.decider.task_types import CONTROL
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.model.task import TaskStatus
from podium.model.task_definition import RetryLogic, TaskDef
from podium.model.workflow import WorkflowStatus

MAX_DELAY_SECONDS = 2**31 - 1
_GOLDEN_RATIO = (math.sqrt(5) - 1) / 2
_ENDS_WORKFLOW_AS = {
    TaskStatus.CANCELED: WorkflowStatus.TERMINATED,
    TaskStatus.TIMED_OUT: WorkflowStatus.TIMED_OUT,
}


def retry(turn: Turn, task: TaskState, place: Place) -> bool:
    """Schedule the next attempt of an unsuccessful task; False where there is none."""
    definition = definition_of(turn, place, task.name)
    if not _may_retry(task, place, definition):
        return False
    if definition is not None:
        _refuse_beyond_total_timeout(turn, task, definition)
    delay = delay_before(task.retry_count, definition) if definition else 0
    jitter = definition.backoff_jitter_ms if definition else 0
    delay += int(_spread(turn.jitter, task.seq) * jitter)
    schedule(turn, place, Attempt(before=task, delay=delay))
    return True


def _may_retry(task: TaskState, place: Place, definition: TaskDef | None) -> bool:
    if not task.status.is_retriable or task.type in CONTROL:
        return False
    budget = place.node.task.retry_count
    if budget is None:
        budget = definition.retry_count if definition is not None else 0
    return task.retry_count < budget


def _refuse_beyond_total_timeout(
    turn: Turn, task: TaskState, definition: TaskDef
) -> None:
    total = definition.total_timeout_seconds
    elapsed = turn.now - task.first_scheduled_at
    if not total or elapsed < total * 1000:
        return
    timed_out = task.status is TaskStatus.TIMED_OUT
    raise EndWorkflow(
        WorkflowStatus.TIMED_OUT if timed_out else WorkflowStatus.FAILED,
        f"Task {turn.task_id(task)}/{task.name} exceeded total timeout of {total} "
        f"seconds (elapsed {elapsed // 1000} seconds). "
        "No further retries will be attempted.",
        failed_task=task.seq,
    )


def delay_before(retry_count: int, definition: TaskDef) -> int:
    """Return the milliseconds between a failed attempt and the next, without jitter.

    ``retry_count`` is that of the failed attempt.  The cap comes before the jitter.
    """
    seconds = definition.retry_delay_seconds
    match definition.retry_logic:
        case RetryLogic.LINEAR_BACKOFF:
            seconds *= definition.backoff_scale_factor * (retry_count + 1)
        case RetryLogic.EXPONENTIAL_BACKOFF:
            seconds *= 2 ** min(retry_count, 31)
    seconds = min(seconds, MAX_DELAY_SECONDS)
    if definition.max_retry_delay_seconds > 0:
        seconds = min(seconds, definition.max_retry_delay_seconds)
    return seconds * 1000


def _spread(jitter: float, seq: int) -> float:
    """Return one draw for each task from the single draw of the decision."""
    return (jitter + seq * _GOLDEN_RATIO) % 1.0


def end_of_workflow(turn: Turn, task: TaskState) -> EndWorkflow:
    """Return how the workflow ends for a task that failed for good."""
    status = _ENDS_WORKFLOW_AS.get(task.status, WorkflowStatus.FAILED)
    return EndWorkflow(
        status,
        f"Task {turn.task_id(task)} failed with status: {status} "
        f"and reason: '{task.reason}'",
        failed_task=task.seq,
    )
