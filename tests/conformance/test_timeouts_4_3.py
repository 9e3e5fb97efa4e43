"""Timeouts of tasks and workflows, each at its very moment: reference 4.3."""

import pytest

from world import HOUR, MINUTE, SECOND, simple, task

NO_RETRY = {"retryCount": 0}


def _one_task(world, **definition):
    world.register_task("work", **{**NO_RETRY, **definition})
    return world.run([simple("work")])


def _status(world, started, ref="work"):
    return (world.status(started), world.task(started, ref)["status"])


def _just_before_and_at(world, milliseconds, started):
    """Return the statuses one millisecond before a moment, and at it."""
    world.advance(milliseconds - 1)
    before = _status(world, started)
    world.advance(1)
    return [before, _status(world, started)]


# --- the workflow's own ------------------------------------------------------------


def test_4_3_workflow_times_out_when_it_is_due(world):
    started = world.run(
        [simple("work")], timeoutSeconds=100, timeoutPolicy="TIME_OUT_WF"
    )

    assert [("RUNNING", "SCHEDULED"), ("TIMED_OUT", "CANCELED")] == _just_before_and_at(
        world, 100 * SECOND, started
    )
    assert (
        "Workflow timed out after 100 seconds. Timeout configured as 100 seconds. "
        "Timeout policy configured to TIME_OUT_WF"
    ) == world.workflow(started)["reasonForIncompletion"]


def test_4_3_workflow_with_alert_only_goes_on(world):
    started = world.run(
        [simple("work")], timeoutSeconds=100, timeoutPolicy="ALERT_ONLY"
    )

    world.advance(HOUR)

    assert "RUNNING" == world.status(started)


def test_4_3_workflow_times_out_while_it_is_paused(world):
    started = world.run(
        [simple("work")], timeoutSeconds=100, timeoutPolicy="TIME_OUT_WF"
    )
    world.podium.workflows.pause(started)

    assert [("PAUSED", "SCHEDULED"), ("TIMED_OUT", "CANCELED")] == _just_before_and_at(
        world, 100 * SECOND, started
    )


def test_4_3_resuming_starts_the_workflow_clock_again(world):
    started = world.run(
        [simple("work")], timeoutSeconds=100, timeoutPolicy="TIME_OUT_WF"
    )
    world.advance(60 * SECOND)
    world.podium.workflows.pause(started)
    world.podium.workflows.resume(started)

    assert [("RUNNING", "SCHEDULED"), ("TIMED_OUT", "CANCELED")] == _just_before_and_at(
        world, 100 * SECOND, started
    )


def test_4_3_a_report_that_comes_after_the_workflow_timeout_is_too_late(world):
    started = world.run(
        [simple("work")], timeoutSeconds=100, timeoutPolicy="TIME_OUT_WF"
    )
    polled = world.take("work")

    world.clock.advance(100 * SECOND)
    world.report(polled)

    assert ("TIMED_OUT", "COMPLETED") == _status(world, started)


# --- a task's, by policy -----------------------------------------------------------

POLICIES = [
    ("TIME_OUT_WF", [("RUNNING", "{open}"), ("TIMED_OUT", "TIMED_OUT")]),
    ("RETRY", [("RUNNING", "{open}"), ("TIMED_OUT", "TIMED_OUT")]),
    ("ALERT_ONLY", [("RUNNING", "{open}"), ("RUNNING", "{open}")]),
]


def _expected(rows, status):
    return [(flow, status if one == "{open}" else one) for flow, one in rows]


@pytest.mark.parametrize(("policy", "rows"), POLICIES)
def test_4_3_poll_timeout_runs_until_somebody_polls(world, policy, rows):
    started = _one_task(world, pollTimeoutSeconds=30, timeoutPolicy=policy)

    assert _expected(rows, "SCHEDULED") == _just_before_and_at(
        world, 30 * SECOND, started
    )


