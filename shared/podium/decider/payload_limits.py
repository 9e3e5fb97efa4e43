"""How large a payload may be at most (reference 4.13)."""

from __future__ import annotations

from msgspec import Raw

from podium import ids
from podium.decider.events import EMPTY

MOST = 10_240 * 1024
"""Bytes of the input or output of a workflow or a task."""


def too_large_for_task(task_id: str, *payloads: Raw) -> str | None:
    """Return what to say of a task with a payload that is beyond the limit."""
    size = max(len(memoryview(payload)) for payload in payloads)
    if size <= MOST:
        return None
    return (
        f"The payload size: {size} of task: {task_id} in workflow: "
        f"{ids.workflow_of(task_id)}  is greater than the permissible limit: {MOST} "
        "bytes"
    )


def too_large_for_workflow(payload: Raw, workflow_id: str) -> str | None:
    """Return what to say of a workflow's payload that is beyond the limit."""
    size = len(memoryview(payload))
    if size <= MOST:
        return None
    return (
        f"The payload size: {size} of workflow: {workflow_id} is greater than the "
        f"permissible limit: {MOST} bytes"
    )


def within_limit(payload: Raw) -> Raw:
    """Return a payload, emptied where it is beyond the limit."""
    return EMPTY if len(memoryview(payload)) > MOST else payload
