"""Automatic retries: whether, when, and what an attempt takes over: reference 4.4."""

import pytest

from podium.decider.retries import delay_before
from podium.model.task_definition import TaskDef
from world import HOUR, SECOND, simple, task

INT_MAX = 2**31 - 1


def _definition(**fields):
    return TaskDef.from_json({"name": "work", **fields})


DELAYS = {
    "fixed": ({"retryLogic": "FIXED", "retryDelaySeconds": 7}, [7, 7, 7, 7]),
    "fixed-ignores-the-scale": (
        {"retryLogic": "FIXED", "retryDelaySeconds": 7, "backoffScaleFactor": 5},
        [7, 7, 7],
    ),
    "fixed-capped": (
        {"retryLogic": "FIXED", "retryDelaySeconds": 7, "maxRetryDelaySeconds": 5},
        [5, 5],
    ),
    "linear": (
        {"retryLogic": "LINEAR_BACKOFF", "retryDelaySeconds": 7},
        [7, 14, 21, 28],
    ),
    "linear-scaled": (
        {
            "retryLogic": "LINEAR_BACKOFF",
            "retryDelaySeconds": 7,
            "backoffScaleFactor": 3,
        },
        [21, 42, 63],
    ),
    "linear-capped": (
        {
            "retryLogic": "LINEAR_BACKOFF",
            "retryDelaySeconds": 7,
            "maxRetryDelaySeconds": 20,
        },
        [7, 14, 20, 20],
    ),
    "exponential": (
        {"retryLogic": "EXPONENTIAL_BACKOFF", "retryDelaySeconds": 7},
        [7, 14, 28, 56, 112],
    ),
    "exponential-ignores-the-scale": (
        {
            "retryLogic": "EXPONENTIAL_BACKOFF",
            "retryDelaySeconds": 7,
            "backoffScaleFactor": 5,
        },
        [7, 14, 28],
    ),
    "exponential-capped": (
        {
            "retryLogic": "EXPONENTIAL_BACKOFF",
            "retryDelaySeconds": 7,
            "maxRetryDelaySeconds": 20,
        },
        [7, 14, 20, 20],
    ),
    "no-delay": ({"retryDelaySeconds": 0}, [0, 0]),
    "default": ({}, [60, 60]),
}


@pytest.mark.parametrize(
    ("definition", "delays"), DELAYS.values(), ids=[f"4.4-{name}" for name in DELAYS]
)
def test_4_4_delay(definition, delays):
    found = [delay_before(n, _definition(**definition)) for n in range(len(delays))]

    assert delays == found


@pytest.mark.parametrize("logic", ["LINEAR_BACKOFF", "EXPONENTIAL_BACKOFF"])
@pytest.mark.parametrize(("cap", "expected"), [(0, INT_MAX), (90, 90)])
def test_4_4_delay_that_overflows_is_the_largest_there_is(logic, cap, expected):
    definition = _definition(
        retryLogic=logic,
        retryDelaySeconds=2**30,
        backoffScaleFactor=4,
        maxRetryDelaySeconds=cap,
    )

    assert expected == delay_before(40, definition)


def _failing(world, *, step=None, **definition):
    world.register_task("work", **definition)
    return world.run([simple("work", **(step or {}))])


@pytest.mark.parametrize(
    ("definition", "delays"),
    [
        ({"retryDelaySeconds": 7}, [7, 7]),
        ({"retryLogic": "LINEAR_BACKOFF", "retryDelaySeconds": 7}, [7, 14]),
        ({"retryLogic": "EXPONENTIAL_BACKOFF", "retryDelaySeconds": 7}, [7, 14]),
    ],
)
def test_4_4_the_next_attempt_can_be_polled_when_its_delay_is_over(
    world, definition, delays
):
    _failing(world, **definition)
    for delay in delays:
        world.fail("work")
        world.advance(delay * SECOND - 1)
        assert [] == world.poll("work")
        world.advance(1)


def test_4_4_a_delay_beyond_the_reach_of_queues_is_kept_to_the_millisecond(world):
    _failing(world, retryDelaySeconds=3 * 3600)
    world.fail("work")

    world.advance(3 * HOUR - 1)
    assert [] == world.poll("work")
    world.advance(1)

    assert 1 == world.take("work")["retryCount"]


