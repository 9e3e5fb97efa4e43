"""jq programs over a task's input (reference 3.3).

A program sees its document and nothing else: the environment is empty, and modules
cannot be read.  The engine cannot be interrupted within a program, only between two of
its results.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import msgspec

from podium.errors import ExpressionFailed, ExpressionTimeout
from podium.nested import is_too_deep

TIME_LIMIT = 4
"""Seconds after which no further result is asked for."""

# Results come out as jq's own JSON text: only so do they keep 2.0 apart from 2 and
# every digit of a long.  The names that lead outside are taken before the program
# begins, and after a definition an ``import`` is a syntax error.
_CAGE = (
    'def env: {{}}; def modulemeta: error("modules are not available"); '
    "{{}} as $ENV | (\n{program}\n) | tojson"
)
_LINE = re.compile(r"(?<=line )\d+(?=, column)")


def transform(program: str, document: Any) -> list[Any]:
    """Return every result of a program, in order."""
    try:
        text = msgspec.json.encode(document).decode()
    except (RecursionError, UnicodeEncodeError) as failure:
        raise ExpressionFailed(
            f"The input of a jq program cannot be JSON: {failure}"
        ) from failure
    run = _compiled(program)
    deadline = time.monotonic() + TIME_LIMIT
    results = []
    try:
        for result in run(text):
            results.append(_decode(result))
            if time.monotonic() > deadline:
                raise ExpressionTimeout(
                    f"jq program not done within {TIME_LIMIT} seconds, interrupted."
                )
    except (ValueError, RecursionError) as failure:
        raise ExpressionFailed(_first_line(failure)) from failure
    return results


def _decode(text: str) -> Any:
    value = msgspec.json.decode(text)
    if is_too_deep(text, value):
        raise RecursionError("The result of a jq program is nested too deeply")
    return value


@lru_cache(maxsize=1024)
def _compiled(program: str) -> Callable[[str], Iterable[str]]:
    """Return what runs the program over a JSON text.

    The engine is imported on first use, so that a process that runs no jq starts
    without it.
    """
    import jq

    try:
        compiled = jq.compile(_CAGE.format(program=program))
    except ValueError as failure:
        raise ExpressionFailed(_first_line(failure)) from failure

    def run(text: str) -> Iterable[str]:
        results: Iterable[str] = iter(compiled.input_text(text))
        return results

    return run


def _first_line(failure: Exception) -> str:
    """Return what the engine says, without the program it quotes after it.

    The cage takes the first line; the author's lines count from there.
    """
    said = str(failure).partition("\n")[0]
    return _LINE.sub(lambda line: str(int(line[0]) - 1), said)
