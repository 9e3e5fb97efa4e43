"""Queries: how they are read, what is refused, and what they mean."""

import pytest

from podium.errors import InvalidInput
from podium.search import (
    EVERYTHING,
    TASK_FIELDS,
    And,
    Comparison,
    Or,
    SortKey,
    matches,
    matches_wildcards,
    parse_query,
    parse_sort,
)

RUNNING = Comparison("status", "=", ("RUNNING",))
OF_A = Comparison("workflowType", "=", ("a",))
NEW = Comparison("version", ">", ("1",))


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_query_asks_for_everything(text):
    assert EVERYTHING == parse_query(text)


@pytest.mark.parametrize(
    ("text", "operator", "values"),
    [
        ("status = RUNNING", "=", ("RUNNING",)),
        ("status=RUNNING", "=", ("RUNNING",)),
        ("status = 'RUNNING'", "=", ("RUNNING",)),
        ('status = "RUNNING"', "=", ("RUNNING",)),
        ("status = ''", "=", ("",)),
        (r"status = 'it\'s \\ \"'", "=", ("it's \\ \"",)),
        ("status = 'A AND (B'", "=", ("A AND (B",)),
        ("status = two words", "=", ("two words",)),
        ("status = O'Brien", "=", ("O'Brien",)),
        ("status = a=b", "=", ("a=b",)),
        ("status != RUNNING", "!=", ("RUNNING",)),
        ("status<A", "<", ("A",)),
        ("status <= A", "<=", ("A",)),
        ("status > A", ">", ("A",)),
        ("status>=A", ">=", ("A",)),
        ("status IN (A)", "IN", ("A",)),
        ("status in(A,'B' , \"C\",two words)", "IN", ("A", "B", "C", "two words")),
        ("status NOT IN (A,B)", "NOT IN", ("A", "B")),
        ("status BETWEEN A AND B", "BETWEEN", ("A", "B")),
        ("status between 'A' and 'B'", "BETWEEN", ("A", "B")),
        ("status STARTS_WITH RUN", "STARTS_WITH", ("RUN",)),
        ("status IS NULL", "IS NULL", ()),
        ("status is not null", "IS NOT NULL", ()),
    ],
)
def test_a_comparison_is_read_in_either_dialect(text, operator, values):
    assert Comparison("status", operator, values) == parse_query(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status=RUNNING AND workflowType=a", And((RUNNING, OF_A))),
        ("status=RUNNING or workflowType=a", Or((RUNNING, OF_A))),
        (
            "status=RUNNING AND workflowType=a OR version>1",
            Or((And((RUNNING, OF_A)), NEW)),
        ),
        (
            "status=RUNNING OR workflowType=a AND version>1",
            Or((RUNNING, And((OF_A, NEW)))),
        ),
        (
            "status=RUNNING AND (workflowType=a OR version>1)",
            And((RUNNING, Or((OF_A, NEW)))),
        ),
        ("((status=RUNNING))", RUNNING),
        ("status=RUNNING AND workflowType=a AND version>1", And((RUNNING, OF_A, NEW))),
    ],
)
def test_and_binds_closer_than_or(text, expected):
    assert expected == parse_query(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nobody = 1", EVERYTHING),
        ("nobody = 1 AND status=RUNNING", RUNNING),
        ("status=RUNNING AND (nobody IN (a,b))", RUNNING),
        ("nobody = 1 OR status=RUNNING", EVERYTHING),
        ("taskType = 1", EVERYTHING),
    ],
)
def test_what_is_asked_of_an_unknown_field_holds_for_everything(text, expected):
    assert expected == parse_query(text)


def test_tasks_have_fields_of_their_own():
    expected = Comparison("taskType", "IN", ("HTTP", "WAIT"))

    assert expected == parse_query("taskType IN (HTTP,WAIT)", TASK_FIELDS)


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("1704067200000", "1704067200000"),
        ("-5", "-5"),
        ("2024-01-01", "1704067200000"),
        ("2024-01-01T00:00:00Z", "1704067200000"),
        ("'2024-01-01 01:00:00.005+01:00'", "1704067200005"),
        ("2024-01-01 00:00", "1704067200000"),
    ],
)
def test_a_time_is_read_as_milliseconds(written, milliseconds):
    expected = Comparison("startTime", ">", (milliseconds,))

    assert expected == parse_query(f"startTime > {written}")


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("status", 7, "an operator (=, !=, <, >, <=, >=, IN, NOT IN, BETWEEN, STA"),
        ("status RUNNING", 8, "an operator"),
        ("= 3", 1, "a field or '('"),
        ("status = A AND", 15, "a field or '('"),
        ("status =", 9, "a value"),
        ("status == A", 9, "a value"),
        ("status = AND", 10, "a value"),
        ("status = A B = C", 14, "AND, OR or the end of the query"),
        ("status = A)", 11, "AND, OR or the end of the query"),
        ("(status = A", 12, "AND, OR or ')'"),
        ("status = 'A", 10, "a closing quote after this one"),
        ("status IN A", 11, "'(' and the values, with ',' between them"),
        ("status IN ()", 12, "a value"),
        ("status IN (A", 13, "',' or ')'"),
        ("status BETWEEN A", 17, "AND and the upper value of BETWEEN"),
        ("version = x", 11, "a number"),
        ("version > 1e5", 11, "a number"),
        ("version = 9999999999999999999", 11, "a number"),
        ("startTime > soon", 13, "a time, in epoch milliseconds or as ISO 8601"),
        ("startTime > 2*", 13, "a time, in epoch milliseconds or as ISO 8601"),
        ("(" * 51 + "status=A" + ")" * 51, 52, "at most 50 parentheses"),
    ],
)
def test_a_bad_query_is_refused_with_the_position_and_what_was_expected(
    text, position, expected
):
    with pytest.raises(InvalidInput) as refusal:
        parse_query(text)

    assert refusal.value.message.startswith(
        f"Invalid query at position {position}: expected {expected}"
    )