def test_4_4_jitter_is_added_after_the_cap_and_shown_nowhere(world, home_name):
    """SQS counts in seconds, and rounds up."""
    delays = set()
    for _ in range(20):
        started = _failing(
            world,
            retryDelaySeconds=100,
            maxRetryDelaySeconds=10,
            backoffJitterMs=2_500,
            responseTimeoutSeconds=3600,
        )
        world.fail("work")
        retried = world.task(started, "work")
        assert (10, 10) == (
            retried["startDelayInSeconds"],
            retried["callbackAfterSeconds"],
        )
        delays.add(_milliseconds_until_polled(world, "work"))
        world.podium.workflows.terminate(started, None)

    longest, different = (13_000, 3) if home_name == "aws" else (12_500, 10)
    assert all(10_000 <= delay <= longest for delay in delays)
    assert len(delays) >= different


def _milliseconds_until_polled(world, task_type):
    begin = world.clock.now()
    while not world.poll(task_type):
        due = world.opened.queues.next_due(task_type)
        world.advance(due - world.clock.now())
    return world.clock.now() - begin


# --- the budget --------------------------------------------------------------------


def _fail_until_over(world, started):
    failures = 0
    while world.status(started) == "RUNNING":
        world.fail("work")
        failures += 1
        world.advance(HOUR)
    return failures


@pytest.mark.parametrize(
    ("definition", "step", "attempts"),
    [
        ({"retryCount": 2}, {}, 3),
        ({"retryCount": 0}, {}, 1),
        ({"retryCount": 2}, {"retryCount": 1}, 2),
        ({"retryCount": 2}, {"retryCount": 0}, 1),
        ({"retryCount": 0}, {"retryCount": 2}, 3),
    ],
)
def test_4_4_the_step_overrides_the_budget_of_the_definition(
    world, definition, step, attempts
):
    started = _failing(world, step=step, **definition)

    assert attempts == _fail_until_over(world, started)
    assert "FAILED" == world.status(started)


def test_4_4_a_simple_task_that_nobody_registered_has_three_retries_a_minute_apart(
    world,
):
    started = world.run([simple("work")])

    world.fail("work")
    assert 60 == world.task(started, "work")["startDelayInSeconds"]
    world.advance(HOUR)

    assert 3 == _fail_until_over(world, started)


def test_4_4_a_system_task_that_nobody_registered_is_not_retried(world):
    started = world.run([task("START_WORKFLOW", "go")])

    assert [("go", "FAILED")] == world.tasks(started)
    assert "FAILED" == world.status(started)


def test_4_4_a_system_task_is_retried_where_its_step_says_so(world):
    started = world.run([task("START_WORKFLOW", "go", retryCount=1)])

    assert [("go", "FAILED"), ("go", "SCHEDULED")] == world.tasks(started)
    world.advance(60 * SECOND)

    assert [("go", "FAILED")] * 2 == world.tasks(started)
    assert "FAILED" == world.status(started)


def test_4_4_built_in_tasks_are_never_retried(world):
    switch = task(
        "SWITCH",
        "choose",
        retryCount=3,
        evaluatorType="javascript",
        expression="nobody.knows",
        decisionCases={"a": [simple("work")]},
    )
    started = world.run([switch])

    assert [("choose", "FAILED")] == world.tasks(started)


ENDS = [
    ("FAILED", "FAILED", 2),
    ("FAILED_WITH_TERMINAL_ERROR", "FAILED", 1),
    ("CANCELED", "TERMINATED", 1),
]


@pytest.mark.parametrize(("status", "end", "attempts"), ENDS)
def test_4_4_what_becomes_of_the_workflow(world, status, end, attempts):
    started = _failing(world, retryCount=1, retryDelaySeconds=0)
    for _ in range(attempts):
        failed = world.fail("work", "it broke", status)

    shown = world.workflow(started)
    assert attempts == len(shown["tasks"])
    assert (
        end,
        f"Task {failed['taskId']} failed with status: {end} and reason: 'it broke'",
    ) == (shown["status"], shown["reasonForIncompletion"])


