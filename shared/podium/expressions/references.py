"""What one ``${...}`` leads to: the path within it, read from a source (4.12).

Most are ``name.field.key...``, which is read in microseconds.  The rest are bare names,
secrets that stay as they are written, variables of the environment, and paths that
begin where no field is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

import msgspec

from podium.expressions.paths import Path, Step, compile_path, walk

WORKFLOW_DOCUMENT = (
    *("input", "output", "status", "workflowId", "parentWorkflowId"),
    *("parentWorkflowTaskId", "workflowType", "version", "correlationId"),
    *("reasonForIncompletion", "schemaVersion", "variables"),
)
TASK_DOCUMENT = (
    *("input", "output", "taskType", "status", "referenceTaskName", "retryCount"),
    *("correlationId", "pollCount", "taskDefName", "scheduledTime", "startTime"),
    *("endTime", "workflowInstanceId", "taskId", "reasonForIncompletion"),
    *("callbackAfterSeconds", "workerId", "iteration"),
)
"""What a path sees of the workflow and of a task (reference 4.12)."""

_SECRETS = "workflow.secrets."
_LEFT_WHERE_UNKNOWN = frozenset({"CPEWF_TASK_ID", "NETFLIX_ENV", "NETFLIX_STACK"})


class Source(Protocol):
    """The world that a template's paths lead into."""

    def names(self) -> Collection[str]:
        """Return every name a path may begin with."""
        ...

    def lookup(self, name: str, field: str, key: str | None = None, /) -> Any:
        """Return ``name.field``, None where there is none.

        An empty ``field`` asks for a bare name.  ``key`` is the property that the path
        goes on with, if known: a source need not build what only other keys show.
        """
        ...


Resolve: TypeAlias = Callable[[Source], Any]


@lru_cache(maxsize=4096)
def reader(text: str, written: str) -> Resolve:
    """Return what reads the path ``text``, which a template has as ``written``."""
    if text.startswith(_SECRETS):
        return lambda _source: written
    if not text.strip():
        return lambda _source: ""
    path = compile_path(text)
    if path is None:
        return lambda _source: None
    match path.steps:
        case (str(name),) if path.tail is None:
            return _bare(name, written if text in _LEFT_WHERE_UNKNOWN else None)
        case ("workflow", "env", str(name), *rest) if rest or path.tail:
            return _environment(name, Path(tuple(rest), path.tail))
        case (str(name), str(field), *_):
            return _dotted(_field(name, field, path.steps[2:], path.tail), path)
        case (str(name), *_):
            return _beyond(lambda source: _entity(source, name), path, 1)
        case ():
            return _beyond(_whole, path, 0)
    return lambda _source: None


def _bare(name: str, unknown: str | None) -> Resolve:
    def read(source: Source) -> Any:
        found = _entity(source, name)
        return unknown if found is None else found

    return read


def _field(
    name: str,
    field: str,
    steps: tuple[Step, ...],
    tail: Callable[[Any], Any] | None,
) -> Resolve:
    """Return what reads ``name.field`` and then the rest."""
    key = steps[0] if steps and isinstance(steps[0], str) else None

    def read_key(source: Source) -> Any:
        value = source.lookup(name, field, key)
        return value.get(key) if isinstance(value, dict) else None

    def read(source: Source) -> Any:
        value = walk(source.lookup(name, field, key), steps)
        return value if tail is None else tail(value)

    return read_key if len(steps) == 1 and key is not None and tail is None else read


def _dotted(plain: Resolve, path: Path) -> Resolve:
    """Let a name contain dots: the longest that exists, where no shorter one does.

    That is Podium's own: to Conductor such a task's values are not reachable.
    """
    steps = path.steps
    heads = [
        (".".join(str(step) for step in steps[:size]), size)
        for size in range(len(steps) - 1, 1, -1)
        if all(isinstance(step, str) for step in steps[: size + 1])
    ]
    if not heads or steps[0] == "workflow":
        return plain
    readers = [
        (head, _field(head, str(steps[size]), steps[size + 1 :], path.tail))
        for head, size in heads
    ]

    def read(source: Source) -> Any:
        value = plain(source)
        if value is not None:
            return value
        names = source.names()
        if steps[0] in names:
            return None
        return next((one(source) for head, one in readers if head in names), None)

    return read


def _environment(name: str, path: Path) -> Resolve:
    """Return what reads into the JSON text that a variable of the environment holds."""

    def read(source: Source) -> Any:
        value = walk(source.lookup("workflow", "env", name), (name,))
        if isinstance(value, str):
            try:
                value = msgspec.json.decode(value)
            except (msgspec.DecodeError, RecursionError):
                return None
        value = walk(value, path.steps)
        return value if path.tail is None else path.tail(value)

    return read


def _beyond(begin: Resolve, path: Path, done: int) -> Resolve:
    """Return what reads a path that begins where no field is named."""
    steps, tail = path.steps[done:], path.tail

    def read(source: Source) -> Any:
        value = walk(begin(source), steps)
        return value if tail is None else tail(value)

    return read


def _entity(source: Source, name: str) -> Any:
    """Return all of a name: a value of its own, or a document made of its fields."""
    value = source.lookup(name, "")
    if value is not None or name not in source.names():
        return value
    fields = WORKFLOW_DOCUMENT if name == "workflow" else TASK_DOCUMENT
    document = {field: source.lookup(name, field) for field in fields}
    return document if any(one is not None for one in document.values()) else None


def _whole(source: Source) -> dict[str, Any]:
    return {name: _entity(source, name) for name in source.names()}
