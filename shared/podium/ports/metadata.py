"""What is registered, who polls, and which idempotency keys are taken."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from podium.model.event_handler import EventHandler
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef


class Metadata(Protocol):
    """Definitions as registered, and the snapshots that running workflows point to."""

    def put_workflow(self, definition: WorkflowDef, *, overwrite: bool) -> None:
        """Store name and version; AlreadyExists where taken and not ``overwrite``."""
        ...

    def find_workflow(self, name: str, version: int | None) -> WorkflowDef | None:
        """Return that version, or the highest one."""
        ...

    def list_workflows(self, name: str | None = None) -> list[WorkflowDef]:
        """Return all versions (of one name), by name and version."""
        ...

    def delete_workflow(self, name: str, version: int) -> bool:
        """Remove one version; False where it was not there."""
        ...

    def put_task(self, definition: TaskDef) -> None:
        """Store or replace a task definition."""
        ...

    def find_task(self, name: str) -> TaskDef | None:
        """Return the task definition of that name."""
        ...

    def find_tasks(self, names: Collection[str]) -> dict[str, TaskDef]:
        """Return those of the task definitions that there are, by name."""
        ...

    def list_tasks(self) -> list[TaskDef]:
        """Return all task definitions by name."""
        ...

    def delete_task(self, name: str) -> bool:
        """Remove a task definition; False where it was not there."""
        ...

    def put_handler(self, handler: EventHandler, *, overwrite: bool) -> bool:
        """Store an event handler.

        Without ``overwrite`` False means that the name is taken; with it False means
        that there was none to replace, and nothing is written in either case.
        """
        ...

    def list_handlers(self, event: str | None = None) -> list[EventHandler]:
        """Return all handlers (of one event), by name."""
        ...

    def delete_handler(self, name: str) -> bool:
        """Remove an event handler; False where it was not there."""
        ...

    def put_snapshot(self, digest: str, definition: bytes) -> None:
        """Keep a definition under the digest of its content; again is a no-op."""
        ...

    def find_snapshot(self, digest: str) -> bytes | None:
        """Return the definition a running workflow points to."""
        ...


@dataclass(frozen=True, slots=True)
class Poll:
    """The last poll of a worker on a queue (reference 2.8, PollData)."""

    queue: str
    domain: str | None
    worker_id: str
    at: int


class Polls(Protocol):
    """When each queue and domain was last polled; a record may lag by ten seconds."""

    def record(self, poll: Poll) -> None:
        """Remember a poll, an empty one too."""
        ...

    def find(self, task_type: str) -> list[Poll]:
        """Return the last polls of a task type, one per domain."""
        ...

    def find_all(self) -> list[Poll]:
        """Return the last polls of every task type and domain."""
        ...


class IdempotencyKeys(Protocol):
    """Which workflow a start's idempotency key belongs to (design 9).

    Or which task it is that a message about a reference ends.
    """

    def reserve(self, name: str, key: str, workflow_id: str) -> str:
        """Bind the key if it is free; return the workflow id it is bound to."""
        ...

    def rebind(self, name: str, key: str, old: str, new: str) -> bool:
        """Move a key from an ended workflow to a new one, if nobody else has."""
        ...
