"""How a function says what became of its task, besides returning an output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticSerializationError, to_jsonable_python

from podium.model.task_result import TaskResult, TaskResultStatus
from podium_sdk.api import encode


class TerminalError(Exception):
    """Raised by a function that failed for good: FAILED_WITH_TERMINAL_ERROR, no retry.

    Its message becomes the reason for incompletion.
    """


class InProgress(Exception):
    """Raised or returned by a function that is not done: ask again after a while.

    The task waits in its queue for ``after_seconds`` and then comes to a worker again,
    with ``output`` as its output so far (``task_context().task.output_data``).
    """

    def __init__(
        self, after_seconds: int, output: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"in progress, due again after {after_seconds} s")
        self.after_seconds = after_seconds
        self.output = dict(output or {})


class OutputMismatch(ValueError):
    """A function returned what cannot be written as JSON."""


def result_of(value: Any) -> TaskResult:
    """Return what a function's return value reports; ids and logs are not in it yet.

    A mapping, pydantic model or dataclass is the output; nothing is an empty one; any
    other value becomes ``{"result": value}``.  A TaskResult is a report in full;
    COMPLETED if it does not say otherwise.
    """
    if isinstance(value, TaskResult):
        output = _output(value.output_data)
        status = value.status or TaskResultStatus.COMPLETED
        return value.model_copy(update={"output_data": output, "status": status})
    if isinstance(value, InProgress):
        return TaskResult(
            status=TaskResultStatus.IN_PROGRESS,
            callback_after_seconds=value.after_seconds,
            output_data=_output(value.output),
        )
    return TaskResult(status=TaskResultStatus.COMPLETED, output_data=_output(value))


def failure(
    reason: str, status: TaskResultStatus = TaskResultStatus.FAILED
) -> TaskResult:
    """Return the report of a failure."""
    return TaskResult(status=status, reason_for_incompletion=reason)


def _output(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    try:
        plain = to_jsonable_python(value, by_alias=True)
        encode(plain)
    except (PydanticSerializationError, ValueError) as error:
        raise OutputMismatch(f"The output is not JSON: {error}") from error
    return plain if isinstance(plain, dict) else {"result": plain}
