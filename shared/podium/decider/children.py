"""Which workflow a task starts: ids that follow from the task (design 9)."""

from __future__ import annotations

from podium import ids
from podium.decider.state import TaskState, WorkflowState


def child_of(parent: WorkflowState, task: TaskState) -> str:
    """Return the id of the workflow that an attempt of a task starts.

    A task that began anew in its place starts another one.
    """
    attempt = str(task.retry_count)
    if task.delivery > 1:
        attempt = f"{attempt}.{task.delivery}"
    task_id = ids.task_id(parent.workflow_id, task.seq)
    return ids.derived_workflow_id(
        task.scheduled_at, parent.workflow_id, task_id, attempt
    )
