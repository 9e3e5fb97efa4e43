"""Task logs on DynamoDB, beyond their contract."""

import pytest

from aws_homes import open_over
from podium.ports import TaskLog

TASK = "018bcfe5-6800-8000-8000-000000000001"


@pytest.fixture
def logs(stack, clock):
    return open_over(stack, clock).home.logs


def test_more_lines_than_an_item_holds_become_several(logs):
    lines = [TaskLog(TASK, 5, f"{number} " + "x" * 50_000) for number in range(12)]

    logs.append(lines)

    assert lines == logs.read(TASK)


def test_a_line_without_end_is_cut_and_says_so(logs):
    logs.append([TaskLog(TASK, 5, "x" * 1_000_000)])

    [found] = logs.read(TASK)

    assert 60_000 < len(found.log) < 61_000
    assert found.log.endswith(" [cut by Podium]")


def test_two_processes_do_not_overwrite_each_others_lines(stack, clock, logs):
    other = open_over(stack, clock, seed=2).home.logs
    logs.append([TaskLog(TASK, 5, "mine")])
    other.append([TaskLog(TASK, 5, "theirs")])

    assert {"mine", "theirs"} == {line.log for line in logs.read(TASK)}
