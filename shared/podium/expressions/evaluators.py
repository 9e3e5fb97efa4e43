"""The evaluators a definition may name, and what a loop's condition reads.

Reference 3.3, 3.4 and 3.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from podium.errors import ExpressionFailed
from podium.expressions.javascript import evaluate

EVALUATORS = frozenset({"javascript", "graaljs", "value-param"})
"""Conductor's ``python`` is not among them: there is no cage for it here."""


def evaluate_with(evaluator: str, expression: str, inputs: Mapping[str, Any]) -> Any:
    """Return the value of an expression in the evaluator's language.

    ``value-param`` names the input whose value it is.
    """
    match evaluator:
        case "javascript" | "graaljs":
            return evaluate(expression, inputs)
        case "value-param":
            return inputs.get(expression)
    raise ExpressionFailed(
        f"No evaluator registered for type: {evaluator}; "
        f"the known ones are {', '.join(sorted(EVALUATORS))}"
    )


# --- what a condition reads --------------------------------------------------------

# A ``$`` that is a name of its own, not a part of one.
_DOLLAR = re.compile(r"(?<![\w$])\$(?![\w$])")
_MEMBER = re.compile(
    r"""\s*(?:\?\.|\.)\s*(?P<name>[A-Za-z_$][\w$]*)(?![\w$])"""
    r"""|\s*(?:\?\.)?\s*\[\s*(?P<quote>['"])(?P<key>[^'"\\]*)(?P=quote)\s*\]"""
)
# Words by which a script may reach ``$`` without writing it, and escapes, which may
# write it, or a name after it, in a way that is not seen here.
_HIDDEN = re.compile(r"\b(?:this|globalThis|eval|Function|constructor|with)\b|\\")
_OF_THE_LOOP_ITSELF = frozenset({"iteration", "loopItem", "loopIndex"})


@dataclass(frozen=True, slots=True)
class LoopReads:
    """What a loop's condition may read besides the loop's own counters.

    ``iterations``: outputs that the loop keeps of its iterations.  ``body_refs``: tasks
    of its body, whose latest output it may read.
    """

    iterations: bool
    body_refs: frozenset[str]


@lru_cache(maxsize=1024)
def loop_condition_reads(
    condition: str, loop_ref: str, body_refs: tuple[str, ...]
) -> LoopReads:
    """Return what the condition may read: all of it where the script hides what.

    It decides which payloads are fetched for an evaluation, so too much costs time and
    too little is a wrong answer.
    """
    names: set[str] = set()
    iterations = False
    for name, inside in _reads(condition):
        if name is None:
            return LoopReads(iterations=True, body_refs=frozenset(body_refs))
        names.add(name)
        if name == loop_ref or name.startswith(f"{loop_ref}__"):
            iterations |= inside not in _OF_THE_LOOP_ITSELF
    return LoopReads(iterations, frozenset(body_refs) & names)


def names_read(script: str) -> frozenset[str] | None:
    """Return the names that a script reads of its ``$``, None where it hides them."""
    names = [name for name, _ in _reads(script)]
    return None if None in names else frozenset(name for name in names if name)


def _reads(script: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield ``(a, b)`` for each ``$.a.b``, None where it cannot be told."""
    if _HIDDEN.search(script):
        yield None, None
        return
    for dollar in _DOLLAR.finditer(script):
        if script.startswith("{", dollar.end()) and "`" in script:
            continue  # an insertion into a text
        first = _MEMBER.match(script, dollar.end())
        if first is None:
            yield None, None
            return
        second = _MEMBER.match(script, first.end())
        yield _name(first), None if second is None else _name(second)


def _name(member: re.Match[str]) -> str:
    return member["name"] or member["key"] or ""
