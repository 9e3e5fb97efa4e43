"""What a running function may ask and say about its task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from podium.model.task import Task
from podium.model.task_result import TaskExecLog


class TaskContext:
    """The task that is being executed, and its log.

    Threads that a function starts do not see the context, but may be given it.
    """

    def __init__(self, task: Task, now: Callable[[], int]) -> None:
        self.task = task
        self._now = now
        self._lines: list[TaskExecLog] = []

    @property
    def task_id(self) -> str:
        """The id of this attempt."""
        return self.task.task_id

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that waits for the task."""
        return self.task.workflow_instance_id

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self.task.retry_count + 1

    def log(self, line: str) -> None:
        """Add a line to the task's log, which travels with the result."""
        self._lines.append(
            TaskExecLog(log=line, task_id=self.task_id, created_time=self._now())
        )

    @property
    def lines(self) -> tuple[TaskExecLog, ...]:
        """What was logged so far."""
        return tuple(self._lines)


_current: ContextVar[TaskContext] = ContextVar("podium_task_context")


def task_context() -> TaskContext:
    """Return the context of the running task; LookupError outside of one."""
    try:
        return _current.get()
    except LookupError:
        raise LookupError("task_context() is for functions that run a task") from None


@contextmanager
def running(context: TaskContext) -> Iterator[None]:
    """Make a context the current one of this thread."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