@pytest.mark.parametrize(("policy", "rows"), POLICIES)
def test_4_3_task_timeout_runs_from_the_first_poll(world, policy, rows):
    started = _one_task(
        world, timeoutSeconds=30, responseTimeoutSeconds=30, timeoutPolicy=policy
    )
    world.advance(10 * SECOND)
    polled = world.take("work")
    world.advance(20 * SECOND)
    world.report(polled, "IN_PROGRESS")

    world.take("work")

    assert _expected(rows, "IN_PROGRESS") == _just_before_and_at(
        world, 10 * SECOND, started
    )


@pytest.mark.parametrize(("policy", "rows"), POLICIES)
def test_4_3_total_timeout_runs_from_the_first_scheduling(world, policy, rows):
    started = _one_task(world, totalTimeoutSeconds=30, timeoutPolicy=policy)

    assert _expected(rows, "SCHEDULED") == _just_before_and_at(
        world, 30 * SECOND, started
    )


@pytest.mark.parametrize("policy", ["TIME_OUT_WF", "RETRY", "ALERT_ONLY"])
def test_4_3_response_timeout_heeds_no_policy(world, policy):
    started = _one_task(
        world,
        responseTimeoutSeconds=30,
        timeoutPolicy=policy,
        retryCount=1,
        retryDelaySeconds=5,
    )
    world.take("work")

    assert [("RUNNING", "IN_PROGRESS"), ("RUNNING", "SCHEDULED")] == (
        _just_before_and_at(world, 30 * SECOND, started)
    )
    assert [("work", "TIMED_OUT"), ("work", "SCHEDULED")] == world.tasks(started)


@pytest.mark.parametrize(
    ("definition", "is_polled", "reason"),
    [
        (
            {"pollTimeoutSeconds": 30},
            False,
            (
                "Task poll timed out after 30 seconds. Poll timeout configured as 30 "
                "seconds. Timeout policy configured to RETRY"
            ),
        ),
        (
            {"timeoutSeconds": 30, "responseTimeoutSeconds": 30},
            True,
            (
                "Task timed out after 30 seconds. Timeout configured as 30 seconds. "
                "Timeout policy configured to RETRY"
            ),
        ),
        (
            {"totalTimeoutSeconds": 30},
            False,
            (
                "Task work/{id} exceeded total timeout of 30 seconds (elapsed 30 "
                "seconds across all attempts including retry delays). "
                "Timeout policy: RETRY"
            ),
        ),
        (
            {"responseTimeoutSeconds": 30},
            True,
            (
                "responseTimeout: 30 exceeded for the taskId: {id} with Task "
                "Definition: work"
            ),
        ),
    ],
    ids=["poll", "task", "total", "response"],
)
def test_4_3_reasons(world, definition, is_polled, reason):
    started = _one_task(world, timeoutPolicy="RETRY", **definition)
    if is_polled:
        world.take("work")

    world.advance(30 * SECOND)

    timed_out = world.task(started, "work")
    assert reason.format(id=timed_out["taskId"]) == timed_out["reasonForIncompletion"]


def test_4_3_time_out_wf_ends_the_workflow_without_a_retry_even_of_an_optional_task(
    world,
):
    world.register_task(
        "work", retryCount=3, pollTimeoutSeconds=30, timeoutPolicy="TIME_OUT_WF"
    )
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[[simple("work", optional=True)], [simple("other")]],
    )
    started = world.run([fork, task("JOIN", "join", joinOn=["work", "other"])])

    world.advance(30 * SECOND)

    assert [
        ("fork", "COMPLETED"),
        ("work", "TIMED_OUT"),
        ("other", "CANCELED"),
        ("join", "CANCELED"),
    ] == world.tasks(started)
    shown = world.workflow(started)
    assert "TIMED_OUT" == shown["status"]
    assert (
        world.task(started, "work")["reasonForIncompletion"]
        == (shown["reasonForIncompletion"])
    )


def test_4_3_retry_policy_tries_again_until_the_budget_is_used_up(world):
    started = _one_task(
        world,
        retryCount=1,
        retryDelaySeconds=10,
        pollTimeoutSeconds=30,
        timeoutPolicy="RETRY",
    )

    world.advance(30 * SECOND)
    assert ("RUNNING", "SCHEDULED") == _status(world, started)

    assert [("RUNNING", "SCHEDULED"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, (10 + 30) * SECOND, started)
    )
    assert [("work", "TIMED_OUT")] * 2 == world.tasks(started)


