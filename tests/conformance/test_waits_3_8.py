"""WAIT and HUMAN as tasks of a workflow: reference 3.8."""

from datetime import UTC, datetime

import pytest

from podium.model.task import TaskStatus
from world import DAY, HOUR, MINUTE, SECOND, simple, task

FOR_EVER = 2**31 - 1


def _wait(**inputs):
    return task("WAIT", "wait", inputParameters=inputs)


def _moment(world, milliseconds):
    """Return a moment ahead as text, in whole minutes."""
    then = datetime.fromtimestamp((world.clock.now() + milliseconds) / 1000, UTC)
    return then.strftime("%Y-%m-%d %H:%M UTC")


@pytest.mark.parametrize(
    ("duration", "time"),
    [
        ("10 seconds", 10 * SECOND),
        ("2 days 3h 5m 10s", 2 * DAY + 3 * HOUR + 5 * MINUTE + 10 * SECOND),
        ("30 days", 30 * DAY),
        ("${workflow.input.d}", MINUTE),
    ],
)
def test_3_8_wait_ends_after_its_duration(world, duration, time):
    started = world.run([_wait(duration=duration), simple("after")], {"d": "1 minute"})

    assert [("wait", "IN_PROGRESS")] == world.tasks(started)
    world.advance(time - 1)
    assert [("wait", "IN_PROGRESS")] == world.tasks(started)
    world.advance(1)

    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert {} == world.task(started, "wait")["outputData"]


def test_3_8_wait_ends_exactly_when_it_is_due(world):
    started = world.run([_wait(duration="1 hour")])
    begun = world.clock.now()

    world.advance(2 * HOUR)

    assert begun + HOUR == world.task(started, "wait")["endTime"]
    assert begun + HOUR == world.workflow(started)["endTime"]


def test_3_8_wait_has_ended_when_it_was_due_however_late_that_is_seen(world):
    after = task("NOOP", "after")
    given = {"ended": "${wait.endTime}"}
    last = simple("last", inputParameters=given)
    started = world.run([_wait(duration="1 hour"), after, last])
    begun = world.clock.now()

    world.clock.advance(HOUR + 3)  # nobody was there at its time
    world.settle()

    wait, follower = (world.task(started, ref) for ref in ("wait", "after"))
    assert (begun + HOUR, begun + HOUR + 3) == (wait["endTime"], wait["updateTime"])
    assert begun + HOUR + 3 == follower["startTime"]
    assert {"ended": begun + HOUR} == world.input_of(started, "last")


def test_3_8_wait_has_not_ended_before_it_was_last_reported_on(world):
    started = world.run([_wait(duration="1 hour")])

    world.clock.advance(HOUR + 3)
    world.signal_task(started, "wait", "IN_PROGRESS", {"x": 1})

    wait = world.task(started, "wait")
    assert ("COMPLETED", {"x": 1}) == (wait["status"], wait["outputData"])
    assert world.clock.now() == wait["endTime"]


def test_3_8_wait_until_a_moment(world):
    until = _moment(world, 2 * HOUR)
    started = world.run([_wait(until=until), simple("after")])

    world.advance(HOUR + 58 * MINUTE)
    assert [("wait", "IN_PROGRESS")] == world.tasks(started)
    world.advance(2 * MINUTE)

    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)


@pytest.mark.parametrize(
    "inputs", [{"until": "2001-01-01"}, {"duration": "0s"}], ids=["past", "no-time"]
)
def test_3_8_wait_for_what_is_past_completes_at_once(world, inputs):
    started = world.run([_wait(**inputs), simple("after")])

    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)


@pytest.mark.parametrize(
    "inputs", [{}, {"duration": "", "until": " "}, {"duration": None}]
)
def test_3_8_wait_for_neither_waits_for_an_update(world, inputs):
    started = world.run([_wait(**inputs), simple("after")])

    assert FOR_EVER == world.task(started, "wait")["callbackAfterSeconds"]
    world.advance(40 * DAY)
    assert [("wait", "IN_PROGRESS")] == world.tasks(started)
    world.signal_task(started, "wait", output={"x": 1})

    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert {"x": 1} == world.task(started, "wait")["outputData"]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (
            {"until": "next week"},
            "Invalid/Unsupported Wait Until format.  Provided: next week",
        ),
        ({"duration": "a while"}, "Not valid duration: a while"),
        ({"duration": 5}, "Not valid duration: 5"),
        ({"duration": 0}, "Not valid duration: 0"),
    ],
    ids=["until", "duration", "number", "zero"],
)
def test_3_8_wait_that_cannot_be_read_fails_for_good(world, inputs, reason):
    world.register_task("wait", retryCount=3, retryDelaySeconds=0)
    expressions = {key: f"${{workflow.input.{key}}}" for key in inputs}
    started = world.run([_wait(**expressions)], inputs)

    wait = world.task(started, "wait")
    assert "FAILED_WITH_TERMINAL_ERROR" == wait["status"]
    assert wait["reasonForIncompletion"].startswith(reason)
    assert "FAILED" == world.status(started)
    assert 1 == len(world.tasks(started))


