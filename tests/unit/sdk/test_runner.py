"""The runner: polling, executing, reporting, leases and the end of it all.

The server is scripted, the time is moved by hand where it matters, and every thread is
met at an event.
"""

import logging
import os
import signal
import threading
from contextlib import contextmanager

import pytest

from podium_sdk import (
    Backoff,
    InProgress,
    PodiumClient,
    RunnerSettings,
    Task,
    TaskRunner,
    Unreachable,
    worker_task,
)
from podium_sdk.lifecycle import Lifecycle
from podium_sdk.reporter import Reporter
from podium_sdk.task_client import RestTaskClient
from podium_sdk.testing import ManualTiming, ScriptedTransport
from podium_sdk.transport import Response

POLL = "/tasks/poll/batch/*"
V1 = "/tasks"
V2 = "/tasks/update-v2"
LATE = 5


def no_dice(first, longest):
    return Backoff(first, longest, draw=lambda: 0.0)


SETTINGS = RunnerSettings(
    worker_id="me",
    grace=LATE,
    poll_backoff=no_dice(0.5, 30),
    idle_backoff=no_dice(0.1, 1),
    report_backoff=no_dice(1, 60),
    report_attempts=4,
)


def task(task_id="1", **fields):
    return {
        "taskId": task_id,
        "workflowInstanceId": "w",
        "taskDefName": "t",
        "status": "IN_PROGRESS",
        **fields,
    }


@pytest.fixture
def transport():
    """A server with nothing to do, which takes every report."""
    idle = ScriptedTransport()
    return idle.on("GET", POLL, []).on("POST", V1, "id").on("POST", V2, None)


@pytest.fixture
def timing():
    return ManualTiming()


@pytest.fixture
def start(transport, timing):
    """Start runners that are stopped when the test is over."""
    runners = []

    def start(*workers, settings=SETTINGS, timing=timing):
        runner = TaskRunner(
            PodiumClient(transport=transport), workers, settings, timing
        )
        runner.start()
        runners.append(runner)
        return runner

    yield start
    for runner in runners:
        runner.stop()


@contextmanager
def stopping(runner):
    """Stop a runner in a thread of its own, and await its end."""
    thread = threading.Thread(target=runner.stop)
    thread.start()
    lifecycle = runner._lifecycle
    with lifecycle.changed:
        assert lifecycle.changed.wait_for(lambda: lifecycle.is_stopping, LATE)
    yield
    thread.join(LATE)
    assert not thread.is_alive()


class Gate:
    """A function that has begun, and ends when it is told to."""

    def __init__(self):
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()

    def __call__(self):
        self.entered.release()
        assert self.opened.wait(LATE)
        return "done"

    def wait_until_entered(self, times=1):
        for _ in range(times):
            assert self.entered.acquire(timeout=LATE)


def bodies(requests):
    return [one.json() for one in requests]


def query(request):
    return dict(request.query)


# --- polling ---------------------------------------------------------------------


def test_a_runner_needs_a_worker(transport):
    with pytest.raises(ValueError, match="needs a worker"):
        TaskRunner(PodiumClient(transport=transport), [])


def test_a_runner_starts_once(start):
    runner = start(worker_task("t")(lambda: None))

    with pytest.raises(RuntimeError):
        runner.start()


def test_a_poll_asks_for_the_free_slots_and_lets_the_server_hold_it(start, transport):
    start(worker_task("t", concurrency=4, domain="d", poll_timeout=2)(lambda: None))

    [poll] = transport.wait_for("GET", POLL)

    assert "/tasks/poll/batch/t" == poll.path
    expected = {"workerid": "me", "domain": "d", "count": "4", "timeout": "2000"}
    assert (expected, 2) == (query(poll), poll.hold_seconds)


