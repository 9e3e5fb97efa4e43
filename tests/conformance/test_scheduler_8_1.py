"""Schedules start workflows: reference 8.1."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from podium.errors import ValidationFailed
from podium.model.schedule import WorkflowSchedule
from podium.schedules.store import subject_of
from world import DAY, HOUR, MINUTE, SECOND, simple

EVERY_MINUTE = "0 * * * * *"


def save(world, name="nightly", cron=EVERY_MINUTE, **fields):
    """Save a schedule of the workflow ``tested`` and return it as it is shown."""
    fields.setdefault("startWorkflowRequest", {"name": "tested"})
    fields = {"name": name, "cronExpression": cron, **fields}
    return world.podium.scheduler.save(WorkflowSchedule.from_json(fields))


def executions(world, query=None):
    """Return the records of runs, oldest first."""
    found = world.podium.scheduler.executions(query, "*", 0, 100, "scheduledTime:ASC")
    return found.results


def started(world):
    """Return the workflows that schedules started, oldest run first."""
    found = world.podium.searching.search("workflowType = 'tested'", None, None, 0, 100)
    workflows = [world.workflow(row.workflow_id) for row in found.rows]
    return sorted(workflows, key=lambda one: one["input"]["_scheduledTime"])


def times(world):
    """Return the scheduled times of the workflows that were started."""
    return [one["input"]["_scheduledTime"] for one in started(world)]


def next_minute(world):
    """Return the next full minute."""
    return (world.clock.now() // MINUTE + 1) * MINUTE


@pytest.fixture
def tested(world):
    world.register("tested", [simple("work")])
    return world


# --- when --------------------------------------------------------------------------


def test_8_1_a_run_starts_its_workflow_at_its_second(tested):
    first = next_minute(tested)
    assert first == save(tested).next_run_time

    tested.advance(first - 1 - tested.clock.now())
    assert [] == times(tested)
    tested.advance(1)
    assert [first] == times(tested)
    assert first <= started(tested)[0]["createTime"] < first + SECOND

    tested.advance(2 * MINUTE)
    assert [first, first + MINUTE, first + 2 * MINUTE] == times(tested)
    shown = tested.podium.scheduler.schedule("nightly")
    assert first + 3 * MINUTE == shown.next_run_time


def test_8_1_a_run_beyond_the_reach_of_a_queue_is_on_time_too(tested):
    save(tested, cron="30 15 9 * * *", zoneId="Asia/Tokyo")

    tested.advance(2 * DAY)

    for at in times(tested):
        shown = datetime.fromtimestamp(at / 1000, ZoneInfo("Asia/Tokyo"))
        assert "09:15:30" == f"{shown:%H:%M:%S}"
    assert 2 == len(times(tested))


def test_8_1_what_a_run_gets(tested):
    request = {
        "name": "tested",
        "version": 1,
        "correlationId": "c",
        "priority": 7,
        "taskToDomain": {"work": "d"},
        "input": {"x": 1},
    }
    save(
        tested,
        zoneId="Europe/Paris",
        createdBy="somebody",
        startWorkflowRequest=request,
    )

    tested.advance(MINUTE)

    [workflow] = started(tested)
    [record] = executions(tested)
    assert {
        "x": 1,
        "_startedByScheduler": "nightly",
        "_scheduledTime": record.scheduled_time,
        "_executedTime": record.execution_time,
        "_executionId": record.execution_id,
        "_schedulerCron": "0 * * * * * Europe/Paris",
    } == workflow["input"]
    assert ("c", 7, {"work": "d"}, "somebody") == (
        workflow["correlationId"],
        workflow["priority"],
        workflow["taskToDomain"],
        workflow["createdBy"],
    )
    assert ("EXECUTED", "nightly", "tested", workflow["workflowId"]) == (
        record.state,
        record.schedule_name,
        record.workflow_name,
        record.workflow_id,
    )
    assert ({"x": 1}, "Europe/Paris") == (
        record.start_workflow_request.input,
        record.zone_id,
    )


def test_8_1_several_expressions_run_each_by_its_own_clocks(tested):
    crons = [
        {"cronExpression": "0 0 12 * * *", "zoneId": "Asia/Tokyo"},
        {"cronExpression": "0 0 12 * * *"},
        {"cronExpression": "0 0 12 * * *"},
    ]
    save(tested, cron="0 0 3 * * *", cronSchedules=crons)

    tested.advance(DAY)

    read = [datetime.fromtimestamp(at / 1000, UTC).hour for at in times(tested)]
    assert [3, 12, 12] == sorted(read)  # 03:00 UTC is noon in Tokyo
    crons = [one["input"]["_schedulerCron"] for one in started(tested)]
    assert 2 == crons.count("0 0 12 * * * UTC")


@pytest.mark.parametrize("catches_up", [False, True])
def test_8_1_no_run_before_the_start_or_after_the_end(tested, catches_up):
    first = next_minute(tested)
    save(
        tested,
        scheduleStartTime=first + 2 * MINUTE,
        scheduleEndTime=first + 4 * MINUTE,
        runCatchupScheduleInstances=catches_up,
    )

    tested.advance(10 * MINUTE)

    assert [first + n * MINUTE for n in (2, 3, 4)] == times(tested)
    assert tested.podium.scheduler.schedule("nightly").next_run_time is None


# --- missed runs ---------------------------------------------------------------------


def test_8_1_of_missed_runs_the_first_comes_late_and_the_others_are_left_out(tested):
    first = next_minute(tested)
    save(tested)

    tested.clock.advance(HOUR)
    tested.settle()

    assert [first] == times(tested)
    tested.advance(MINUTE)
    assert 2 == len(times(tested))


def test_8_1_catch_up_makes_up_for_every_missed_run(tested):
    first = next_minute(tested)
    save(tested, runCatchupScheduleInstances=True)

    tested.clock.advance(30 * MINUTE)
    tested.settle()

    assert [first + n * MINUTE for n in range(30)] == times(tested)


# --- once ----------------------------------------------------------------------------


def test_8_1_a_run_whose_timer_fires_twice_starts_once(tested):
    save(tested)
    tested.clock.advance(next_minute(tested) - tested.clock.now())

    for _ in range(3):
        tested.decider_queue.wake(subject_of("nightly"))
    tested.settle()

    assert 1 == len(times(tested))
    assert 1 == len(executions(tested))


def test_8_1_a_run_that_was_started_but_not_written_down_starts_once(tested):
    """The process died between the two: the message comes again."""
    save(tested)
    tested.clock.advance(next_minute(tested) - tested.clock.now())
    schedules = tested.opened.home.schedules
    before = schedules.find("nightly")
    tested.decider_queue.wake(subject_of("nightly"))
    after = schedules.find("nightly")
    assert schedules.put(before, after.stamp)

    tested.decider_queue.wake(subject_of("nightly"))
    tested.settle()

    assert 1 == len(times(tested))
    assert 1 == len(executions(tested))
    assert after.pending == schedules.find("nightly").pending


def test_8_1_a_key_that_fails_on_running_keeps_runs_from_overlapping(tested):
    request = {
        "name": "tested",
        "idempotencyKey": "k",
        "idempotencyStrategy": "FAIL_ON_RUNNING",
    }
    save(tested, startWorkflowRequest=request)

    tested.advance(2 * MINUTE)
    states = [one.state for one in executions(tested)]
    assert ["EXECUTED", "FAILED"] == states
    tested.complete("work")
    tested.advance(MINUTE)

    assert 2 == len(times(tested))


# --- what goes wrong -----------------------------------------------------------------


def test_8_1_a_workflow_that_nobody_defined_is_a_failed_run_and_the_next_is_tried(
    world,
):
    save(world)
    world.advance(MINUTE)

    [record] = executions(world)
    assert "FAILED" == record.state
    assert "No such workflow defined. name=tested, version=null" == record.reason
    assert "NotFound" in record.stack_trace
    assert record.workflow_id is None

    world.register("tested", [simple("work")])
    world.advance(MINUTE)
    assert "EXECUTED" == executions(world)[-1].state


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a" * 256}, "name"),
        ({"cronExpression": "* * * * *"}, "cronExpression"),
        ({"cronExpression": "0 61 * * * *"}, "cronExpression"),
        ({"cronExpression": None}, "cronExpression"),
        ({"zoneId": "Mars/Olympus"}, "zoneId"),
        ({"zoneId": "America"}, "zoneId"),
        ({"zoneId": "../etc/passwd"}, "zoneId"),
        (
            {"cronSchedules": [{"cronExpression": EVERY_MINUTE}, {}]},
            "cronSchedules[1].cronExpression",
        ),
        ({"scheduleStartTime": 5, "scheduleEndTime": 4}, "scheduleEndTime"),
        ({"startWorkflowRequest": None}, "startWorkflowRequest"),
        ({"startWorkflowRequest": {}}, "startWorkflowRequest.name"),
        (
            {"startWorkflowRequest": {"name": "a", "priority": 100}},
            "startWorkflowRequest.priority",
        ),
    ],
)
def test_8_1_what_a_schedule_is_refused_for_names_the_field(world, wrong, path):
    with pytest.raises(ValidationFailed) as refused:
        save(world, **wrong)

    [finding] = refused.value.findings
    assert f"createOrUpdateSchedule.schedule.{path}" == finding.path
    assert [] == world.podium.scheduler.schedules()


# --- records -------------------------------------------------------------------------


def test_8_1_the_last_five_records_of_each_schedule_are_kept(tested):
    save(tested)
    save(tested, "other", "0 */5 * * * *")
    tested.advance(12 * MINUTE)

    of_nightly = executions(tested, "scheduleName IN (nightly)")
    assert times(tested)[-1] == of_nightly[-1].scheduled_time
    minutes = [one.scheduled_time // MINUTE for one in of_nightly]
    assert list(range(minutes[-1] - 4, minutes[-1] + 1)) == minutes
    assert 2 <= len(executions(tested, "scheduleName IN (other)")) <= 3


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("scheduleName IN (nightly,other)", 3),
        ("scheduleName IN (nobody)", 0),
        ("nightly", 3),
        ("other", 0),
        ("state IN (EXECUTED)", 3),
        ("state IN (FAILED,POLLED)", 0),
        ("scheduledTime>{second} AND scheduledTime<{third}", 0),
        ("scheduledTime>{first} AND state IN (EXECUTED)", 2),
        ("workflowName=test", 3),
        ("workflowName=other", 0),
        ("executionId={id}", 1),
        ("executionId='{id}' AND status IN (EXECUTED) AND workflowType IN (tested)", 1),
        ("startTime>{first} AND startTime<{third}", 1),
        ("scheduleName = 'nightly' AND scheduledTime = {first}", 1),
    ],
)
def test_8_1_records_are_found_by_query(tested, query, count):
    save(tested)
    tested.advance(3 * MINUTE)
    all_of_them = executions(tested)
    names = ("first", "second", "third")
    at = {
        name: one.scheduled_time for name, one in zip(names, all_of_them, strict=True)
    }

    asked = query.format(id=all_of_them[0].execution_id, **at)
    assert count == len(executions(tested, asked))


# --- pausing -------------------------------------------------------------------------


def test_8_1_a_paused_schedule_rests_and_makes_up_for_nothing(tested):
    save(tested, runCatchupScheduleInstances=True)
    tested.advance(MINUTE)
    tested.podium.scheduler.pause("nightly", "holidays")

    tested.advance(10 * MINUTE)
    shown = tested.podium.scheduler.schedule("nightly")
    assert (True, "holidays", None) == (
        shown.paused,
        shown.paused_reason,
        shown.next_run_time,
    )
    assert 1 == len(times(tested))

    tested.podium.scheduler.resume("nightly")
    shown = tested.podium.scheduler.schedule("nightly")
    assert (False, None) == (shown.paused, shown.paused_reason)
    tested.advance(2 * MINUTE)
    assert 3 == len(times(tested))


def test_8_1_a_schedule_saved_as_paused_rests(tested):
    save(tested, paused=True)
    tested.advance(5 * MINUTE)

    assert [] == times(tested)


def test_8_1_while_all_stand_still_nothing_runs_and_then_what_is_due_is_late(tested):
    first = next_minute(tested)
    save(tested)
    save(tested, "catching-up", runCatchupScheduleInstances=True)
    tested.podium.scheduler.halt()
    tested.advance(3 * MINUTE)
    assert [] == times(tested)
    assert 0 == tested.podium.scheduler.requeue()["recordIds.size"]

    tested.podium.scheduler.go_on()
    tested.settle()

    late = [first, first, first + MINUTE, first + 2 * MINUTE]
    assert late == times(tested)


# --- changing and removing -----------------------------------------------------------


def test_8_1_a_schedule_that_is_saved_again_runs_as_it_now_says(tested):
    save(tested)
    tested.advance(MINUTE)
    save(tested, cron="30 * * * * *", startWorkflowRequest={"name": "tested"})

    tested.advance(2 * MINUTE)

    seconds = [at // SECOND % 60 for at in times(tested)]
    assert [0, 30, 30] == seconds


def test_8_1_a_removed_schedule_runs_no_more_and_leaves_no_records(tested):
    save(tested)
    tested.advance(MINUTE)
    tested.podium.scheduler.remove("nightly")

    tested.advance(5 * MINUTE)

    assert 1 == len(times(tested))
    assert () == executions(tested)


def test_8_1_a_run_whose_timer_was_lost_is_found_overdue(tested):
    first = next_minute(tested)
    save(tested)
    home = tested.opened.home
    stored = home.schedules.find("nightly")
    tested.advance(MINUTE)
    lost = stored.after((first,), 0, 5)  # its run was never seen to, its timer is gone
    assert home.schedules.put(lost, home.schedules.find("nightly").stamp)

    tested.clock.advance(5 * SECOND)
    tested.settle()
    assert [first] == times(tested)
    answer = tested.podium.scheduler.requeue()
    tested.settle()

    assert {"recordIds.size": 1, "sampleIds": ["nightly"]} == answer
    assert tested.clock.now() < home.schedules.find("nightly").due
