"""Functions as workers: a decorator that says which tasks a function executes.

::

    @worker_task("charge_card", concurrency=8)
    def charge_card(order_id: str, amount: Decimal, currency: str = "EUR") -> Receipt:
        task_context().log(f"charging {amount} {currency}")
        try:
            return bank.charge(order_id, amount, currency)
        except CardRefused as error:
            raise TerminalError("the card was refused") from error

The decorated function is still a function: a test calls it as one.
"""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

from podium.model.task import Task
from podium.model.task_result import TaskResult, TaskResultStatus
from podium_sdk.arguments import Arguments, InputMismatch
from podium_sdk.context import TaskContext, running
from podium_sdk.outcomes import (
    InProgress,
    OutputMismatch,
    TerminalError,
    failure,
    result_of,
)

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_POLL = 5.0
"""Conductor refuses to hold a poll for more seconds than that."""

_TERMINAL = TaskResultStatus.FAILED_WITH_TERMINAL_ERROR


class WorkerTask(Generic[P, R]):
    """A function that executes the tasks of one type, ``concurrency`` at a time."""

    def __init__(
        self,
        function: Callable[P, R],
        task_type: str,
        *,
        concurrency: int = 1,
        domain: str | None = None,
        poll_timeout: float = LONGEST_POLL,
    ) -> None:
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{function} is async; a worker's slots are threads")
        if concurrency < 1:
            raise ValueError(f"concurrency must be at least 1, got {concurrency}")
        if not 0 <= poll_timeout <= LONGEST_POLL:
            raise ValueError(
                f"poll_timeout must be 0 to {LONGEST_POLL:g} s, got {poll_timeout}"
            )
        self.function = function
        self.task_type = task_type
        self.concurrency = concurrency
        self.domain = domain
        self.poll_timeout = poll_timeout
        self._arguments = Arguments(function)
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself."""
        return self.function(*args, **kwargs)

    def execute(self, task: Task, now: Callable[[], int]) -> TaskResult:
        """Run the function on a task and return the report; never raises its errors."""
        context = TaskContext(task, now)
        with running(context):
            outcome = self._outcome(context)
        return outcome.model_copy(
            update={
                "task_id": task.task_id,
                "workflow_instance_id": task.workflow_instance_id,
                "logs": (*outcome.logs, *context.lines),
            }
        )

    def _outcome(self, context: TaskContext) -> TaskResult:
        task = context.task
        if task.external_input_payload_storage_path and not task.input_data:
            return failure("This worker does not read external input payloads")
        call: Callable[..., R] = self.function
        try:
            return _raised_or_returned(call, self._arguments.pick(task))
        except (InputMismatch, OutputMismatch) as error:
            return failure(str(error), _TERMINAL)
        except TerminalError as error:
            return failure(str(error) or "TerminalError", _TERMINAL)
        # Whatever a function raises is the task's failure, not the worker's; sys.exit()
        # would otherwise end its thread and leave the task to its timeout.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            context.log(traceback.format_exc())
            return failure(f"{type(error).__name__}: {error}")


def _raised_or_returned(
    function: Callable[..., Any], arguments: dict[str, Any]
) -> TaskResult:
    try:
        return result_of(function(**arguments))
    except InProgress as later:
        return result_of(later)


def require_worker(one: object) -> None:
    """Refuse what has not been decorated: TypeError."""
    if not isinstance(one, WorkerTask):
        raise TypeError(f'{one} is no worker: decorate it with @worker_task("...")')


def worker_task(
    task_type: str,
    *,
    concurrency: int = 1,
    domain: str | None = None,
    poll_timeout: float = LONGEST_POLL,
) -> Callable[[Callable[P, R]], WorkerTask[P, R]]:
    """Make a function the worker of a task type.

    ``concurrency`` is how many of its tasks one runner executes at once, each in its
    thread; ``domain`` is the task domain it polls (reference 4.10); ``poll_timeout`` is
    how many seconds the server may hold a poll until a task comes, at most 5.
    """
    if not isinstance(task_type, str):
        raise TypeError(
            'a worker executes one type of task; say which: @worker_task("...")'
        )

    def decorate(function: Callable[P, R]) -> WorkerTask[P, R]:
        return WorkerTask(
            function,
            task_type,
            concurrency=concurrency,
            domain=domain,
            poll_timeout=poll_timeout,
        )

    return decorate