def test_4_4_a_reason_that_is_not_there_reads_null(world):
    started = _failing(world, retryCount=0)
    failed = world.fail("work", None)

    assert (
        f"Task {failed['taskId']} failed with status: FAILED and reason: 'null'"
    ) == world.workflow(started)["reasonForIncompletion"]


def test_4_4_the_last_attempt_that_times_out_times_the_workflow_out(world):
    started = _failing(
        world, retryCount=1, retryDelaySeconds=0, responseTimeoutSeconds=10
    )
    for _ in range(2):
        last = world.take("work")
        world.advance(10 * SECOND)

    shown = world.workflow(started)
    reason = world.task(started, "work")["reasonForIncompletion"]
    assert (
        "TIMED_OUT",
        f"Task {last['taskId']} failed with status: TIMED_OUT and reason: '{reason}'",
    ) == (shown["status"], shown["reasonForIncompletion"])


# --- the new attempt ---------------------------------------------------------------


def test_4_4_attempt_begins_anew_and_names_the_one_before(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=5)
    started = world.run([simple("work"), simple("next")])
    world.advance(3 * SECOND)
    failed = world.take("work")
    world.report(
        failed, "FAILED", output={"half": True}, reasonForIncompletion="it broke"
    )

    old, new = world.workflow(started)["tasks"]
    assert (True, False, 0) == (old["retried"], old["executed"], old["retryCount"])
    assert {
        "retriedTaskId": failed["taskId"],
        "retryCount": 1,
        "status": "SCHEDULED",
        "startDelayInSeconds": 5,
        "callbackAfterSeconds": 5,
        "seq": 2,
        "outputData": {},
        "startTime": 0,
        "endTime": 0,
        "pollCount": 0,
        "retried": False,
        "reasonForIncompletion": "it broke",
        "scheduledTime": world.clock.now(),
    } == {
        key: new[key]
        for key in (
            "retriedTaskId",
            "retryCount",
            "status",
            "startDelayInSeconds",
            "callbackAfterSeconds",
            "seq",
            "outputData",
            "startTime",
            "endTime",
            "pollCount",
            "retried",
            "reasonForIncompletion",
            "scheduledTime",
        )
    }
    assert "workerId" not in new


def test_4_4_reason_of_the_attempt_before_is_gone_once_a_worker_reports(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    started = world.run([simple("work")])
    world.fail("work", "it broke")

    world.report(world.take("work"), "IN_PROGRESS")

    assert "reasonForIncompletion" not in world.task(started, "work")


def test_4_4_inputs_are_resolved_again(world):
    fork = task(
        "FORK_JOIN",
        "fork",
        forkTasks=[
            [simple("work", inputParameters={"seen": "${other.output.value}"})],
            [simple("other")],
        ],
    )
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    started = world.run([fork, task("JOIN", "join", joinOn=["work", "other"])])
    first = world.take("work")
    world.complete("other", {"value": 5})
    world.report(first, "FAILED")

    assert [{"seen": None}, {"seen": 5}] == [
        one["inputData"]
        for one in world.workflow(started)["tasks"]
        if one["referenceTaskName"] == "work"
    ]


def test_4_4_a_dynamically_forked_task_keeps_what_its_fork_gave_it(world):
    world.register_task("work", retryCount=1, retryDelaySeconds=0)
    fork = task(
        "FORK_JOIN_DYNAMIC",
        "fork",
        inputParameters={"forkTaskName": "work", "forkTaskInputs": [{"a": 1}]},
    )
    world.run([fork, task("JOIN", "join")])
    world.fail("work")

    assert {"a": 1, "__index": 0} == world.take("work")["inputData"]


def test_4_4_sub_workflow_attempt_starts_a_child_of_its_own(world):
    world.register_task("sub", retryCount=1, retryDelaySeconds=5)
    world.register_task("work", retryCount=0)
    world.register("child", [simple("work")])
    started = world.run(
        [task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})]
    )
    world.fail("work")
    assert "subWorkflowId" not in world.task(started, "sub")
    world.advance(5 * SECOND)
    world.complete("work")

    first, second = world.workflow(started)["tasks"]
    assert ("FAILED", "COMPLETED") == (first["status"], second["status"])
    assert first["subWorkflowId"] != second["subWorkflowId"]
    assert "COMPLETED" == world.status(started)
