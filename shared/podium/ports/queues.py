"""Queues of tasks and of commands, timers, and waiting for a workflow (design 5, 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TaskMessage:
    """What a queue carries: which delivery of which task.

    ``offer`` is what a native worker needs to begin with it (see
    :mod:`podium.service.offers`), in homes whose ``offers_travel``.
    """

    task_id: str
    delivery: int
    priority: int = 0
    delay: int = 0
    offer: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message in flight and the receipt that deletes or releases it.

    One that ``came_again`` somebody may have received before.
    """

    message: TaskMessage
    receipt: str
    came_again: bool = False


class TaskQueues(Protocol):
    """One queue per task type and domain, made on first use; at-least-once delivery."""

    def send(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Add messages, each visible after its ``delay`` (at most 15 minutes)."""
        ...

    def receive(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Take up to ``limit`` messages, higher priority first, then oldest due first.

        Waits up to ``wait`` for the first one.  A received message is invisible for
        ``visibility`` and then comes back, unless deleted.
        """
        ...

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages; a stale receipt is ignored."""
        ...

    def forget(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages whose tasks are leased or gone.

        They may be removed later than at once, and may come once more before that:
        whoever gets one again finds its lease taken.
        """
        ...

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again after ``delay``."""
        ...

    def send_again(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Have messages come after their ``delay``, wherever they are now.

        One that was received may be deleted afterwards: it comes all the same.
        """
        ...

    def withdraw(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Remove messages that nobody has received, where the home can do that.

        Elsewhere they stay until somebody receives them and finds nothing to do.
        """
        ...

    def sizes(self, queue: str | None = None) -> dict[str, int]:
        """Return the approximate number of waiting messages of every known queue.

        Where one ``queue`` is named, of that alone.
        """
        ...

    def in_flight(self) -> dict[str, int]:
        """Return about how many messages of every known queue are received just now."""
        ...


class CommandQueue(Protocol):
    """The decider's queue: commands for workflows, in order per workflow."""

    def send(self, workflow_id: str, command: bytes) -> None:
        """Add an encoded command; it is delivered at least once."""
        ...

    def send_each(self, commands: Sequence[tuple[str, bytes]]) -> None:
        """Add commands, each with its workflow, in as few requests as may be.

        What fails half-way may have added some of them.
        """
        ...

    def size(self) -> int:
        """Return the approximate number of commands that wait."""
        ...


class Timers(Protocol):
    """Wake-ups of workflows: durable, at least once, never early.

    A schedule's name, as :func:`podium.schedules.store.subject_of` puts it, may stand
    in the place of a workflow's id.
    """

    def arm(self, workflow_id: str, due: int, *, is_guard: bool = False) -> None:
        """See to it that the workflow is woken at ``due`` or within moments after.

        Where ``is_guard`` the moments may be seconds: it only looks, and nothing is due
        then as far as anybody knows.
        """
        ...

    def arm_guards(self, timers: Sequence[tuple[str, int]]) -> None:
        """Arm guards, each with its workflow, in as few requests as may be."""
        ...


class Changes(Protocol):
    """Lets a synchronous call wait for a workflow's next entry."""

    def wait(self, workflow_id: str, version: int, timeout: int) -> None:
        """Return when the journal has passed ``version``, or after ``timeout``.

        It may return early; callers look again.
        """
        ...
