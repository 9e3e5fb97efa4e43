"""Laws of queries: what is written is read, and what is read means what it says."""

import re

from hypothesis import given
from hypothesis import strategies as st

from podium.errors import InvalidInput
from podium.search import (
    And,
    Comparison,
    Everything,
    Or,
    matches,
    matches_wildcards,
    parse_query,
)

texts = st.text(st.sampled_from("abAB *'\"\\(),=né"), max_size=6)
numbers = st.integers(-5, 5).map(str)
FIELDS = {"workflowType": texts, "status": texts, "version": numbers}
SYMBOLS = ["=", "!=", "<", ">", "<=", ">="]


@st.composite
def comparisons(draw):
    field = draw(st.sampled_from(sorted(FIELDS)))
    value = FIELDS[field]
    operator = draw(
        st.sampled_from([*SYMBOLS, "IN", "NOT IN", "BETWEEN", "STARTS_WITH"])
        | st.sampled_from(["IS NULL", "IS NOT NULL"])
    )
    match operator:
        case "IS NULL" | "IS NOT NULL":
            values = ()
        case "IN" | "NOT IN":
            values = tuple(draw(st.lists(value, min_size=1, max_size=3)))
        case "BETWEEN":
            values = (draw(value), draw(value))
        case _:
            values = (draw(value),)
    return Comparison(field, operator, values)


def _groups(inner):
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return parts.map(And) | parts.map(Or)


expressions = st.recursive(comparisons(), _groups, max_leaves=8)
rows = st.fixed_dictionaries(
    {
        "workflowType": st.none() | texts,
        "status": texts,
        "version": st.none() | st.integers(-5, 5),
    }
)


def written(expression):
    match expression:
        case And(parts):
            return " AND ".join(f"({written(part)})" for part in parts)
        case Or(parts):
            return " or ".join(f"({written(part)})" for part in parts)
        case Comparison(field, operator, values):
            quoted = [_quoted(value) for value in values]
            if operator in ("IN", "NOT IN"):
                return f"{field} {operator} ({', '.join(quoted)})"
            return f"{field} {operator} {' AND '.join(quoted)}"


def _quoted(value):
    escaped = re.sub(r"""(["'\\])""", r"\\\1", value)
    return f"'{escaped}'"


def naive(expression, row):
    """Return the meaning, without wildcards, in the fewest words."""
    match expression:
        case And(parts):
            return all(naive(part, row) for part in parts)
        case Or(parts):
            return any(naive(part, row) for part in parts)
    value = row[expression.field]
    cast = int if expression.field == "version" else str
    wanted = [cast(one) for one in expression.values] or [None]
    return {
        "=": lambda: value is not None and value == wanted[0],
        "!=": lambda: value is None or value != wanted[0],
        "<": lambda: value is not None and value < wanted[0],
        ">": lambda: value is not None and value > wanted[0],
        "<=": lambda: value is not None and value <= wanted[0],
        ">=": lambda: value is not None and value >= wanted[0],
        "IN": lambda: value is not None and value in wanted,
        "NOT IN": lambda: value not in wanted,
        "BETWEEN": lambda: value is not None and wanted[0] <= value <= wanted[1],
        "STARTS_WITH": lambda: (
            value is not None and str(value).startswith(str(wanted[0]))
        ),
        "IS NULL": lambda: value in (None, ""),
        "IS NOT NULL": lambda: value not in (None, ""),
    }[expression.operator]()


def _has_wildcards(expression):
    if isinstance(expression, Comparison):
        return any("*" in value for value in expression.values)
    return any(_has_wildcards(part) for part in expression.parts)


@given(expressions)
def test_what_is_written_is_read(expression):
    assert expression == parse_query(written(expression))


@given(expressions.filter(lambda one: not _has_wildcards(one)), rows)
def test_a_row_matches_as_the_words_say(expression, row):
    assert naive(expression, row) == matches(expression, row)


@given(texts, texts)
def test_a_star_is_any_text(pattern, text):
    expected = re.compile(
        ".*".join(re.escape(piece) for piece in pattern.split("*")),
        re.IGNORECASE | re.DOTALL,
    )

    assert bool(expected.fullmatch(text)) == matches_wildcards(pattern, text)


@given(st.text(st.sampled_from("status version ANDORIN()'\",=!<>*1")))
def test_any_text_is_a_query_or_refused(text):
    try:
        parsed = parse_query(text)
    except InvalidInput:
        return
    assert isinstance(parsed, Everything | Comparison | And | Or)