def test_only_as_many_tasks_are_asked_for_as_slots_are_free(start, transport):
    gate = Gate()
    transport.on("GET", POLL, [task("1"), task("2")], [])
    start(worker_task("t", concurrency=3)(gate))

    gate.wait_until_entered(2)
    polls = transport.wait_for("GET", POLL, 2)

    assert ["3", "1"] == [query(poll)["count"] for poll in polls]
    gate.opened.set()


def test_no_poll_is_sent_while_no_slot_is_free(start, transport, timing):
    gate = Gate()
    transport.on("GET", POLL, [task("1")], [])
    start(worker_task("t")(gate))
    gate.wait_until_entered()

    timing.advance(3600)

    assert 1 == len(transport.sent("GET", POLL))
    gate.opened.set()
    transport.wait_for("GET", POLL, 2)


def test_each_task_type_has_its_own_slots(start, transport):
    slow, quick = Gate(), Gate()
    quick.opened.set()
    transport.on("GET", "/tasks/poll/batch/slow", [task("1")], [])
    transport.on("GET", "/tasks/poll/batch/quick", [task("2")], [])
    start(worker_task("slow")(slow), worker_task("quick")(quick))

    slow.wait_until_entered()
    [report] = bodies(transport.wait_for("POST", V2))

    assert "2" == report["taskId"]
    slow.opened.set()


def test_functions_run_at_the_same_time_up_to_the_concurrency(start, transport):
    together = threading.Barrier(3)
    transport.on("GET", POLL, [task(str(n)) for n in range(3)], [])
    start(worker_task("t", concurrency=3)(lambda: together.wait(LATE) and None))

    reports = bodies(transport.wait_for("POST", V2, 3))

    assert {"COMPLETED"} == {report["status"] for report in reports}


def test_empty_answers_that_come_at_once_slow_the_polls_down(start, transport, timing):
    transport.on("GET", POLL, [], [], [], [], [], [task()], [])
    start(worker_task("t")(lambda: None))

    for pause in (0.1, 0.2, 0.4, 0.8, 1.0):
        timing.pass_wait(pause)
    transport.wait_for("POST", V2)

    timing.expect_wait(0.1)


def test_an_empty_answer_that_was_held_is_followed_by_the_next_poll(
    start, transport, timing
):
    def held(_request):
        timing.advance(5)
        return []

    transport.on("GET", POLL, held, held, held, [])
    start(worker_task("t")(lambda: None))

    assert 4 == len(transport.wait_for("GET", POLL, 4))


def test_failing_polls_back_off_and_are_logged_once(start, transport, timing, caplog):
    caplog.set_level(logging.INFO)
    broken = Response.of_json({"message": "broken"}, 500)
    transport.on("GET", POLL, Unreachable("away"), broken, Unreachable("away"), [])
    start(worker_task("t")(lambda: None))

    for pause in (0.5, 1.0, 2.0):
        timing.pass_wait(pause)
    timing.expect_wait(0.1)

    assert [
        "Polls for t fail and are repeated: away",
        "Polls for t succeed again",
    ] == caplog.messages


def test_a_bug_stops_the_runner_and_is_raised(transport):
    transport.on("GET", POLL, ZeroDivisionError("a bug"))
    runner = TaskRunner(PodiumClient(transport=transport), [worker_task("t")(Gate())])

    with pytest.raises(ZeroDivisionError, match="a bug"):
        runner.run()


# --- reporting -------------------------------------------------------------------


def test_a_result_is_reported_with_output_logs_and_worker(start, transport):
    transport.on("GET", POLL, [task(inputData={"name": "Ada"})], [])
    start(worker_task("t")(lambda name: f"Hello, {name}!"))

    [report] = bodies(transport.wait_for("POST", V2))

    expected = {
        "workflowInstanceId": "w",
        "taskId": "1",
        "callbackAfterSeconds": 0,
        "workerId": "me",
        "status": "COMPLETED",
        "outputData": {"result": "Hello, Ada!"},
        "logs": [],
        "extendLease": False,
        "supportsCancellation": False,
    }
    assert expected == report


