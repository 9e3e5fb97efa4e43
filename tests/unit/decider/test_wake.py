"""The one armed wake-up: never late, and only ever closer."""

from decisions import Run
from podium.decider import commands as cmd
from world import SECOND, simple, task


def _definition(**fields):
    return {
        "taskDefinition": {
            "name": "work",
            "retryCount": 0,
            "responseTimeoutSeconds": 100,
            **fields,
        }
    }


def _fork(*branches):
    fork = task("FORK_JOIN", "fork", forkTasks=[[one] for one in branches])
    refs = [one["taskReferenceName"] for one in branches]
    return [fork, task("JOIN", "join", joinOn=refs)]


def test_nothing_is_armed_where_nothing_is_due():
    run = Run([task("WAIT", "wait")])

    assert (0, set()) == (run.state.armed, run.timers)


def test_the_earliest_deadline_is_armed():
    run = Run(
        _fork(
            simple("slow", **_definition()),
            task("WAIT", "wait", inputParameters={"duration": "30s"}),
            simple("fast", **_definition(pollTimeoutSeconds=20)),
        )
    )

    assert {run.now + 20 * SECOND} == run.timers == {run.state.armed}


def test_a_later_deadline_arms_nothing():
    run = Run(
        [
            *_fork(simple("one", **_definition()), simple("two", **_definition())),
        ]
    )
    armed = run.state.armed
    run.now += 10 * SECOND
    run.report("one", "IN_PROGRESS")

    assert (armed, {armed}) == (run.state.armed, run.timers)


def test_a_sooner_deadline_moves_it_closer():
    wait = task("WAIT", "wait", inputParameters={"duration": "5s"})
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[simple("one", **_definition())], [task("HUMAN", "human"), wait]],
    )
    run = Run([fork, task("JOIN", "join", joinOn=["one", "wait"])])
    later = run.state.armed
    run.now += SECOND
    run.report("human")

    assert run.now + 5 * SECOND == run.state.armed
    assert {later, run.state.armed} == run.timers


def test_a_wake_up_that_finds_more_time_arms_the_next_and_records_nothing():
    run = Run([simple("one", **_definition())])
    run.now += 60 * SECOND
    run.lease(run.state.tasks["one"])
    run.now = run.state.armed
    decision = run.wake()

    assert () == decision.events
    assert {run.now + 60 * SECOND} == run.timers


def test_a_report_after_that_does_not_push_the_deadlines_of_others_away():
    run = Run(_fork(simple("one", **_definition()), simple("two", **_definition())))
    for ref in ("one", "two"):
        run.now += 30 * SECOND
        run.lease(run.state.tasks[ref])
    due = run.now + 100 * SECOND
    run.now = run.state.armed
    run.wake()
    run.report("one", "IN_PROGRESS")

    assert any(timer <= due for timer in run.timers)
    run.advance(due - run.now)
    assert "TIMED_OUT" == run.statuses()["two"]


def test_an_early_wake_up_looks_at_everything_though_a_later_one_is_recorded():
    run = Run(
        _fork(
            simple("one", optional=True, **_definition()),
            simple("two", **_definition()),
            simple("three", **_definition()),
        )
    )
    begin = run.now
    for ref in ("one", "two"):
        run.now += 30 * SECOND
        run.lease(run.state.tasks[ref])
    run.advance(50 * SECOND)
    run.report("three", "IN_PROGRESS")
    assert begin + 210 * SECOND == run.state.armed
    run.advance(50 * SECOND - 1)

    assert ("COMPLETED_WITH_ERRORS", "SCHEDULED") == (
        run.statuses()["one"],
        run.statuses()["two"],
    )
    run.advance(1)
    assert begin + 160 * SECOND == run.now
    assert "TIMED_OUT" == run.statuses()["two"]


def test_no_lease_is_looked_at_before_the_task_could_have_timed_out():
    run = Run([simple("one", **_definition())])
    run.leases = None

    run.now += 99 * SECOND
    assert () == run.decide(cmd.Wake()).events


def test_alerts_are_not_worth_a_wake_up():
    run = Run(
        [
            simple(
                "one",
                **_definition(
                    responseTimeoutSeconds=0,
                    pollTimeoutSeconds=5,
                    timeoutSeconds=5,
                    totalTimeoutSeconds=5,
                    timeoutPolicy="ALERT_ONLY",
                ),
            )
        ],
        timeoutSeconds=5,
    )

    assert set() == run.timers


def test_an_ended_workflow_arms_nothing():
    run = Run([simple("one", **_definition())])
    decision = run.decide(cmd.Terminate())

    assert (0, 0) == (decision.wake, run.state.armed)
