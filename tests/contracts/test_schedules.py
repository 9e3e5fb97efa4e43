"""The contract of the port ``Schedules``."""

import pytest

from podium.model.schedule import WorkflowSchedule, WorkflowScheduleExecution
from podium.schedules.store import RECORDS_KEPT, Schedules, StoredSchedule

REQUEST = {"name": "w", "input": {"x": [1, None, "é"]}}


@pytest.fixture
def schedules(home) -> Schedules:
    return home.schedules


def stored(name, *pending, stamp=1, runs=0, **fields):
    document = {"name": name, "startWorkflowRequest": REQUEST, **fields}
    return StoredSchedule(WorkflowSchedule.from_json(document), pending, runs, stamp)


def execution(name, number):
    return WorkflowScheduleExecution(
        execution_id=f"{name}-{number}",
        schedule_name=name,
        scheduled_time=number,
        state="EXECUTED",
    )


def ids(executions):
    return sorted(one.execution_id for one in executions)


def test_a_schedule_is_found_as_it_was_stored(schedules):
    schedule = stored("a b#c/é", 5, None, 7, runs=3, stamp=2**62 - 1, description="d")
    assert schedules.put(schedule, None)

    assert schedule == schedules.find("a b#c/é")
    assert schedules.find("a b") is None


def test_of_two_who_create_a_schedule_one_does(schedules):
    assert schedules.put(stored("a", stamp=1), None)
    assert not schedules.put(stored("a", stamp=2), None)

    assert 1 == schedules.find("a").stamp


def test_a_schedule_is_only_replaced_by_what_follows_it(schedules):
    schedules.put(stored("a", stamp=1), None)

    assert schedules.put(stored("a", stamp=2), 1)
    assert not schedules.put(stored("a", stamp=3), 1)
    assert not schedules.put(stored("b", stamp=3), 1)
    assert 2 == schedules.find("a").stamp
    assert schedules.find("b") is None


def test_a_schedule_that_was_removed_does_not_come_back(schedules):
    schedules.put(stored("a", stamp=1), None)
    schedules.delete("a")

    assert not schedules.put(stored("a", stamp=2), 1)
    assert schedules.find("a") is None


def test_all_schedules_come_by_name(schedules):
    for name in ("b", "a", "c#1", "c"):
        schedules.put(stored(name), None)

    assert ["a", "b", "c", "c#1"] == [one.name for one in schedules.all()]


def test_overdue_is_what_is_due_before_a_moment_and_does_not_rest(schedules):
    for schedule in (
        stored("late", 10),
        stored("later", None, 20, 9),
        stored("soon", 20),
        stored("over", None),
        stored("paused", 5, paused=True),
    ):
        schedules.put(schedule, None)

    assert ["late", "later"] == sorted(schedules.overdue(20))
    schedules.put(stored("late", 30, stamp=2), 1)
    assert ["later"] == schedules.overdue(20)
    assert [] == schedules.overdue(0)


def test_the_last_records_of_each_schedule_are_kept(schedules):
    for number in range(RECORDS_KEPT + 2):
        schedules.record(number, execution("a", number))
    schedules.record(0, execution("a#", 0))
    schedules.record(0, execution("b", 0))

    kept = [f"a-{number}" for number in range(2, RECORDS_KEPT + 2)]
    assert kept == ids(schedules.executions(["a", "a", "nobody"]))
    assert ["a#-0", *kept, "b-0"] == ids(schedules.executions())
    assert [] == schedules.executions([])


def test_a_record_that_is_written_again_is_one_record(schedules):
    first, second = execution("a", 0), execution("a", 1)
    for number, one in ((0, first), (1, second), (0, first), (1, second)):
        schedules.record(number, one)

    assert ["a-0", "a-1"] == ids(schedules.executions())
    assert first in schedules.executions(["a"])


def test_records_go_with_their_schedule(schedules):
    for name in ("a", "b"):
        schedules.put(stored(name), None)
        schedules.record(0, execution(name, 0))

    for _ in range(2):
        schedules.delete("a")

    assert ["b-0"] == ids(schedules.executions())
    assert ["b"] == [one.name for one in schedules.all()]


def test_schedules_stand_still_until_they_are_told_to_go_on(schedules):
    assert not schedules.is_halted()
    for halted in (True, True, False, False):
        schedules.halt(halted=halted)
        assert halted == schedules.is_halted()
    assert [] == schedules.all()