def test_the_task_that_the_report_returns_is_executed_without_polling(start, transport):
    transport.on("GET", POLL, [task("1")], [])
    transport.on("POST", V2, task("2"), task("3"), None)
    start(worker_task("t")(lambda: None))

    reports = bodies(transport.wait_for("POST", V2, 3))
    polls_before = len(transport.sent("GET", POLL))

    assert ["1", "2", "3"] == [report["taskId"] for report in reports]
    assert polls_before <= 2
    transport.wait_for("GET", POLL, 2)


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_update_v2_is_asked_for_it_once(start, transport, status):
    transport.on("GET", POLL, [task("1"), task("2")], [task("3")], [])
    transport.on("POST", V2, Response.of_json({"message": "no route"}, status))
    start(worker_task("t")(lambda: None))

    reports = bodies(transport.wait_for("POST", V1, 3))

    assert ["1", "2", "3"] == [report["taskId"] for report in reports]
    assert 1 == len(transport.sent("POST", V2))


def test_a_task_that_is_gone_does_not_mean_that_update_v2_is(start, transport, caplog):
    gone = Response.of_json({"message": "No such task found by id: 1"}, 404)
    transport.on("GET", POLL, [task("1")], [task("2")], [])
    transport.on("POST", V2, gone, None).on("POST", V1, gone)
    start(worker_task("t")(lambda: None))

    reports = bodies(transport.wait_for("POST", V2, 2))

    assert ["1", "2"] == [report["taskId"] for report in reports]
    assert "Task 1 is gone: No such task found by id: 1" in caplog.messages


def test_a_report_that_fails_is_repeated_until_it_is_taken(start, transport, timing):
    failing = Response.of_json({"message": "busy"}, 503)
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", V2, Unreachable("away"), failing, failing, None)
    start(worker_task("t")(lambda: "kept"))

    for pause in (1, 2, 4):
        timing.pass_wait(pause)

    reports = bodies(transport.wait_for("POST", V2, 4))
    assert [{"result": "kept"}] * 4 == [report["outputData"] for report in reports]


def test_a_slot_is_not_free_before_its_report_is_taken(start, transport, timing):
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", V2, Unreachable("away"), None)
    start(worker_task("t")(lambda: None))

    timing.expect_wait(1)
    assert 1 == len(transport.sent("GET", POLL))

    timing.advance(1)
    transport.wait_for("GET", POLL, 2)


def test_giving_up_a_report_is_said_clearly(start, transport, timing, caplog):
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", V2, Unreachable("away"))
    start(worker_task("t")(lambda: None))

    for pause in (1, 2, 4):
        timing.pass_wait(pause)
    transport.wait_for("GET", POLL, 2)

    assert 4 == len(transport.sent("POST", V2))
    assert [
        "Task 1 not reported yet: away",
        "The result of task 1 (COMPLETED) is lost after 4 attempts: away",
    ] == caplog.messages


@pytest.mark.parametrize("status", [400, 413])
def test_a_result_that_is_refused_becomes_a_failure_that_says_so(
    start, transport, status
):
    refused = Response.of_json({"message": "payload of 9 MB"}, status)
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", V2, refused, None)
    start(worker_task("t")(lambda: "x"))

    _, report = bodies(transport.wait_for("POST", V2, 2))

    assert "FAILED_WITH_TERMINAL_ERROR" == report["status"]
    expected = "The server refused the result: payload of 9 MB"
    assert (expected, {}) == (report["reasonForIncompletion"], report["outputData"])


def test_a_failure_that_is_refused_too_is_given_up(start, transport, caplog):
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", V2, Response.of_json({"message": "no"}, 400))
    start(worker_task("t")(lambda: "x"))

    transport.wait_for("GET", POLL, 2)

    assert 2 == len(transport.sent("POST", V2))
    assert "is lost after 2 attempts: 400: no" in caplog.messages[-1]