# --- their clocks ------------------------------------------------------------------


def test_4_3_poll_timeout_begins_after_the_start_delay(world):
    world.register_task("work", pollTimeoutSeconds=30, **NO_RETRY)
    started = world.run([simple("work", startDelay=60)])

    assert [("RUNNING", "SCHEDULED"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, 90 * SECOND, started)
    )


def test_4_3_poll_timeout_is_over_once_the_task_is_polled(world):
    started = _one_task(world, pollTimeoutSeconds=30)
    world.advance(30 * SECOND - 1)

    world.take("work")
    world.advance(MINUTE)

    assert ("RUNNING", "IN_PROGRESS") == _status(world, started)


def test_4_3_poll_timeout_begins_again_when_a_worker_wants_to_be_called_back(world):
    started = _one_task(world, pollTimeoutSeconds=30)
    world.report(world.take("work"), "IN_PROGRESS", callbackAfterSeconds=100)

    assert [("RUNNING", "SCHEDULED"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, 130 * SECOND, started)
    )


def test_4_3_task_timeout_counts_the_start_delay_on_top(world):
    world.register_task(
        "work", timeoutSeconds=30, responseTimeoutSeconds=30, **NO_RETRY
    )
    started = world.run([simple("work", startDelay=10)])
    world.advance(10 * SECOND)
    world.report(world.take("work"), "IN_PROGRESS")
    world.advance(20 * SECOND)
    world.take("work")

    assert [("RUNNING", "IN_PROGRESS"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, 20 * SECOND, started)
    )


def test_4_3_response_timeout_moves_with_every_extension_of_the_lease(world):
    started = _one_task(world, responseTimeoutSeconds=30)
    polled = world.take("work")
    world.advance(20 * SECOND)
    world.report(polled, extendLease=True)
    world.advance(20 * SECOND)
    world.report(polled, extendLease=True)

    assert [("RUNNING", "IN_PROGRESS"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, 30 * SECOND, started)
    )


def test_4_3_response_timeout_does_not_run_while_nobody_has_the_task(world):
    started = _one_task(world, responseTimeoutSeconds=30)
    world.advance(HOUR)
    world.report(world.take("work"), "IN_PROGRESS", callbackAfterSeconds=7200)
    world.advance(2 * HOUR)

    assert ("RUNNING", "SCHEDULED") == _status(world, started)


def test_4_3_response_timeout_runs_from_the_poll_that_came_late(world):
    started = _one_task(world, responseTimeoutSeconds=30)
    world.advance(25 * SECOND)
    world.take("work")

    assert [("RUNNING", "IN_PROGRESS"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, 30 * SECOND, started)
    )


def test_4_3_no_timeout_is_late_because_others_were_busy_in_between(world):
    """The reports on one task must not push away the deadline of another."""
    world.register_task("silent", responseTimeoutSeconds=100, **NO_RETRY)
    world.register_task("busy", responseTimeoutSeconds=100)
    fork = task("FORK_JOIN", "fork", forkTasks=[[simple("silent")], [simple("busy")]])
    started = world.run([fork, task("JOIN", "join", joinOn=["silent", "busy"])])
    world.advance(70 * SECOND)
    world.take("silent")
    for _ in range(9):
        world.report(world.take("busy"), "IN_PROGRESS")
        world.advance(10 * SECOND)
    world.advance(10 * SECOND - 1)
    before = _status(world, started, "silent")
    world.advance(1)

    assert [("RUNNING", "IN_PROGRESS"), ("TIMED_OUT", "TIMED_OUT")] == [
        before,
        _status(world, started, "silent"),
    ]


def test_4_3_total_timeout_spans_all_attempts(world):
    started = _one_task(
        world,
        totalTimeoutSeconds=100,
        retryCount=10,
        retryDelaySeconds=40,
        timeoutPolicy="RETRY",
    )
    for _ in range(2):
        world.fail("work")
        world.advance(40 * SECOND)

    assert [("RUNNING", "SCHEDULED"), ("TIMED_OUT", "TIMED_OUT")] == (
        _just_before_and_at(world, 20 * SECOND, started)
    )


