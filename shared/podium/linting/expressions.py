"""Where a definition has ``${...}``, and what those read.

Nothing is parsed here: the template that a decision would resolve is resolved over a
source that has nothing and notes what it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from podium.expressions.template import compile_template
from podium.linting.findings import Steps
from podium.model.workflow_task import WorkflowTask

_SECRETS = "${workflow.secrets."
_UNKNOWN = "null"
"""How a nested expression without a value is written into the one around it."""


@dataclass(frozen=True, slots=True)
class Read:
    """One ``${name.field.key...}`` of a text; ``field`` is empty for a bare name."""

    name: str
    field: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a definition that has expressions, and the nearest key above it."""

    steps: Steps
    key: str
    text: str
    reads: tuple[Read, ...]

    @property
    def reads_nothing(self) -> bool:
        """Whether what looks like an expression is none."""
        literal = self.text.replace("$${", "")
        return (
            not self.reads and "${" in literal and "${}" not in literal.replace(" ", "")
        )


def expressions_of(task: WorkflowTask, steps: Steps) -> Iterator[Text]:
    """Yield the texts with expressions that are resolved for a task."""
    yield from texts(task.input_parameters, (*steps, "inputParameters"))
    params = task.sub_workflow_param
    if params is not None:
        shown = params.to_json()
        if not isinstance(params.workflow_definition, str):
            shown.pop("workflowDefinition", None)
        yield from texts(shown, (*steps, "subWorkflowParam"))
    yield from texts(task.sink, (*steps, "sink"))
    yield from texts(task.items, (*steps, "items"))


def texts(value: Any, steps: Steps, key: str = "") -> Iterator[Text]:
    """Yield every text with an expression in a JSON value."""
    if isinstance(value, str):
        if "${" in value and _SECRETS not in value:
            yield Text(steps, key, value, _reads(value))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, (*steps, name), name)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from texts(item, (*steps, number), key)


def _reads(text: str) -> tuple[Read, ...]:
    source = _Noting()
    compile_template(text).resolve(source)
    return tuple(
        read
        for read in source.noted
        if read.name != _UNKNOWN and (read.field or f"{{{read.name}" in text)
    )


class _Noting:
    """A source that has nothing and notes what it is asked for."""

    def __init__(self) -> None:
        self.noted: list[Read] = []

    def names(self) -> Collection[str]:
        return ()

    def lookup(self, name: str, field: str, key: str | None = None, /) -> Any:
        self.noted.append(Read(name, field, key))
        return None
