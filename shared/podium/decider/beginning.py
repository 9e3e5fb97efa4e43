"""How a task begins that others are to do: offered, refused, or done before.

Refused is what its definition's input schema does not fit (reference 2.4), here as
where a person or a child does it.  Done before is what has a ``cacheConfig`` and an
output that is still remembered (4.11): the key's ``${name}`` reads the task's own input
first, and else what every expression reads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from podium.decider.events import Remembering
from podium.decider.facts import CachedOutput, FactsNeeded, require
from podium.decider.reader import Reader
from podium.decider.turn import Place, Turn, decode
from podium.expressions.schemas import explain, is_enforced, misfits
from podium.expressions.template import compile_template, java_string
from podium.model.task import TaskStatus
from podium.model.task_definition import TaskDef

NOT_REMEMBERED = frozenset({"EVENT", "START_WORKFLOW"})
"""What is done for what it does elsewhere, not for its output."""


def begin(
    turn: Turn,
    place: Place,
    inputs: Mapping[str, Any],
    name: str,
    delay: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the status a task begins with, and the fields that belong to it.

    ``delay`` are the fields of one that is offered.
    """
    cache = _remembering(turn, place, inputs)
    if cache is not None:
        output = turn.remembered.get((name, cache.key))
        if output is None:
            output = require(turn.facts, CachedOutput(name, cache.key))
        if output is not None:
            return {"status": TaskStatus.COMPLETED, "output": decode(output)}
    return {"status": TaskStatus.SCHEDULED, "cache": cache, **delay}


def why_refused(definition: TaskDef, inputs: Mapping[str, Any]) -> str | None:
    """Return how the input of a task breaks its definition's schema, if it does."""
    if not definition.enforce_schema:
        return None
    found = misfits(definition.input_schema, inputs)
    return f"Input schema violated: {explain('inputData', found)}" if found else None


def is_checked(definition: TaskDef) -> bool:
    """Tell whether what completes a task is held against its definition's schema."""
    return definition.enforce_schema and is_enforced(definition.output_schema)


def why_unfit(definition: TaskDef, output: Any) -> str | None:
    """Return how the output that completes a task breaks its schema, if it does."""
    if not definition.enforce_schema:
        return None
    found = misfits(definition.output_schema, output)
    return f"Output schema violated: {explain('outputData', found)}" if found else None


def _remembering(
    turn: Turn, place: Place, inputs: Mapping[str, Any]
) -> Remembering | None:
    task = place.node.task
    config = task.cache_config
    if config is None or not config.key or config.ttl_in_second <= 0:
        return None
    if task.type in NOT_REMEMBERED:
        return None
    reader = _InputFirst(Reader(turn, None), inputs)
    key = java_string(compile_template(config.key).resolve(reader))
    if reader.missing:
        raise FactsNeeded(reader.missing)
    return Remembering(key, config.ttl_in_second) if key else None


class _InputFirst:
    """A source in which the names of a task's input come before all others."""

    def __init__(self, others: Reader, inputs: Mapping[str, Any]) -> None:
        self._others = others
        self._inputs = inputs
        self.missing = others.missing

    def names(self) -> Collection[str]:
        return [*self._inputs, *self._others.names()]

    def lookup(self, name: str, field: str, key: str | None = None, /) -> Any:
        if name not in self._inputs:
            return self._others.lookup(name, field, key)
        value = self._inputs[name]
        if not field:
            return value
        return value.get(field) if isinstance(value, dict) else None
