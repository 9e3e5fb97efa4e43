"""What can be asked of a workflow: the closed set of commands.

A command is a message, so it can wait in the decider's queue; what it needs from the
world beside it are facts.  Starting a workflow is a command to a state that is not yet
there.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw

from podium.decider.events import ABSENT, EMPTY
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


class _Command(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="command"
):
    """Common configuration: immutable and self-describing."""


class Start(_Command, frozen=True, tag="start"):
    """Start the workflow whose definition snapshot has this digest."""

    definition: str
    input: Raw = EMPTY
    input_path: str | None = None
    correlation_id: str | None = None
    priority: int = 0
    task_to_domain: dict[str, str] = {}
    created_by: str | None = None
    event: str | None = None
    parent_id: str | None = None
    parent_task_id: str | None = None
    idempotency_key: str | None = None


class ReportedLease(msgspec.Struct, frozen=True, array_like=True):
    """When the reported attempt was first taken, and how often it was polled."""

    started_at: int
    poll_count: int


class UpdateTask(_Command, frozen=True, tag="update"):
    """A worker, a system task or a client reports on a task (reference 4.6).

    The worker's lease travels along.  With ``merge`` the output is laid over the one
    that is there.  A report that names its ``delivery`` counts for that one alone: what
    comes again, or late, finds another one and changes nothing (design 9).
    """

    seq: int
    status: TaskStatus
    output: Raw = ABSENT
    output_path: str | None = None
    reason: str | None = None
    worker_id: str | None = None
    callback_after: int = 0
    lease: ReportedLease | None = None
    delivery: int = 0
    merge: bool = False
    sub_workflow_id: str | None = None
    execution_metadata: Raw = ABSENT


class ChildStarted(_Command, frozen=True, tag="child_started"):
    """The child of a SUB_WORKFLOW task exists."""

    seq: int
    child_id: str


class ChildEnded(_Command, frozen=True, tag="child_ended"):
    """The child of a SUB_WORKFLOW task reached a terminal status.

    ``workflow`` is the child's definition as ``name.version``.
    """

    seq: int
    child_id: str
    workflow: str
    status: WorkflowStatus
    output: Raw = EMPTY
    reason: str | None = None


class Pause(_Command, frozen=True, tag="pause"):
    """Schedule nothing new until resumed."""


class Resume(_Command, frozen=True, tag="resume"):
    """Go on after a pause."""


class Terminate(_Command, frozen=True, tag="terminate"):
    """End the workflow now; what is open is cancelled."""

    reason: str | None = None


class Wake(_Command, frozen=True, tag="wake"):
    """Look at everything that may be due: timers, timeouts, what a crash left."""


Command: TypeAlias = (
    Start | UpdateTask | ChildStarted | ChildEnded | Pause | Resume | Terminate | Wake
)