def test_4_3_no_retry_follows_once_the_total_timeout_has_passed(world):
    started = _one_task(
        world,
        totalTimeoutSeconds=100,
        retryCount=10,
        retryDelaySeconds=0,
        timeoutPolicy="ALERT_ONLY",
    )
    world.advance(100 * SECOND)
    failed = world.fail("work")

    assert ("FAILED", "FAILED") == _status(world, started)
    assert (
        f"Task {failed['taskId']}/work exceeded total timeout of 100 seconds "
        "(elapsed 100 seconds across all attempts). "
        "No further retries will be attempted."
    ) == world.workflow(started)["reasonForIncompletion"]


def test_4_3_tasks_do_not_time_out_while_the_workflow_is_paused(world):
    started = _one_task(world, pollTimeoutSeconds=30)
    world.podium.workflows.pause(started)
    world.advance(HOUR)
    assert ("PAUSED", "SCHEDULED") == _status(world, started)

    world.podium.workflows.resume(started)

    assert ("TIMED_OUT", "TIMED_OUT") == _status(world, started)


def test_4_3_human_task_with_a_registered_definition_has_its_response_timeout(world):
    world.register_task("approve", responseTimeoutSeconds=30, **NO_RETRY)
    started = world.run([task("HUMAN", "approve")])

    world.advance(30 * SECOND - 1)
    before = _status(world, started, "approve")
    world.advance(1)

    assert [("RUNNING", "IN_PROGRESS"), ("TIMED_OUT", "TIMED_OUT")] == [
        before,
        _status(world, started, "approve"),
    ]


def test_4_3_sub_workflow_task_has_no_response_timeout(world):
    world.register("child", [simple("work")])
    world.register_task("sub", responseTimeoutSeconds=30, **NO_RETRY)
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})]
    )

    world.advance(HOUR)

    assert ("RUNNING", "IN_PROGRESS") == _status(world, started, "sub")


def test_4_3_task_timeout_of_a_sub_workflow_ends_its_child(world):
    world.register("child", [simple("work")])
    world.register_task("sub", timeoutSeconds=30, responseTimeoutSeconds=30, **NO_RETRY)
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})]
    )
    child = world.task(started, "sub")["subWorkflowId"]

    world.advance(30 * SECOND)

    assert ("TIMED_OUT", "TIMED_OUT") == _status(world, started, "sub")
    assert "TERMINATED" == world.status(child)


# --- longer than there are calendars for ---------------------------------------------


@pytest.mark.parametrize("seconds", [10**10, 10**15, 2**63 - 1])
def test_4_3_what_times_out_after_ages_is_worked_on_and_ends(world, seconds):
    started = _one_task(
        world,
        responseTimeoutSeconds=seconds,
        timeoutSeconds=seconds,
        pollTimeoutSeconds=2**31 - 1,
    )

    taken = world.take("work")
    world.report(taken, "IN_PROGRESS", callbackAfterSeconds=seconds)
    world.advance(HOUR)
    held = _status(world, started)
    world.report(taken)
    world.settle()

    assert [("RUNNING", "SCHEDULED"), ("COMPLETED", "COMPLETED")] == [
        held,
        _status(world, started),
    ]


def test_4_3_workflow_that_times_out_after_ages_ends_before(world):
    started = world.run(
        [simple("work")], timeoutSeconds=2**63 - 1, timeoutPolicy="TIME_OUT_WF"
    )

    world.advance(HOUR)
    world.complete("work")
    world.settle()

    assert "COMPLETED" == world.status(started)


@pytest.mark.parametrize("how", ["TIMED_OUT", "CANCELED"])
def test_2_7_a_task_that_was_taken_away_names_the_worker_that_had_it(world, how):
    world.register_task("work", retryCount=0, responseTimeoutSeconds=30)
    started = world.run([simple("work")])
    world.poll("work", worker="me")

    if how == "TIMED_OUT":
        world.advance(30 * SECOND)
    else:
        world.terminate(started, "enough")

    shown = world.task(started, "work")
    assert (how, "me", 1) == (shown["status"], shown["workerId"], shown["pollCount"])
