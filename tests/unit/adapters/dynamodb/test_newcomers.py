"""What has only just started is found by its status, though no index has it yet."""

import random
from dataclasses import replace

import pytest

from aws_homes import open_over
from podium.adapters.dynamodb import newcomers
from podium.adapters.dynamodb.keys import rows_swept
from podium.adapters.dynamodb.newcomers import LATE, MINUTE, NEW_FOR, SWEPT_AFTER
from podium.adapters.dynamodb.ranges import Index
from podium.adapters.dynamodb.summaries import fields_of
from podium.ports import SummaryRow
from podium.search import matches, parse_query, parse_sort

SECOND = 1_000
HOUR = 60 * MINUTE
QUERIES = [
    "",
    "status = RUNNING",
    "status IN (RUNNING, PAUSED)",
    "status IN (RUNNING, PAUSED) AND workflowType IN (order, refund)",
    "status = RUNNING AND workflowType = order",
    "status = RUNNING AND priority = 1",
    "status = FAILED",
    "status = COMPLETED",
    "status = COMPLETED AND workflowType = order",
    "status != RUNNING",
    "status != FAILED",
    "status != COMPLETED AND workflowType = refund",
    "status = RUNNING AND startTime > {middle}",
    "status = RUNNING AND startTime <= {middle}",
    "status = COMPLETED AND startTime BETWEEN {middle} AND {end}",
]
"""In all of them somebody may ask for what runs, or for what does not."""


@pytest.fixture
def aws(stack, clock):
    return open_over(stack, clock, index_shards=3)


@pytest.fixture
def is_indexed(aws, stack):
    """Tell whether the index by status has a row."""

    def look(workflow_id):
        found = stack.clients.dynamodb.get_item(
            TableName=stack.outputs["WorkflowsTable"],
            Key={"pk": {"S": f"wf#{workflow_id}"}, "sk": {"S": "summary"}},
        )
        return Index.BY_STATUS.partition_attribute in found["Item"]

    return look


def row(clock, workflow_id="w1", **fields):
    given = {
        "version_seen": 1,
        "workflow_type": "order",
        "version": 1,
        "status": "RUNNING",
        "start_time": clock.now(),
        "update_time": clock.now(),
        **fields,
    }
    return SummaryRow(workflow_id, **given)


def found(aws, query):
    page = aws.home.index.search(parse_query(query), None, (), 0, 100)
    assert len(page.rows) == page.total
    return [one.workflow_id for one in page.rows]


def test_what_has_only_just_started_enters_when_it_has_run_for_a_minute(
    aws, clock, is_indexed
):
    aws.newcomers.sweep()
    aws.home.index.put(row(clock))
    assert not is_indexed("w1")

    clock.advance(SWEPT_AFTER - 1)
    assert (0, ["w1"]) == (aws.newcomers.sweep(), found(aws, "status = RUNNING"))
    clock.advance(1)
    assert (1, ["w1"]) == (aws.newcomers.sweep(), found(aws, "status = RUNNING"))

    assert is_indexed("w1")
    assert 0 == aws.newcomers.sweep()


def test_what_has_ended_by_then_never_enters(aws, clock, is_indexed):
    aws.newcomers.sweep()
    started = row(clock)
    aws.home.index.put(started)
    clock.advance(30 * SECOND)
    aws.home.index.put(replace(started, version_seen=2, status="COMPLETED"))

    clock.advance(MINUTE)
    assert 0 == aws.newcomers.sweep()

    assert not is_indexed("w1")
    assert ["w1"] == found(aws, "status = COMPLETED")


@pytest.mark.parametrize(
    ("fields", "age"),
    [
        ({"status": "PAUSED"}, 0),
        ({"status": "FAILED"}, 0),
        ({}, NEW_FOR),  # brought back, or projected late
        ({}, HOUR),
        ({}, -HOUR),  # of a clock that is far off
    ],
)
def test_everything_else_enters_at_once(aws, clock, is_indexed, fields, age):
    aws.newcomers.sweep()

    aws.home.index.put(row(clock, start_time=clock.now() - age, **fields))

    assert is_indexed("w1")


def test_where_nobody_sweeps_every_row_enters_at_once(aws, clock, is_indexed):
    aws.home.index.put(row(clock))

    assert is_indexed("w1")


def test_where_the_sweep_is_late_every_row_enters_at_once(aws, clock, is_indexed):
    aws.newcomers.sweep()
    clock.advance(LATE - SWEPT_AFTER)

    aws.home.index.put(row(clock))

    assert is_indexed("w1")
    assert ["w1"] == found(aws, "status = RUNNING")


def test_where_the_sweep_knows_fewer_shards_every_row_enters_at_once(
    stack, clock, aws, is_indexed
):
    aws.newcomers.sweep()

    open_over(stack, clock, index_shards=4).home.index.put(row(clock))

    assert is_indexed("w1")