def test_a_refusal_shows_what_was_found():
    with pytest.raises(InvalidInput, match=r"found 'RUNNING'$"):
        parse_query("status RUNNING")
    with pytest.raises(InvalidInput, match=r"found the end$"):
        parse_query("status =")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("startTime:DESC", (SortKey("startTime", descending=True),)),
        (
            "status:asc | startTime:desc",
            (SortKey("status"), SortKey("startTime", descending=True)),
        ),
        ("version", (SortKey("version"),)),
        ("nobody:ASC|version:ASC", (SortKey("version"),)),
    ],
)
def test_sort_keys_are_read_in_order(text, keys):
    assert keys == parse_sort(text)


def test_an_order_that_is_none_is_refused():
    with pytest.raises(InvalidInput, match="expected startTime:ASC or :DESC"):
        parse_sort("startTime:UP")


ROW = {
    "status": "RUNNING",
    "workflowType": "Order_flow",
    "version": 2,
    "startTime": 1_704_067_200_000,
    "endTime": 0,
    "correlationId": None,
    "parentWorkflowId": "",
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "status = RUNNING",
        "status = RUN*",
        "workflowType = order*FLOW",
        "workflowType = *_*",
        "status != COMPLETED",
        "status != COMP*",
        "status IN (COMPLETED, RUNNING)",
        "status NOT IN (COMPLETED, FAILED)",
        "workflowType STARTS_WITH Order",
        "version = 2",
        "version = 2.0",
        "version < 10",
        "version BETWEEN 2 AND 2",
        "startTime = 2024-01-01",
        "startTime = 17040*",
        "startTime > 2023-12-31 AND startTime < 2024-01-02",
        "startTime >= 1704067200000 AND startTime <= 1704067200000",
        "startTime BETWEEN 2024-01-01 AND 2024-02-01",
        "endTime IS NULL",
        "endTime != 0",
        "correlationId IS NULL",
        "correlationId != x",
        "correlationId NOT IN (x)",
        "parentWorkflowId = ''",
        "parentWorkflowId IS NULL",
        "status IS NOT NULL",
        "status = X OR version = 2",
        "event IS NULL",
        "nobody = x",
    ],
)
def test_a_row_that_is_asked_for(text):
    assert matches(parse_query(text), ROW)


@pytest.mark.parametrize(
    "text",
    [
        "status = running",
        "status = RUN",
        "workflowType = order_flow",
        "workflowType = flow*",
        "status != RUNNING",
        "status IN (RUN*)",
        "status NOT IN (RUNNING)",
        "workflowType STARTS_WITH order",
        "version = 20",
        "version > 2",
        "version < 2",
        "startTime > 2024-01-01",
        "endTime < 2030-01-01",
        "endTime = 0",
        "endTime IS NOT NULL",
        "correlationId = x",
        "correlationId = *",
        "correlationId < x",
        "correlationId BETWEEN a AND z",
        "correlationId STARTS_WITH x",
        "parentWorkflowId IS NOT NULL",
        "status = X AND version = 2",
        "status = X OR version = 3",
    ],
)
def test_a_row_that_is_not_asked_for(text):
    assert not matches(parse_query(text), ROW)


def test_a_comparison_with_an_unknown_field_holds_however_it_came_about():
    assert matches(Comparison("nobody", "=", ("x",)), ROW)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*b*", "abc", True),
        ("*b*b*", "abc", False),
        ("a**c", "abc", True),
        ("a.c*", "abc", False),
        ("*ab*ba", "aba", False),
    ],
)
def test_a_star_is_any_text(pattern, text, expected):
    assert expected == matches_wildcards(pattern, text)
