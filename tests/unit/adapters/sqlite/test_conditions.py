"""The SQL that a query becomes finds exactly what ``podium.search.matches`` means."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from podium.adapters.sqlite.conditions import (
    COLUMNS,
    MAX_DEPTH,
    MAX_PARTS,
    condition_of,
)
from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.clock import ManualClock
from podium.ports import SummaryRow
from podium.search import (
    EVERYTHING,
    WORKFLOW_FIELDS,
    And,
    Comparison,
    Kind,
    Or,
    matches,
    matches_wildcards,
)

_TEXT = st.text(
    st.sampled_from("abAB*%_'\"?[\\ \0\n\u00e9\u00c9\u212a\ud7ff\U0010ffff1"),
    max_size=4,
)
_OPTIONAL = st.none() | _TEXT
_NUMBER = st.integers(0, 12)
_WANTED_NUMBER = st.integers(-1, 13).map(str) | st.sampled_from(
    ["1.5", "3.0", "-0.0", "999999999999999999", "100000000000000000.5"]
)
_WANTED_TIME = st.integers(-1, 13).map(str) | st.sampled_from(
    ["1970-01-01T00:00:00.003", "1970-01-01T01:00:00.005+01:00", "2023-11-14"]
)
_WANTED = {Kind.TEXT: _TEXT, Kind.NUMBER: _WANTED_NUMBER, Kind.TIME: _WANTED_TIME}
_COUNTS = {
    "IS NULL": (0, 0),
    "IS NOT NULL": (0, 0),
    "BETWEEN": (2, 2),
    "IN": (1, 3),
    "NOT IN": (1, 3),
}
_OPERATORS = ["=", "!=", "<", ">", "<=", ">=", "STARTS_WITH", *_COUNTS]


@st.composite
def comparisons(draw):
    field = draw(st.sampled_from([*WORKFLOW_FIELDS, "unknown"]))
    operator = draw(st.sampled_from(_OPERATORS))
    kind = WORKFLOW_FIELDS.get(field, Kind.TEXT)
    wanted = _WANTED[kind]
    if operator == "STARTS_WITH":
        wanted = _TEXT | _NUMBER.map(str)
    elif operator in ("=", "!="):
        wanted = wanted | st.sampled_from(["*", "1*", "*1", "*a*", "A*b", "**"])
    least, most = _COUNTS.get(operator, (1, 1))
    values = draw(st.lists(wanted, min_size=least, max_size=most))
    return Comparison(field, operator, tuple(values))


expressions = st.recursive(
    comparisons() | st.just(EVERYTHING),
    lambda inner: st.builds(
        lambda junction, parts: junction(tuple(parts)),
        st.sampled_from([And, Or]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)

rows = st.builds(
    SummaryRow,
    workflow_id=_TEXT,
    version_seen=st.just(1),
    workflow_type=_TEXT,
    version=_NUMBER,
    status=_TEXT,
    start_time=_NUMBER,
    update_time=_NUMBER,
    end_time=_NUMBER,
    correlation_id=_OPTIONAL,
    input=_TEXT,
    output=_TEXT,
    reason_for_incompletion=_OPTIONAL,
    event=_OPTIONAL,
    failed_reference_task_names=_TEXT,
    failed_task_names=st.lists(_TEXT, max_size=2).map(tuple),
    priority=_NUMBER,
    created_by=_OPTIONAL,
    idempotency_key=_OPTIONAL,
    parent_workflow_id=_TEXT,
    classifier=_TEXT,
)
tables = st.lists(rows, max_size=6, unique_by=lambda row: row.workflow_id)


def values_of(row):
    """Return a row's values by the fields that queries name."""
    return {
        "classifier": row.classifier,
        "correlationId": row.correlation_id,
        "createdBy": row.created_by,
        "endTime": row.end_time,
        "event": row.event,
        "executionTime": row.end_time - row.start_time if row.end_time else 0,
        "failedReferenceTaskNames": row.failed_reference_task_names,
        "idempotencyKey": row.idempotency_key,
        "input": row.input,
        "output": row.output,
        "parentWorkflowId": row.parent_workflow_id,
        "priority": row.priority,
        "reasonForIncompletion": row.reason_for_incompletion,
        "startTime": row.start_time,
        "status": row.status,
        "updateTime": row.update_time,
        "version": row.version,
        "workflowId": row.workflow_id,
        "workflowType": row.workflow_type,
    }


def search(table, expression, text=None):
    """Put the rows into an index and return what it finds."""
    sqlite = open_home(IN_MEMORY, clock=ManualClock(), draw=random.getrandbits)
    for row in table:
        sqlite.home.index.put(row)
    page = sqlite.home.index.search(expression, text, (), 0, 100)
    sqlite.close()
    assert len(page.rows) == page.total
    return sorted(page.rows, key=lambda row: row.workflow_id)


def by_id(table):
    return sorted(table, key=lambda row: row.workflow_id)


@given(tables, expressions)
@settings(max_examples=300, deadline=None)
def test_a_query_finds_exactly_the_rows_that_match(table, expression):
    expected = [row for row in by_id(table) if matches(expression, values_of(row))]

    assert expected == search(table, expression)


@given(tables, expressions, st.sampled_from([And, Or]))
@settings(max_examples=50, deadline=None)
def test_so_does_a_query_that_is_too_deep_for_a_statement(table, expression, junction):
    for _ in range(MAX_DEPTH + 1):
        expression = junction((expression,))
    assert condition_of(expression) is None

    expected = [row for row in by_id(table) if matches(expression, values_of(row))]

    assert expected == search(table, expression)


@given(tables, _TEXT.filter(bool))
@settings(max_examples=50, deadline=None)
def test_free_text_finds_the_rows_that_contain_it(table, text):
    texts = [field for field, kind in WORKFLOW_FIELDS.items() if kind is Kind.TEXT]
    expected = [
        row
        for row in by_id(table)
        if any(
            matches_wildcards(f"*{text}*", values_of(row)[field])
            for field in texts
            if values_of(row)[field] is not None
        )
    ]

    assert expected == search(table, EVERYTHING, text)


def test_every_field_has_a_column():
    assert WORKFLOW_FIELDS.keys() == COLUMNS.keys()


def test_sqlite_takes_the_largest_statement_that_is_made():
    comparison = Comparison("executionTime", "!=", ("*",))
    width = MAX_PARTS // 2 - MAX_DEPTH + 1
    expression = Or((comparison,) * width)
    for number in range(MAX_DEPTH - 1):
        junction = (And, Or)[number % 2]
        expression = junction((expression, comparison))
    assert condition_of(expression) is not None
    assert condition_of(And((expression,))) is None

    assert [] == search([], expression)


def test_large_expressions_are_not_made_into_a_statement():
    many = Comparison("workflowId", "IN", ("w",) * MAX_PARTS)

    assert condition_of(many) is None
