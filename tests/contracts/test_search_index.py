"""The contract of the search index."""

from dataclasses import replace

import pytest

from podium.ports import SummaryRow
from podium.search import EVERYTHING, parse_query, parse_sort
from podium.sinks import ArchivedAt

BASE = 1_700_000_000_000


def row(workflow_id, **fields):
    given = {
        "version_seen": 1,
        "workflow_type": "order",
        "version": 1,
        "status": "RUNNING",
        "start_time": BASE,
        "update_time": BASE,
        **fields,
    }
    return SummaryRow(workflow_id, **given)


def put(home, *rows):
    for one in rows:
        home.index.put(one)


def search(home, query="", text=None, sort="", start=0, size=100):
    expression = parse_query(query)
    return home.index.search(expression, text, parse_sort(sort), start, size)


def found(home, query="", **options):
    return [one.workflow_id for one in search(home, query, **options).rows]


# --- rows --------------------------------------------------------------------------


def test_a_row_is_found_as_it_was_put(home):
    full = SummaryRow(
        workflow_id="w1",
        version_seen=9,
        workflow_type="order",
        version=3,
        status="FAILED",
        start_time=BASE,
        update_time=BASE + 2,
        end_time=BASE + 3,
        correlation_id="c",
        input="{a=1}",
        output="{b=ü}",
        reason_for_incompletion="it broke",
        event="conductor:e",
        failed_reference_task_names="t1,t2",
        failed_task_names=("t", 'with,comma"'),
        external_input_payload_storage_path="in/1",
        external_output_payload_storage_path="out/1",
        priority=7,
        created_by="me",
        task_to_domain={"t": "d"},
        idempotency_key="k",
        parent_workflow_id="w0",
        classifier="agent",
        retention_days=0,
        archived=ArchivedAt("archive/date=2026-11-24/o.jsonl.gz", 12, 345),
    )
    put(home, full, row("w2"))

    assert (1, (full,)) == (
        search(home, "workflowId = w1").total,
        search(home, "workflowId = w1").rows,
    )
    assert (row("w2"),) == search(home, "workflowId = w2").rows


def test_rows_are_found_by_their_ids_at_once(home):
    put(home, row("w1"), row("w2"), row("w3", status="COMPLETED"))

    found = home.index.find(["w3", "nowhere", "w1"])

    assert {"w1": row("w1"), "w3": row("w3", status="COMPLETED")} == found
    assert {} == home.index.find([])


def test_a_later_row_of_the_same_version_says_where_the_archive_has_it(home):
    place = ArchivedAt("archive/o", 0, 1)
    put(home, row("w1"), row("w1", archived=place))

    assert place == home.index.find(["w1"])["w1"].archived


def test_a_newer_row_replaces_an_older_one(home):
    put(home, row("w1", version_seen=1), row("w1", version_seen=2, status="PAUSED"))

    assert ["w1"] == found(home, "status = PAUSED")
    assert [] == found(home, "status = RUNNING")


def test_an_older_row_never_replaces_a_newer_one(home):
    newer = row("w1", version_seen=5, status="COMPLETED")
    put(home, newer, row("w1", version_seen=4))

    assert (newer,) == search(home).rows


def test_a_deleted_row_is_gone(home):
    put(home, row("w1"), row("w2"))

    home.index.delete("w1")
    home.index.delete("never there")

    assert ["w2"] == found(home)


# --- queries -----------------------------------------------------------------------


@pytest.fixture
def shop(home):
    """A few workflows that differ in most ways."""
    put(
        home,
        row("w1", start_time=BASE + 1, correlation_id="c-1", priority=5),
        row("w2", start_time=BASE + 2, status="FAILED", end_time=BASE + 900),
        row("w3", start_time=BASE + 3, workflow_type="refund", version=2),
        row("w4", start_time=BASE + 4, workflow_type="Refund", parent_workflow_id="w1"),
        row("w5", start_time=BASE + 5, input="{note=it's 100% off_}", created_by="me"),
    )
    return home


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "w1 w2 w3 w4 w5"),
        ("workflowType = order", "w1 w2 w5"),
        ("workflowType = 'order' AND status = \"FAILED\"", "w2"),
        ("workflowType = 'ref*'", "w3 w4"),
        ("workflowType STARTS_WITH ref", "w3"),
        ("workflowType != order", "w3 w4"),
        ("workflowType IN (refund, Refund, none)", "w3 w4"),
        ("workflowType NOT IN (refund, Refund)", "w1 w2 w5"),
        ("status = FAILED OR version = 2", "w2 w3"),
        ("status = RUNNING AND (version = 2 OR priority > 4)", "w1 w3"),
        (f"startTime > {BASE + 3}", "w4 w5"),
        (f"startTime >= {BASE + 3} AND startTime <= {BASE + 4}", "w3 w4"),
        (f"startTime BETWEEN {BASE + 2} AND {BASE + 3}", "w2 w3"),
        ("startTime < 2023-11-14T22:13:20.002Z", "w1"),
        ("endTime IS NULL", "w1 w3 w4 w5"),
        ("endTime IS NOT NULL", "w2"),
        ("executionTime = 898", "w2"),
        ("correlationId IS NOT NULL", "w1"),
        ("correlationId = c-1", "w1"),
        ("correlationId != c-1", "w2 w3 w4 w5"),
        ("parentWorkflowId = ''", "w1 w2 w3 w5"),
        ("parentWorkflowId = w1", "w4"),
        ("createdBy = me", "w5"),
        ("input = '*100%*'", "w5"),
        ("input = '*100_*'", ""),
        ("nothingWeKnow = 7", "w1 w2 w3 w4 w5"),
        ("nothingWeKnow = 7 AND status = FAILED", "w2"),
    ],
)
def test_a_query_finds_what_it_asks_for(shop, query, expected):
    assert expected.split() == sorted(found(shop, query))
    assert len(expected.split()) == search(shop, query).total


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("REFUND", "w3 w4"),
        ("it's", "w5"),
        ("100%", "w5"),
        ("100_", ""),
        ("nowhere", ""),
        (None, "w1 w2 w3 w4 w5"),
    ],
)
def test_free_text_looks_into_all_texts_capitals_or_not(shop, text, expected):
    assert expected.split() == sorted(found(shop, text=text))


