"""The functions that may end a path: ``${a.output.list.length()}`` (reference 4.12).

Each gives null for what it does not apply to.  Numbers are aggregated as doubles.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from typing import Any


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list | dict) else None


def _keys_of(value: Any) -> list[str] | None:
    return list(value) if isinstance(value, dict) else None


def _item(at: int) -> Callable[[Any], Any]:
    return lambda value: value[at] if isinstance(value, list) and value else None


def _over_numbers(
    aggregate: Callable[[list[float]], float],
) -> Callable[[Any], float | None]:
    """Make the function that aggregates a list's numbers, null where it has none."""

    def function(value: Any) -> float | None:
        if not isinstance(value, list):
            return None
        numbers = [
            float(item)
            for item in value
            if isinstance(item, int | float) and not isinstance(item, bool)
        ]
        return aggregate(numbers) if numbers else None

    return function


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "length": _length,
    "size": _length,
    "keys": _keys_of,
    "first": _item(0),
    "last": _item(-1),
    "min": _over_numbers(min),
    "max": _over_numbers(max),
    "sum": _over_numbers(math.fsum),
    "avg": _over_numbers(statistics.fmean),
    "stddev": _over_numbers(statistics.pstdev),
}
