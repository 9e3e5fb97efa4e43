"""Search expressions as SQL conditions that mean the same (``podium.search.matches``).

Values are bound, column names come from a fixed mapping.  There is no NOT around a
condition, so SQL's third truth value, which comparisons with NULL have, counts as false
throughout.  Text compares by code points in both worlds; what SQL would compare
otherwise (capitals in wildcards) is done by functions that the connection is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from podium.errors import InvalidInput
from podium.ports import ROW_ATTRIBUTES
from podium.search import (
    WORKFLOW_FIELDS,
    And,
    Comparison,
    Everything,
    Expression,
    Kind,
    Or,
    matches_wildcards,
)
from podium.search.expression import number_of

COLUMNS: Mapping[str, str] = {
    **ROW_ATTRIBUTES,
    "executionTime": "(CASE WHEN end_time THEN end_time - start_time ELSE 0 END)",
}
"""What stands for each of :data:`podium.search.WORKFLOW_FIELDS`."""

MAX_DEPTH = 8
MAX_PARTS = 500
"""Larger expressions would run into SQLite's limits on statements."""

_LAST_CHARACTER = "\U0010ffff"
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and the values of its question marks, in order."""

    text: str
    values: tuple[Any, ...] = ()


TRUE = Condition("1")
FALSE = Condition("0")
_Value: TypeAlias = str | int | float


def condition_of(expression: Expression) -> Condition | None:
    """Return the condition, or None where the expression is too large for one."""
    parts, depth = _size(expression)
    if parts > MAX_PARTS or depth > MAX_DEPTH:
        return None
    return _condition(expression)


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Return the condition that all of these hold."""
    return _joined(" AND ", tuple(conditions), TRUE)


def is_like(pattern: str, text: object) -> bool:
    """Tell whether a value is the pattern's; the function ``is_like`` of statements."""
    return text is not None and matches_wildcards(pattern, str(text))


def mentions(text: str, *values: object) -> bool:
    """Tell whether one of the values contains a text, capitals or not.

    The function ``mentions`` of statements; ``*`` stands for any text here too.
    """
    return any(is_like(f"*{text}*", value) for value in values)


def _size(expression: Expression) -> tuple[int, int]:
    """Return how many values and comparisons there are, and how deep they lie."""
    match expression:
        case Everything():
            return 1, 0
        case Comparison(values=values):
            return 1 + len(values), 0
        case And(parts) | Or(parts):
            sizes = [_size(part) for part in parts]
            deepest = max((depth for _, depth in sizes), default=0)
            return sum(number for number, _ in sizes), deepest + 1
        case _:
            assert_never(expression)


def _condition(expression: Expression) -> Condition:
    match expression:
        case Everything():
            return TRUE
        case And(parts):
            return all_of(_condition(part) for part in parts)
        case Or(parts):
            return _joined(" OR ", tuple(map(_condition, parts)), FALSE)
        case Comparison(field):
            kind = WORKFLOW_FIELDS.get(field)
            return TRUE if kind is None else _comparison(expression, kind)
        case _:
            assert_never(expression)


def _joined(word: str, parts: tuple[Condition, ...], nothing: Condition) -> Condition:
    if not parts:
        return nothing
    text = word.join(part.text for part in parts)
    values = tuple(value for part in parts for value in part.values)
    return Condition(f"({text})", values)


def _comparison(comparison: Comparison, kind: Kind) -> Condition:
    """Return the condition; a value that is not there meets only the negative ones."""
    column = COLUMNS[comparison.field]
    absent = f"{column} = 0" if kind is Kind.TIME else f"{column} IS NULL"
    match comparison.operator:
        case "IS NULL":
            return Condition(_is_null(column, kind))
        case "IS NOT NULL":
            return Condition(f"NOT {_is_null(column, kind)}")
        case "!=":
            equal = _equals(comparison, column, kind)
            return Condition(f"({absent} OR NOT {equal.text})", equal.values)
        case "NOT IN":
            among = _is_among(comparison, column, kind)
            return Condition(f"({absent} OR NOT {among.text})", among.values)
    compared = _compared(comparison, column, kind)
    if kind is Kind.TIME:
        return Condition(f"({column} <> 0 AND {compared.text})", compared.values)
    return compared


def _is_null(column: str, kind: Kind) -> str:
    match kind:
        case Kind.TEXT:
            return f"(ifnull({column}, '') = '')"
        case Kind.NUMBER:
            return f"({column} IS NULL)"
        case Kind.TIME:
            return f"({column} = 0)"


def _compared(comparison: Comparison, column: str, kind: Kind) -> Condition:
    match comparison.operator:
        case "=":
            return _equals(comparison, column, kind)
        case "IN":
            return _is_among(comparison, column, kind)
        case "STARTS_WITH":
            return _starts_with(comparison.values[0], column, kind)
        case "BETWEEN":
            return Condition(
                f"({column} BETWEEN ? AND ?)", _comparable(comparison, kind)
            )
    text = f"({column} {comparison.operator} ?)"
    return Condition(text, _comparable(comparison, kind))


def _equals(comparison: Comparison, column: str, kind: Kind) -> Condition:
    wanted = comparison.values[0]
    if "*" in wanted:
        return Condition(f"is_like(?, {column})", (wanted,))
    return Condition(f"({column} = ?)", _comparable(comparison, kind))


def _is_among(comparison: Comparison, column: str, kind: Kind) -> Condition:
    wanted = _comparable(comparison, kind)
    marks = ", ".join("?" * len(wanted))
    return Condition(f"({column} IN ({marks}))", wanted)


def _starts_with(prefix: str, column: str, kind: Kind) -> Condition:
    """Return a range, so that an index can serve it."""
    if kind is not Kind.TEXT:
        column = f"CAST({column} AS TEXT)"
    end = _end_of(prefix)
    if end is None:
        return Condition(f"({column} >= ?)", (prefix,))
    return Condition(f"({column} >= ? AND {column} < ?)", (prefix, end))


def _end_of(prefix: str) -> str | None:
    """Return the first text after all that begin with the prefix, if there is one."""
    stem = prefix.rstrip(_LAST_CHARACTER)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return stem[:-1] + chr(following)


def _comparable(comparison: Comparison, kind: Kind) -> tuple[_Value, ...]:
    if kind is Kind.TEXT:
        return comparison.values
    try:
        return tuple(number_of(kind, value) for value in comparison.values)
    except ValueError as error:
        raise InvalidInput(
            f"{comparison.field}: cannot be compared with {error}"
        ) from error