def test_free_text_and_query_must_both_match(shop):
    assert ["w4"] == found(shop, "parentWorkflowId = w1", text="refund")


@pytest.mark.parametrize("depth", [1, 20, 49])
def test_parentheses_may_be_as_deep_as_the_parser_takes_them(shop, depth):
    query = "version = 2"
    for number in range(depth):
        query = f"({query} OR priority = {100 + number}) AND status = RUNNING"

    assert ["w3"] == found(shop, query)


def test_a_query_may_have_a_thousand_parts(shop):
    many = " OR ".join(f"priority = {number}" for number in range(5, 1_005))
    ids = ", ".join(f"w{number}" for number in range(3, 5_000))

    assert ["w1"] == found(shop, many)
    assert ["w5", "w4", "w3"] == found(shop, f"workflowId IN ({ids})")


def test_values_are_never_taken_for_syntax(shop):
    hostile = "x') OR 1=1 --"

    assert [] == home_search(shop, "workflowType", hostile)
    assert [] == found(shop, text=hostile)


def home_search(home, field, value):
    escaped = value.replace("'", "\\'")
    return found(home, f"{field} = '{escaped}'")


# --- order and pages ---------------------------------------------------------------


def test_without_a_sort_the_newest_start_comes_first(shop):
    assert ["w5", "w4", "w3", "w2", "w1"] == found(shop)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("startTime:ASC", "w1 w2 w3 w4 w5"),
        ("startTime:DESC", "w5 w4 w3 w2 w1"),
        ("version:DESC|startTime:ASC", "w3 w1 w2 w4 w5"),
        ("unknown:DESC|startTime:ASC", "w1 w2 w3 w4 w5"),
    ],
)
def test_rows_come_in_the_order_asked_for(shop, sort, expected):
    assert expected.split() == found(shop, sort=sort)


def test_pages_cover_all_rows_without_gap_or_overlap(home):
    ids = [f"w{number:02}" for number in range(23)]
    put(home, *(row(one) for one in ids))

    for sort in ("", "status:DESC"):
        pages = [search(home, sort=sort, start=n, size=5) for n in range(0, 30, 5)]

        assert {23} == {page.total for page in pages}
        assert [5, 5, 5, 5, 3, 0] == [len(page.rows) for page in pages]
        assert set(ids) == {one.workflow_id for page in pages for one in page.rows}


def test_a_page_of_no_rows_tells_the_total(shop):
    page = home_page(shop, 0, 0)

    assert (5, ()) == (page.total, page.rows)


def home_page(home, start, size):
    return home.index.search(EVERYTHING, None, (), start, size)


# --- correlation -------------------------------------------------------------------


def test_correlated_rows_are_those_of_the_name_that_are_open(home):
    running = row("w1", correlation_id="c1")
    paused = row("w2", correlation_id="c2", status="PAUSED")
    closed = row("w3", correlation_id="c1", status="COMPLETED")
    others = row("w4", correlation_id="c1", workflow_type="other"), row("w5")
    put(home, running, paused, closed, *others)

    wanted = ["c1", "c2", "c2", "never"]
    some = home.index.correlated("order", wanted, include_closed=False)
    every = home.index.correlated("order", wanted, include_closed=True)

    assert {"w1", "w2"} == {one.workflow_id for one in some}
    assert {"w1", "w2", "w3"} == {one.workflow_id for one in every}
    assert running in some


def test_nothing_is_correlated_with_no_ids(home):
    put(home, row("w1", correlation_id="c1"))

    assert [] == home.index.correlated("order", [], include_closed=True)


def test_many_correlation_ids_may_be_asked_for_at_once(home):
    rows = [row(f"w{n}", correlation_id=f"c{n}") for n in range(600)]
    put(home, *rows)

    wanted = [one.correlation_id for one in rows]
    found_rows = home.index.correlated("order", wanted, include_closed=False)

    assert 600 == len(found_rows)


def test_a_moved_row_shows_in_every_index(home):
    """Whatever column changes, no index keeps the old value."""
    first = row("w1", correlation_id="c1")
    put(home, first)
    moved = replace(
        first,
        version_seen=2,
        correlation_id="c2",
        status="FAILED",
        start_time=BASE + 7,
        parent_workflow_id="p",
        workflow_type="other",
    )
    put(home, moved)

    for query in ("workflowType = other", "status = FAILED", "parentWorkflowId = p"):
        assert (moved,) == search(home, query).rows
    for query in ("workflowType = order", "status = RUNNING", "parentWorkflowId = ''"):
        assert () == search(home, query).rows
    assert [] == home.index.correlated("order", ["c1"], include_closed=True)
