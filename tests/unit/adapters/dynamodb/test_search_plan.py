"""Which index a query reads, and what is asked of the rows it gives."""

import pytest

from podium.adapters.dynamodb.ranges import Index, Window
from podium.adapters.dynamodb.search_plan import plan
from podium.model.workflow import WorkflowStatus
from podium.search import parse_query

SHARDS = 4
ALL = Index.BY_START


def planned(query, window=None):
    return plan(parse_query(query), SHARDS, lambda: window)


@pytest.mark.parametrize(
    ("query", "index", "ranges", "is_exact"),
    [
        ("", ALL, 4, True),
        ("startTime > 5 AND startTime < 9", ALL, 4, True),
        ("version = 2", ALL, 4, False),
        ("workflowType = a", Index.BY_TYPE, 4, True),
        ("workflowType IN (a, b, a)", Index.BY_TYPE, 8, True),
        ("workflowType = a AND version = 2", Index.BY_TYPE, 4, False),
        ("workflowType = a AND startTime > 5", Index.BY_TYPE, 4, True),
        ("workflowType = a AND status = FAILED", Index.BY_STATUS, 4, False),
        ("workflowType = a AND status = COMPLETED", Index.BY_TYPE, 4, True),
        ("status = COMPLETED", ALL, 4, True),
        ("status = COMPLETED AND version = 2", ALL, 4, False),
        ("status IN (RUNNING, PAUSED)", Index.BY_STATUS, 8, True),
        ("status = RUNNING AND status = FAILED", Index.BY_STATUS, 4, False),
        ("correlationId = c AND workflowType = a", Index.BY_CORRELATION, 1, False),
        ("parentWorkflowId = p", Index.BY_PARENT, 1, True),
        ("parentWorkflowId = ''", ALL, 4, False),
        ("workflowType = 'a*'", ALL, 4, False),
        ("workflowType = a OR status = FAILED", ALL, 4, False),
        (
            "(workflowType = a AND version = 1) AND status = PAUSED",
            Index.BY_STATUS,
            4,
            0,
        ),
        ("unknown = 7", ALL, 4, True),
        ("unknown = 7 AND workflowType = a", Index.BY_TYPE, 4, True),
    ],
)
def test_a_query_reads_the_narrowest_index(query, index, ranges, is_exact):
    found = planned(query)

    assert (index, ranges) == (found.index, len(found.ranges))
    assert is_exact == found.is_exact


@pytest.mark.parametrize(
    ("query", "statuses", "types"),
    [
        ("status = COMPLETED", "RUNNING FAILED TIMED_OUT TERMINATED PAUSED", None),
        ("status != FAILED", "FAILED", None),
        ("status IN (COMPLETED, FAILED, RUNNING)", "TIMED_OUT TERMINATED PAUSED", None),
        ("status NOT IN (RUNNING, PAUSED)", "RUNNING PAUSED", None),
        ("status = 'COMP*' AND workflowType IN (a, b)", None, ("a", "b")),
        ("status = FAILED", "", None),
        ("workflowType = a", "", None),
    ],
)
def test_what_has_completed_is_what_the_index_by_status_does_not_hold(
    query, statuses, types
):
    found = planned(query)
    expected = {str(one) for one in WorkflowStatus if one != "COMPLETED"}
    if statuses is not None:
        expected = set(statuses.split())

    left_out = {one.partition.rpartition("#")[0] for one in found.without.ranges}

    assert (expected, types) == (left_out, found.without.types)
    assert found.is_exact


def test_rows_are_left_out_of_the_same_time():
    found = planned("status = COMPLETED AND startTime > 5 AND startTime < 9")

    bounds = {(one.low, one.high) for one in (*found.ranges, *found.without.ranges)}

    assert {("0000000000006#", "0000000000008$")} == bounds


def test_ids_are_read_one_by_one():
    found = planned("workflowId IN (a, b, a) AND status = RUNNING")

    assert (("a", "b"), ()) == (found.ids, found.ranges)
    assert not found.is_exact


def test_more_partitions_than_can_be_read_are_read_as_one_by_time():
    many = ", ".join(f"t{number}" for number in range(101))

    assert ALL is planned(f"workflowType IN ({many})").index
    assert planned(f"workflowType IN ({many})").is_scan


def test_bounds_of_the_start_time_narrow_the_range():
    [bounded, *_] = planned(
        "startTime >= 5 AND startTime < 9 AND startTime < 12"
    ).ranges

    assert ("0000000000005#", "0000000000008$") == (bounded.low, bounded.high)


# --- what runs and has only just started ---------------------------------------------


def spans(ranges):
    """Return index, partition without its shard, first and last start, each once."""
    return {
        (
            one.index.value,
            one.partition.rpartition("#")[0],
            int(one.low[:-1]),
            int(one.high[:-1]),
        )
        for one in ranges
    }


END = 9_999_999_999_999


@pytest.mark.parametrize(
    ("query", "window", "indexed", "new"),
    [
        (
            "status = RUNNING",
            Window(100),
            {("by_status", "RUNNING", 0, 99)},
            {("by_start", "all", 100, END)},
        ),
        (
            "status = RUNNING",
            Window(100, 200),
            {("by_status", "RUNNING", 0, 99), ("by_status", "RUNNING", 201, END)},
            {("by_start", "all", 100, 200)},
        ),
        (
            "status IN (PAUSED, RUNNING) AND startTime > 150",
            Window(100),
            {("by_status", "PAUSED", 151, END), ("by_status", "RUNNING", 151, 99)},
            {("by_start", "all", 151, END)},
        ),
        (
            "status = RUNNING AND workflowType IN (a, b) AND startTime < 50",
            Window(100),
            {("by_status", "RUNNING", 1, 49)},
            {("by_type", "a", 100, 49), ("by_type", "b", 100, 49)},
        ),
        ("status = RUNNING", None, {("by_status", "RUNNING", 0, END)}, set()),
        ("status = FAILED", Window(100), {("by_status", "FAILED", 0, END)}, set()),
    ],
)
def test_what_runs_is_in_the_index_before_the_window_and_looked_for_in_it(
    query, window, indexed, new
):
    found = planned(query, window)

    assert (indexed, new) == (spans(found.ranges), spans(found.new))


def test_what_runs_in_the_window_has_not_completed():
    found = planned("status = COMPLETED AND workflowType = a", Window(100))

    assert {("by_type", "a", 100, END)} == spans(found.without.new)
    assert () == found.new
    assert () == planned("status != FAILED", Window(100)).without.new