def test_a_report_whose_answer_cannot_be_read_was_taken(start, transport, caplog):
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", V2, "<html>")
    start(worker_task("t")(lambda: None))

    transport.wait_for("GET", POLL, 2)

    assert 1 == len(transport.sent("POST", V2))
    assert "The next task waits for its timeout" in caplog.messages[0]


def test_a_function_that_is_not_done_reports_when_to_ask_again(start, transport):
    transport.on("GET", POLL, [task()], [])
    start(worker_task("t")(lambda: InProgress(30, {"seen": 1})))

    [report] = bodies(transport.wait_for("POST", V2))

    assert ("IN_PROGRESS", 30) == (report["status"], report["callbackAfterSeconds"])


# --- leases ----------------------------------------------------------------------


def test_the_lease_is_extended_at_80_percent_while_the_function_runs(
    start, transport, timing
):
    gate = Gate()
    transport.on("GET", POLL, [task(responseTimeoutSeconds=10)], [])
    start(worker_task("t")(gate))
    gate.wait_until_entered()

    timing.pass_wait(8)
    timing.pass_wait(8)
    extensions = bodies(transport.wait_for("POST", V1, 2))
    gate.opened.set()
    transport.wait_for("POST", V2)

    said = {(one["taskId"], one["status"], one["extendLease"]) for one in extensions}
    assert {("1", "IN_PROGRESS", True)} == said


def test_the_earliest_lease_comes_first(start, transport, timing):
    gate = Gate()
    later, sooner = (task(str(n), responseTimeoutSeconds=n) for n in (100, 10))
    transport.on("GET", POLL, [later, sooner], [])
    start(worker_task("t", concurrency=2)(gate))
    gate.wait_until_entered(2)

    timing.pass_wait(8)

    assert "10" == bodies(transport.wait_for("POST", V1))[0]["taskId"]
    gate.opened.set()


def test_a_finished_task_has_no_lease(start, transport, timing):
    transport.on("GET", POLL, [task(responseTimeoutSeconds=10)], [])
    start(worker_task("t")(lambda: None))

    timing.pass_wait(0.1)
    timing.expect_wait(0.2)
    timing.advance(100)
    timing.expect_wait(0.4)

    assert [] == transport.sent("POST", V1)


def test_an_extension_that_fails_is_tried_again_soon(start, transport, timing):
    gate = Gate()
    transport.on("GET", POLL, [task(responseTimeoutSeconds=10)], [])
    transport.on("POST", V1, Unreachable("away"), "1")
    start(worker_task("t")(gate))
    gate.wait_until_entered()

    timing.pass_wait(8)
    timing.pass_wait(0.5)
    timing.expect_wait(8)

    assert 2 == len(transport.sent("POST", V1))
    gate.opened.set()


def test_the_lease_of_a_task_that_is_gone_is_not_extended_again(
    start, transport, timing
):
    gate = Gate()
    transport.on("GET", POLL, [task(responseTimeoutSeconds=10)], [])
    transport.on("POST", V1, Response.of_json({"message": "No such task"}, 404))
    start(worker_task("t")(gate))
    gate.wait_until_entered()

    timing.pass_wait(8)
    transport.wait_for("POST", V1)
    timing.advance(100)
    gate.opened.set()
    transport.wait_for("POST", V2)

    assert 1 == len(transport.sent("POST", V1))


# --- the end ---------------------------------------------------------------------


def test_running_functions_finish_and_are_reported_before_the_stop_returns(
    start, transport, timing
):
    gate = Gate()
    transport.on("GET", POLL, [task()], [])
    runner = start(worker_task("t", concurrency=2)(gate))
    gate.wait_until_entered()
    timing.expect_wait(0.1)
    polls = transport.sent("GET", POLL)

    with stopping(runner):
        gate.opened.set()

    [report] = bodies(transport.sent("POST", V1))
    assert {"result": "done"} == report["outputData"]
    assert polls == transport.sent("GET", POLL)
    assert [] == transport.sent("POST", V2), "it would hand out another task"


