"""What an expression means: whether a row is among those it asks for (reference 6).

``=`` and ``!=`` take ``*`` for any text, and then do not tell capitals from small
letters.  ``BETWEEN`` includes both ends.  A value that is not there satisfies only
``IS NULL``, ``!=`` and ``NOT IN``; an empty text is null as well, and so is the time 0.
This is the meaning; a store answers with whatever is fast and agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from podium.search.expression import (
    WORKFLOW_FIELDS,
    And,
    Comparison,
    Everything,
    Expression,
    Fields,
    Kind,
    Or,
    number_of,
)


def matches(
    expression: Expression, row: Mapping[str, Any], fields: Fields = WORKFLOW_FIELDS
) -> bool:
    """Tell whether a row, its values by field, is what the expression asks for.

    A comparison with a field outside ``fields`` holds for every row.
    """
    match expression:
        case Everything():
            return True
        case And(parts):
            return all(matches(part, row, fields) for part in parts)
        case Or(parts):
            return any(matches(part, row, fields) for part in parts)
        case Comparison(field):
            kind = fields.get(field)
            return kind is None or _holds(expression, row.get(field), kind)
        case _:
            assert_never(expression)


def matches_wildcards(pattern: str, text: str) -> bool:
    """Tell whether a text is the pattern's, ``*`` being any text, capitals or not."""
    pattern, text = pattern.lower(), text.lower()
    if "*" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("*")
    if len(first) + len(last) > len(text):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _holds(comparison: Comparison, value: Any, kind: Kind) -> bool:
    there = value is not None and not (kind is Kind.TIME and value == 0)
    match comparison.operator:
        case "IS NULL":
            return not there or value == ""
        case "IS NOT NULL":
            return there and value != ""
        case "!=":
            return not there or not _equals(value, comparison.values[0], kind)
        case "NOT IN":
            return not there or not _is_one_of(value, comparison.values, kind)
    return there and _compares(comparison, value, kind)


def _compares(comparison: Comparison, value: Any, kind: Kind) -> bool:
    """Tell whether a value that is there compares as asked."""
    values = comparison.values
    match comparison.operator:
        case "=":
            return _equals(value, values[0], kind)
        case "IN":
            return _is_one_of(value, values, kind)
        case "STARTS_WITH":
            return str(value).startswith(values[0])
    left, right = _comparable(kind, value), [_comparable(kind, one) for one in values]
    match comparison.operator:
        case "<":
            return bool(left < right[0])
        case ">":
            return bool(left > right[0])
        case "<=":
            return bool(left <= right[0])
        case ">=":
            return bool(left >= right[0])
        case "BETWEEN":
            return bool(right[0] <= left <= right[1])
    return False


def _equals(value: Any, wanted: str, kind: Kind) -> bool:
    if "*" in wanted:
        return matches_wildcards(wanted, str(value))
    return bool(_comparable(kind, value) == _comparable(kind, wanted))


def _is_one_of(value: Any, wanted: tuple[str, ...], kind: Kind) -> bool:
    return _comparable(kind, value) in [_comparable(kind, one) for one in wanted]


def _comparable(kind: Kind, value: Any) -> Any:
    return str(value) if kind is Kind.TEXT else number_of(kind, str(value))
