"""Whether the ``${...}`` of a definition lead anywhere (reference 2.2, 4.12).

Conductor looks at the inputs of top-level tasks only: each reference must name a task
of the definition, the workflow, or a variable of the environment.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from podium.model.workflow_definition import WorkflowDef

_EXPRESSIONS = re.compile(r"(?=(?<!\$)\$\{)|(?<=\})")
PREDEFINED = frozenset({"CPEWF_TASK_ID", "NETFLIX_ENV", "NETFLIX_STACK"})
_BLANK_IN_PROPERTY = re.compile(r"\S\s+\S")
_BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")


def loose_references(
    definition: WorkflowDef, environment: Container[str]
) -> Iterator[str]:
    """Say, in Conductor's words, which references lead nowhere (reference 2.2)."""
    known = {task.task_reference_name for task in definition.collect_tasks()}
    known.add("workflow")
    for task in definition.tasks:
        for key, text in _texts(task.input_parameters):
            for path in _paths(text):
                if not is_path(path):
                    yield f"key: {key} input parameter value: {path} is not valid"
                    continue
                name = path.split(".")[0]
                if name in known or path in PREDEFINED or path in environment:
                    continue
                yield undefined_reference(name, task.name, key, text)


def undefined_reference(name: str, task: str, key: str, text: str) -> str:
    """Say in Conductor's words that a text refers to a task that is not there."""
    return (
        f"taskReferenceName: {name} for given task: {task} input "
        f"value: {key} of input parameter: {text} "
        "is not defined in workflow definition."
    )


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every string in a map, with the nearest key it stands under."""
    for key, value in values.items():
        yield from _texts_of(key, value)


def _texts_of(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        yield from _texts(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_of(key, item)


def _paths(text: str) -> Iterator[str]:
    if "${" in text:
        for piece in _EXPRESSIONS.split(text):
            if piece.startswith("${") and piece.endswith("}"):
                yield piece[2:-1]


def is_path(text: str) -> bool:
    """Tell whether ``text`` compiles as a JSONPath, as far as its shape tells (4.12).

    Refused are an empty path, a trailing dot, a blank inside a dotted property and a
    bracket that is not closed.
    """
    path = text.strip()
    if not path or path.endswith("."):
        return False
    bare = path
    while (less := _BRACKETED.sub("", bare)) != bare:
        bare = less
    if any(bracket in bare for bracket in "[]()"):
        return False
    return not _BLANK_IN_PROPERTY.search(bare)