def test_3_8_wait_for_both_fails_for_good(world):
    both = {"duration": "1s", "until": "2040-01-01"}
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        inputParameters={"forkTaskType": "WAIT", "forkTaskInputs": [both]},
    )
    started = world.run([fork, task("JOIN", "join")])

    wait = world.task(started, "_WAIT_0")
    assert (
        "FAILED_WITH_TERMINAL_ERROR",
        "Both 'duration' and 'until' specified. Please provide only one input",
    ) == (wait["status"], wait["reasonForIncompletion"])


def test_3_8_wait_may_be_completed_early(world):
    started = world.run([_wait(duration="1 day"), simple("after")])

    world.signal_task(started, "wait", output={"by": "hand"})

    assert {"by": "hand"} == world.task(started, "wait")["outputData"]
    world.advance(2 * DAY)
    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)


def test_3_8_wait_may_be_ended_by_a_signal(world):
    started = world.run([_wait(duration="1 day"), simple("after")])

    world.podium.tasks.signal(started, TaskStatus.COMPLETED, {"x": 1})
    world.settle()

    assert [("wait", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)


def test_3_8_wait_may_be_failed_from_outside(world):
    started = world.run([_wait(duration="1 day")])

    world.signal_task(started, "wait", "FAILED")

    assert "FAILED" == world.status(started)


def test_3_8_nobody_polls_a_wait(world):
    world.run([_wait(duration="1 day")])

    assert [] == world.poll("WAIT")
    assert [] == world.poll("wait")


def test_3_8_waits_side_by_side_end_each_at_its_time(world):
    times = [5, 1, 3]
    branches = [
        [task("WAIT", f"w{n}", inputParameters={"duration": f"{n} hours"})]
        for n in times
    ]
    started = world.run(
        [
            task("FORK_JOIN", "fork", forkTasks=branches),
            task("JOIN", "join", joinOn=[f"w{n}" for n in times]),
        ]
    )
    begun = world.clock.now()

    world.advance(6 * HOUR)

    assert "COMPLETED" == world.status(started)
    ends = [world.task(started, f"w{n}")["endTime"] - begun for n in times]
    assert [5 * HOUR, HOUR, 3 * HOUR] == ends


def test_3_8_wait_in_a_workflow_that_ended_does_nothing(world):
    started = world.run([_wait(duration="1 hour")])

    world.podium.workflows.terminate(started, None)
    world.advance(2 * HOUR)

    assert [("wait", "CANCELED")] == world.tasks(started)


def test_3_8_human_stays_open_until_it_is_updated(world):
    human = task("HUMAN", "ask", inputParameters={"q": "${workflow.input.q}"})
    started = world.run([human, simple("after")], {"q": "why?"})

    world.advance(40 * DAY)
    ask = world.task(started, "ask")
    assert ("IN_PROGRESS", {"q": "why?"}) == (ask["status"], ask["inputData"])
    world.report(ask, output={"a": "because"})

    assert [("ask", "COMPLETED"), ("after", "SCHEDULED")] == world.tasks(started)
    assert {"a": "because"} == world.task(started, "ask")["outputData"]


def test_3_8_human_in_progress_stays_in_progress(world):
    started = world.run([task("HUMAN", "ask")])

    world.report(world.task(started, "ask"), "IN_PROGRESS", output={"seen": True})

    ask = world.task(started, "ask")
    assert ("IN_PROGRESS", {"seen": True}) == (ask["status"], ask["outputData"])


def test_3_8_a_signal_leaves_human_tasks_alone(world):
    started = world.run([task("HUMAN", "ask")])

    assert world.podium.tasks.signal(started, TaskStatus.COMPLETED, {}) is None
