"""What can be asked of a workflow: the closed set of commands.

A command is a message, so it can wait in the decider's queue; what it needs from the
world beside it are facts.  Starting a workflow is a command to a state that is not yet
there.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw

from podium.decider.events import (
    ABSENT,
    EMPTY,
    Recovery,
    Remembering,
    WorkflowQuota,
)
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus


class _Command(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="command"
):
    """Common configuration: immutable and self-describing."""


class Start(_Command, frozen=True, tag="start"):
    """Start the workflow whose definition snapshot has this digest.

    One that is ``queued`` waits for a slot of its quota.
    """

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
    quota: WorkflowQuota | None = None
    queued: bool = False
    cache: Remembering | None = None


class Admit(_Command, frozen=True, tag="admit"):
    """The workflow has got its slot in that ``run``, and may go on."""

    run: int = 0


class ReportedLease(msgspec.Struct, frozen=True, array_like=True):
    """When the reported attempt was first taken, and how often it was polled."""

    started_at: int
    poll_count: int


class UpdateTask(_Command, frozen=True, tag="update"):
    """A worker, a system task or a client reports on a task (reference 4.6).

    The worker's lease travels along.  With ``merge`` the output is laid over the one
    that is there.  A report that names its ``delivery`` counts for that one alone: what
    comes again, or late, finds another one and changes nothing (design 9).  Who finds
    the task ``by_reference`` need not have been given it.
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
    by_reference: bool = False


class TaskStarted(_Command, frozen=True, tag="task_started"):
    """A worker has taken a delivery of a task whose definition wants that told."""

    seq: int
    delivery: int


class ChildStarted(_Command, frozen=True, tag="child_started"):
    """The child of a SUB_WORKFLOW task exists; it counts for that delivery alone.

    One that somebody else has started the task only ``follows``.
    """

    seq: int
    child_id: str
    delivery: int = 0
    follows: bool = False


class ChildEnded(_Command, frozen=True, tag="child_ended"):
    """The child of a SUB_WORKFLOW task reached a terminal status.

    ``workflow`` is the child's definition as ``name.version``, ``run`` how often it was
    brought back before.
    """

    seq: int
    child_id: str
    workflow: str
    status: WorkflowStatus
    output: Raw = EMPTY
    reason: str | None = None
    run: int = 0


class Pause(_Command, frozen=True, tag="pause"):
    """Schedule nothing new until resumed."""


class Resume(_Command, frozen=True, tag="resume"):
    """Go on after a pause."""


class Terminate(_Command, frozen=True, tag="terminate"):
    """End the workflow now; what is open is cancelled.

    ``by_task`` is the parent's task that wants it: a workflow that another task, or a
    client, has started goes on.  With a ``run`` one that was brought back since does.
    """

    reason: str | None = None
    by_task: str | None = None
    run: int | None = None


class Restart(_Command, frozen=True, tag="restart"):
    """Begin anew, by another snapshot where one is named."""

    definition: str | None = None


class Retry(_Command, frozen=True, tag="retry"):
    """Try again what failed and what was cancelled.

    With ``resume`` children go on where they stopped, instead of fresh ones.
    """

    resume: bool = False


class Rerun(_Command, frozen=True, tag="rerun"):
    """Run again from task ``seq`` on, with 0 the whole workflow."""

    seq: int = 0
    task_input: Raw = ABSENT
    workflow_input: Raw = ABSENT
    correlation_id: str | None = None


class ChildRevived(_Command, frozen=True, tag="child_revived"):
    """The child of a SUB_WORKFLOW task was brought back, and is in that ``run``."""

    seq: int
    child_id: str
    run: int
    operation: Recovery


class Revive(_Command, frozen=True, tag="revive"):
    """The parent goes on and wants its child to, unless it has since this ``run``."""

    run: int


class SkipTask(_Command, frozen=True, tag="skip"):
    """Pass over a task that has not been scheduled yet."""

    ref: str
    input: Raw = EMPTY
    output: Raw = EMPTY


class ResetCallbacks(_Command, frozen=True, tag="reset_callbacks"):
    """Offer now what workers wanted to have again later."""


class Follow(_Command, frozen=True, tag="follow"):
    """Tell one more parent's task of this workflow's end, which it did not start."""

    parent_id: str
    parent_task_id: str


class UpdateVariables(_Command, frozen=True, tag="variables"):
    """Lay these values over the workflow's variables.

    With ``append`` what is a list already grows by the value, or by its elements.
    """

    values: Raw
    append: bool = False


class PushMessage(_Command, frozen=True, tag="message"):
    """A client has a message for a task of the workflow."""

    id: str
    payload: Raw


class Wake(_Command, frozen=True, tag="wake"):
    """Look at everything that may be due: timers, timeouts, what a crash left."""


Command: TypeAlias = (
    Start
    | UpdateTask
    | TaskStarted
    | ChildStarted
    | ChildEnded
    | Admit
    | Follow
    | Pause
    | Resume
    | Terminate
    | Restart
    | Retry
    | Rerun
    | ChildRevived
    | Revive
    | SkipTask
    | ResetCallbacks
    | UpdateVariables
    | PushMessage
    | Wake
)

BRINGS_BACK = (Restart, Retry, Rerun, ChildRevived, Revive)
"""What is not moot to a workflow that has ended."""