def test_a_sweep_after_hours_goes_on_where_the_last_one_stopped(aws, clock, is_indexed):
    aws.newcomers.sweep()
    for number in range(40):
        aws.home.index.put(row(clock, f"w{number}"))
        clock.advance(7 * SECOND)
    clock.advance(HOUR)
    assert 40 == len(found(aws, "status = RUNNING"))

    assert aws.newcomers.sweep() > 30

    assert all(is_indexed(f"w{number}") for number in range(40))
    assert 40 == len(found(aws, "status = RUNNING"))


def test_an_interrupted_sweep_is_gone_on_with(aws, clock, is_indexed, monkeypatch):
    aws.newcomers.sweep()
    for number in range(4):
        aws.home.index.put(row(clock, f"w{number}"))
        clock.advance(MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr(newcomers.Newcomers, "_enter", _interrupted_at("wf#w2"))
        with pytest.raises(InterruptedError):
            aws.newcomers.sweep()
    assert ["w3", "w2", "w1", "w0"] == found(aws, "status = RUNNING")

    aws.newcomers.sweep()

    assert all(is_indexed(f"w{number}") for number in range(3))


def _interrupted_at(partition):
    enter = newcomers.Newcomers._enter

    def interrupted(self, item):
        if item["pk"]["S"] == partition:
            raise InterruptedError
        enter(self, item)

    return interrupted


def test_the_sweep_moves_no_row_that_was_written_meanwhile(
    aws, clock, is_indexed, monkeypatch
):
    aws.newcomers.sweep()
    started = row(clock)
    aws.home.index.put(started)
    clock.advance(MINUTE)
    enter = newcomers.Newcomers._enter

    def overtaken(self, item):
        aws.home.index.put(replace(started, version_seen=2, status="COMPLETED"))
        enter(self, item)

    monkeypatch.setattr(newcomers.Newcomers, "_enter", overtaken)
    aws.newcomers.sweep()

    assert not is_indexed("w1")
    assert [] == found(aws, "status = RUNNING")


def test_how_far_the_sweep_got_is_asked_for_only_by_who_asks_for_what_runs(
    aws, clock, monkeypatch
):
    aws.newcomers.sweep()
    asked = []
    get = aws.newcomers._table.get

    def noted(key, **options):
        asked.append(key)
        return get(key, **options)

    monkeypatch.setattr(aws.newcomers._table, "get", noted)
    found(aws, "status = FAILED")
    found(aws, "workflowType = order")
    assert [] == asked

    found(aws, "status = COMPLETED")
    assert [rows_swept()] == asked


class Story:
    """Workflows that come and go, and what is in store of them."""

    def __init__(self, aws, clock, dice):
        self._aws = aws
        self._clock = clock
        self._dice = dice
        self.rows = {}

    def go_on(self):
        self._clock.advance(self._dice.choice([1, 5, 5, 20, 40]) * SECOND)
        for _ in range(self._dice.randrange(4)):
            self._start()
        for one in list(self.rows.values()):
            if self._dice.random() < 0.2:
                self._move(one)

    def _start(self):
        number = len(self.rows)
        lag = self._dice.choice([0, 0, 0, 2, 50]) * SECOND
        self._put(
            row(
                self._clock,
                f"w{number:03}",
                start_time=self._clock.now() - lag,
                workflow_type=self._dice.choice(["order", "refund", "other"]),
                priority=number % 2,
            )
        )

    def _move(self, one):
        statuses = ["RUNNING", "PAUSED", "FAILED", "COMPLETED", "COMPLETED"]
        start = one.start_time
        if one.status in ("FAILED", "COMPLETED") and self._dice.random() < 0.2:
            start = self._clock.now()  # restarted
        self._put(
            replace(
                one,
                version_seen=one.version_seen + 1,
                status=self._dice.choice(statuses),
                start_time=start,
            )
        )

    def _put(self, one):
        self.rows[one.workflow_id] = one
        self._aws.home.index.put(one)

    def assert_found(self, query, sort):
        expression = parse_query(query)
        wanted = {
            one.workflow_id: one
            for one in self.rows.values()
            if matches(expression, fields_of(one))
        }

        page = self._aws.home.index.search(expression, None, parse_sort(sort), 0, 500)
        part = self._aws.home.index.search(expression, None, parse_sort(sort), 1, 3)

        assert wanted == {one.workflow_id: one for one in page.rows}
        assert {len(wanted)} == {page.total, part.total}
        assert page.rows[1:4] == part.rows


@pytest.mark.parametrize("seed", range(3))
def test_a_search_finds_what_is_there_whenever_the_sweep_comes(aws, clock, seed):
    dice = random.Random(seed)
    story = Story(aws, clock, dice)
    begun = clock.now()
    for number in range(25):
        story.go_on()
        if number % 10 > 3 * seed:  # there are times without a sweep
            aws.newcomers.sweep()
        middle = begun + dice.randrange(clock.now() - begun)
        for query in dice.sample(QUERIES, 2):
            asked = query.format(middle=middle, end=clock.now())
            story.assert_found(asked, dice.choice(["", "startTime:ASC", "status:ASC"]))
