"""Searching the indexes: the same answers as the meaning of a query gives."""

import itertools
import logging

import pytest

from aws_homes import moto_stack, open_over
from podium.adapters.dynamodb.summaries import fields_of
from podium.clock import ManualClock
from podium.ports import SummaryRow
from podium.search import matches, parse_query, parse_sort

BASE = 1_700_000_000_000
STATUSES = ("RUNNING", "PAUSED", "FAILED", "COMPLETED", "COMPLETED", "COMPLETED")


def rows():
    """Return rows that differ in everything a query may ask for."""
    choices = itertools.cycle(STATUSES)
    return [
        SummaryRow(
            workflow_id=f"w{number:02}",
            version_seen=1,
            workflow_type=("order", "refund", "order#2")[number % 3],
            version=1 + number % 2,
            status=next(choices),
            start_time=BASE + number // 2,
            update_time=BASE + number,
            end_time=BASE + 500 if number % 4 == 0 else 0,
            correlation_id=f"c{number % 5}" if number % 2 else None,
            parent_workflow_id="w00" if number % 7 == 6 else "",
            input=f"{{n={number}}}",
            reason_for_incompletion="it broke" if number % 6 == 2 else None,
            priority=number % 4,
        )
        for number in range(40)
    ]


QUERIES = [
    "",
    "workflowType = order",
    "workflowType = 'order#2' AND version = 2",
    "workflowType IN (order, refund) AND status = COMPLETED",
    "status = COMPLETED",
    "status != FAILED AND workflowType = 'order#2'",
    f"status IN (COMPLETED, PAUSED) AND startTime > {BASE + 5}",
    f"status = COMPLETED AND startTime > {BASE + 9} AND startTime < {BASE + 2}",
    "status = 'COM*' AND priority > 1",
    "status IN (RUNNING, PAUSED)",
    "status = FAILED AND reasonForIncompletion IS NOT NULL",
    "correlationId = c1",
    "correlationId IN (c1, c3) AND status = RUNNING",
    "parentWorkflowId = w00",
    "parentWorkflowId = '' AND priority > 1",
    f"startTime > {BASE + 3} AND startTime <= {BASE + 11}",
    f"workflowType = order AND startTime BETWEEN {BASE} AND {BASE + 9}",
    "workflowId IN (w01, w05, nobody)",
    "status = PAUSED OR correlationId = c3",
    "endTime IS NOT NULL",
    "input = '*=3*'",
]


@pytest.fixture(scope="module", params=[True, False], ids=["new", "indexed"])
def shop(request):
    """A deployment in which all has only just started, or that nobody sweeps."""
    clock = ManualClock()
    with pytest.MonkeyPatch.context() as patch, moto_stack(patch, clock) as stack:
        opened = open_over(stack, clock, index_shards=3)
        if request.param:
            opened.newcomers.sweep()
        for row in rows():
            opened.home.index.put(row)
        yield opened.home.index


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("sort", ["", "startTime:ASC", "updateTime:DESC", "input:ASC"])
def test_a_search_finds_what_the_query_means(shop, query, sort):
    expression = parse_query(query)
    wanted = [row for row in rows() if matches(expression, fields_of(row))]

    page = shop.search(expression, None, parse_sort(sort), 0, 100)

    assert len(wanted) == page.total
    assert {row.workflow_id: row for row in wanted} == {
        row.workflow_id: row for row in page.rows
    }


@pytest.mark.parametrize("query", QUERIES)
def test_pages_of_a_search_fit_together(shop, query):
    expression = parse_query(query)
    whole = shop.search(expression, None, (), 0, 100).rows

    starts = range(0, len(whole) + 1, 7)
    pages = [shop.search(expression, None, (), start, 7) for start in starts]

    assert whole == tuple(row for page in pages for row in page.rows)
    assert {len(whole)} == {page.total for page in pages}


def test_a_scan_is_said(shop, caplog):
    caplog.set_level(logging.INFO)
    shop.search(parse_query("workflowType = order"), None, (), 0, 10)
    assert not caplog.records

    shop.search(parse_query("priority = 3"), None, (), 0, 10)

    [record] = caplog.records
    assert "search_scanned" == record.message
    assert (40, 10) == (record.looked_at, record.found)


def test_bounds_that_contradict_each_other_find_nothing(shop):
    nothing = f"startTime > {BASE + 9} AND startTime < {BASE + 2}"

    for query in (nothing, f"{nothing} AND priority = 1"):
        page = shop.search(parse_query(query), None, (), 0, 10)
        assert (0, ()) == (page.total, page.rows)
