"""Whether a failed task gets another attempt, and when (reference 4.4, 4.5)."""

from __future__ import annotations

import math

from podium.decider.scheduling import Attempt, definition_of, schedule
from podium.decider.state import TaskState
from podium.decider.task_types import CONTROL
from podium.decider.turn import EndWorkflow, Place, Turn
from podium.expressions.template import java_string
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
    if task.type in CONTROL:
        return False
    definition = definition_of(turn, place, task.name)
    if not _may_retry(task, place, definition):
        return False
    _refuse_beyond_total_timeout(turn, task, definition)
    jitter = _spread(turn.jitter, task.seq) * (definition.backoff_jitter_ms + 1)
    delay = delay_before(task.retry_count, definition)
    schedule(turn, place, Attempt(before=task, delay=delay, jitter=int(jitter)))
    return True


def _may_retry(task: TaskState, place: Place, definition: TaskDef) -> bool:
    if not task.status.is_retriable:
        return False
    budget = place.node.task.retry_count
    return task.retry_count < (definition.retry_count if budget is None else budget)


def _refuse_beyond_total_timeout(
    turn: Turn, task: TaskState, definition: TaskDef
) -> None:
    total = definition.total_timeout_seconds
    elapsed = (turn.now - task.first_scheduled_at) // 1000
    if total <= 0 or elapsed < total:
        return
    timed_out = task.status is TaskStatus.TIMED_OUT
    raise EndWorkflow(
        WorkflowStatus.TIMED_OUT if timed_out else WorkflowStatus.FAILED,
        f"Task {turn.task_id(task)}/{task.name} exceeded total timeout of {total} "
        f"seconds (elapsed {elapsed} seconds across all attempts). "
        "No further retries will be attempted.",
        failed_task=task.seq,
    )


def delay_before(retry_count: int, definition: TaskDef) -> int:
    """Return the seconds between a failed attempt and the next, without jitter.

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
    return seconds


def _spread(jitter: float, seq: int) -> float:
    """Return one draw for each task from the single draw of the decision."""
    return (jitter + seq * _GOLDEN_RATIO) % 1.0


def end_of_workflow(turn: Turn, task: TaskState) -> EndWorkflow:
    """Return how the workflow ends for a task that failed for good."""
    status = _ENDS_WORKFLOW_AS.get(task.status, WorkflowStatus.FAILED)
    return EndWorkflow(
        status,
        f"Task {turn.task_id(task)} failed with status: {status} "
        f"and reason: '{java_string(task.reason)}'",
        failed_task=task.seq,
    )
