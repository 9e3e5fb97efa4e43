"""jq programs over a task's input (reference 3.3).

A program sees its document and nothing else: the environment is empty, and modules
cannot be read.  It runs in a process of its own, which ends where it takes too much.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from podium.errors import ExpressionFailed
from podium.expressions.jq_processes import JqProcesses
from podium.nested import is_too_deep

TIME_LIMIT = 4
"""Seconds of the processor that a program may take, or a little more."""
MEMORY_LIMIT = 256 << 20
"""Bytes that the process may take in which it runs."""

# Results come out as jq's own JSON text: only so do they keep 2.0 apart from 2 and
# every digit of a long.  The names that lead outside are taken before the program
# begins, and after a definition an ``import`` is a syntax error.
_CAGE = (
    'def env: {{}}; def modulemeta: error("modules are not available"); '
    "{{}} as $ENV | (\n{program}\n) | tojson"
)
_TOO_DEEP = "The result of a jq program is nested too deeply"
_LINE = re.compile(r"(?<=line )\d+(?=, column)")

_processes = JqProcesses(TIME_LIMIT, MEMORY_LIMIT)


def transform(program: str, document: Any) -> list[Any]:
    """Return every result of a program, in order.

    ExpressionFailed and ExpressionTimeout say why there are none; Unavailable is no
    fault of the program's.
    """
    try:
        text = msgspec.json.encode(document).decode()
    except (RecursionError, UnicodeEncodeError) as failure:
        raise ExpressionFailed(
            f"The input of a jq program cannot be JSON: {failure}"
        ) from failure
    is_done, said = _processes.run(_CAGE.format(program=program), text)
    if not is_done:
        raise ExpressionFailed(_first_line(said))
    return _decode(said)


def _decode(said: str) -> list[Any]:
    try:
        results: list[Any] = msgspec.json.decode(said)
    except RecursionError as failure:
        raise ExpressionFailed(_TOO_DEEP) from failure
    if any(is_too_deep(said, result) for result in results):
        raise ExpressionFailed(_TOO_DEEP)
    return results


def _first_line(said: str) -> str:
    """Return what the engine says, without the program it quotes after it.

    The cage takes the first line; the author's lines count from there.
    """
    first = said.partition("\n")[0]
    return _LINE.sub(lambda line: str(int(line[0]) - 1), first)