def test_tasks_that_arrive_after_the_stop_are_given_back(start, transport):
    is_stopping = threading.Event()

    def slow(_request):
        assert is_stopping.wait(LATE)
        return [task(outputData={"seen": 1})]

    transport.on("GET", POLL, slow)
    ran = []
    runner = start(worker_task("t")(lambda: ran.append(1)))

    with stopping(runner):
        is_stopping.set()

    [returned] = bodies(transport.sent("POST", V1))
    expected = ("IN_PROGRESS", 0, {"seen": 1})
    assert expected == (
        returned["status"],
        returned["callbackAfterSeconds"],
        returned["outputData"],
    )
    assert [] == ran


def test_a_task_that_cannot_be_given_back_waits_for_its_timeout(
    transport, timing, caplog
):
    tasks = PodiumClient(transport=transport.on("POST", V1, Unreachable("away"))).tasks

    reporter = Reporter(RestTaskClient(tasks), Lifecycle(timing), SETTINGS)

    reporter.give_back(Task(task_id="1"))

    expected = "Task 1 could not be given back and waits for its timeout: away"
    assert [expected] == caplog.messages


def test_a_function_that_outlasts_the_grace_period_is_left_behind(
    start, transport, timing, caplog
):
    gate = Gate()
    transport.on("GET", POLL, [task()], [])
    runner = start(worker_task("t")(gate))
    gate.wait_until_entered()

    with stopping(runner):
        timing.pass_wait(LATE)

    assert "Left behind after 5 s: t 1 (running)" in caplog.messages
    gate.opened.set()
    assert {"result": "done"} == bodies(transport.wait_for("POST", V1))[0]["outputData"]


def test_reports_are_repeated_within_the_grace_period_and_not_beyond(
    start, transport, timing, caplog
):
    transport.on("GET", POLL, [task()], [])
    transport.on("POST", "*", Unreachable("away"))
    runner = start(worker_task("t")(lambda: None))
    timing.expect_wait(1)

    with stopping(runner):
        timing.expect_wait(LATE)
        timing.pass_wait(1)
        timing.expect_wait(2)
        timing.advance(LATE - 1)

    for thread in runner._threads:
        thread.join(LATE)
    assert "Left behind after 5 s: t 1 (not reported)" in caplog.messages
    assert "The result of task 1 (COMPLETED) is lost" in caplog.messages[-1]


def test_a_with_block_stops_at_its_end(transport):
    transport.on("GET", POLL, [task()], [])
    client = PodiumClient(transport=transport)

    with TaskRunner(client, [worker_task("t")(lambda: 1)], SETTINGS):
        transport.wait_for("POST", V2)

    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"podium-t-poll", "podium-t-1"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_ends_by_a_signal_and_reports_what_ran(transport, number):
    before = signal.getsignal(number)
    transport.on("GET", POLL, [task()], [])

    @worker_task("t")
    def send_signal():
        os.kill(os.getpid(), number)

    TaskRunner(PodiumClient(transport=transport), [send_signal], SETTINGS).run()

    reports = transport.sent("POST", V2) + transport.sent("POST", V1)
    assert ["1"] == [report["taskId"] for report in bodies(reports)]
    assert before == signal.getsignal(number)


def test_run_may_be_called_in_any_thread_and_ended_by_stop(transport):
    runner = TaskRunner(
        PodiumClient(transport=transport), [worker_task("t")(lambda: None)], SETTINGS
    )
    thread = threading.Thread(target=runner.run)
    thread.start()
    transport.wait_for("GET", POLL)

    runner.stop()
    thread.join(LATE)

    assert not thread.is_alive()


def test_stopping_twice_is_stopping_once(start):
    runner = start(worker_task("t")(lambda: None))

    runner.stop()
    runner.stop()
