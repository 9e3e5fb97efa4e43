"""What a system task is to the engine: one call with values in and a value out.

A system task is stateless and safe to run on several threads.  It may be run again for
the same task, after a crash or by a message that came twice: at least once is what the
engine promises, so what it does should bear repetition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from podium.model.task import TaskStatus


@dataclass(frozen=True, slots=True)
class SystemTaskCall:
    """The task to run and what it may know of its workflow.

    ``written`` is the input as it is kept, where ``input`` has the values of secrets
    that it refers to: these are for whoever the task calls, for nothing that is kept.
    """

    task_id: str
    reference: str
    workflow_id: str
    workflow_type: str
    workflow_version: int
    correlation_id: str | None
    task_to_domain: Mapping[str, str]
    input: Mapping[str, Any]
    scheduled_at: int = 0
    written: Mapping[str, Any] | None = None

    @property
    def kept_input(self) -> Mapping[str, Any]:
        """The input as it may be kept and shown."""
        return self.input if self.written is None else self.written

    @property
    def is_async_complete(self) -> bool:
        """Whether somebody else will complete the task once it has run (3.0)."""
        return self.input.get("asyncComplete") in (True, "true")


@dataclass(frozen=True, slots=True)
class SystemTaskResult:
    """How it went; IN_PROGRESS leaves the task open for an update from outside."""

    status: TaskStatus
    output: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


class SystemTask(Protocol):
    """A task type that the engine runs itself, from a queue named after the type.

    A failure of the task is a result.  What is raised is a failure of the engine's
    surroundings: the task's message comes again.
    """

    def run(self, call: SystemTaskCall) -> SystemTaskResult:
        """Run the task once."""
        ...
