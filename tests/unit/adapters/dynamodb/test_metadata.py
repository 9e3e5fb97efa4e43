"""What a process remembers of definitions, and what DynamoDB cannot hold."""

import random

import pytest

from aws_homes import open_over
from podium.errors import PayloadTooLarge
from podium.model.task_definition import TaskDef

KEPT = 5_000


@pytest.fixture
def ours(stack, clock):
    return open_over(stack, clock, definitions_kept=KEPT).home.metadata


@pytest.fixture
def others(stack, clock):
    return open_over(stack, clock, definitions_kept=KEPT).home.metadata


def test_anothers_change_is_noticed_when_what_we_read_is_old(ours, others, clock):
    others.put_task(TaskDef(name="t", retry_count=1))
    ours.find_task("t")
    others.put_task(TaskDef(name="t", retry_count=2))

    clock.advance(KEPT - 1)
    assert 1 == ours.find_task("t").retry_count

    clock.advance(1)
    assert 2 == ours.find_task("t").retry_count


def test_what_was_not_there_is_looked_for_again_as_soon(ours, others, clock):
    assert ours.find_task("t") is None
    others.put_task(TaskDef(name="t"))

    clock.advance(KEPT)

    assert TaskDef(name="t") == ours.find_task("t")


def test_our_own_change_is_noticed_at_once(ours):
    assert ours.find_task("t") is None

    ours.put_task(TaskDef(name="t"))

    assert TaskDef(name="t") == ours.find_task("t")


def test_a_definition_too_large_for_an_item_is_refused(ours):
    noise = random.Random(1).randbytes(450_000).hex()

    with pytest.raises(PayloadTooLarge):
        ours.put_task(TaskDef(name="t", description=noise))


def test_what_compresses_well_may_be_long(ours):
    long = TaskDef(name="t", description="word " * 200_000)

    ours.put_task(long)

    assert long == ours.find_task("t")
