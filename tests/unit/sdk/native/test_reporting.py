"""What a native worker reports, and how it keeps its leases, in both homes."""

import pytest

from native_workers import NativeWorker
from podium_sdk import (
    InProgress,
    NotFound,
    TaskResult,
    TerminalError,
    task_context,
    worker_task,
)
from world import SECOND, simple

LARGE = "x" * 300_000
SHORT = {"responseTimeoutSeconds": 60}


@worker_task("t")
def echo(text="", number=0):
    return {"text": text, "number": number}


def run_one(world, **fields):
    """Start a workflow of one task ``t`` and return its id."""
    given = {"text": "${workflow.input.text}"}
    return world.run([simple("t", inputParameters=given)], {"text": "hi"}, **fields)


# --- reporting -------------------------------------------------------------------


def test_a_report_waits_for_the_decider(world):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()

    worker.execute(task)
    assert "RUNNING" == world.status(workflow_id)

    world.settle()
    assert "COMPLETED" == world.status(workflow_id)


def test_start_time_polls_and_worker_are_in_the_journal(world):
    workflow_id = run_one(world)
    world.advance(5 * SECOND)
    taken = world.clock.now()
    worker = NativeWorker(world, echo)
    [task] = worker.take()
    world.advance(7 * SECOND)

    worker.execute(task)
    world.settle()

    done = world.task(workflow_id, "t")
    assert (taken, taken + 7 * SECOND) == (done["startTime"], done["endTime"])
    assert ("me", 1) == (done["workerId"], done["pollCount"])


def test_a_report_that_comes_twice_counts_once(world):
    """The second one says that the task is not done; it has long been taken again."""
    workflow_id = run_one(world)
    worker = NativeWorker(world, worker_task("t")(lambda: InProgress(30)))
    [task] = worker.take()
    worker.execute(task)
    world.settle()
    world.advance(30 * SECOND)
    [again] = worker.take()

    worker.execute(task)
    world.settle()
    world.advance(30 * SECOND)

    assert [] == worker.take(), "nobody but the one that has it"
    NativeWorker(world, echo).execute(again)
    world.settle()
    assert "COMPLETED" == world.status(workflow_id)
    assert 2 == world.task(workflow_id, "t")["pollCount"]


def test_a_function_that_is_not_done_is_called_again_with_what_it_has(world):
    seen = []

    @worker_task("t")
    def in_steps():
        seen.append(task_context().task.output_data)
        return InProgress(1_000, {"step": 1}) if len(seen) == 1 else {"step": 2}

    workflow_id = run_one(world)
    worker = NativeWorker(world, in_steps)
    worker.work()

    world.advance(999 * SECOND)
    assert 0 == worker.work()
    world.advance(1 * SECOND)
    assert 1 == worker.work()

    assert [{}, {"step": 1}] == seen
    assert {"step": 2} == world.output_of(workflow_id, "t")


def test_a_failure_is_retried_and_a_terminal_error_is_not(world):
    attempts = []

    @worker_task("t")
    def fails():
        attempts.append(task_context().attempt)
        if len(attempts) == 1:
            raise ConnectionError("the bank is away")
        raise TerminalError("the card is stolen")

    world.register_task("t", retryCount=5, retryDelaySeconds=10)
    workflow_id = run_one(world)
    worker = NativeWorker(world, fails)
    worker.work()
    world.advance(10 * SECOND)
    worker.work()
    world.advance(60 * SECOND)

    assert [1, 2] == attempts
    assert ["FAILED", "FAILED_WITH_TERMINAL_ERROR"] == [
        status for _, status in world.tasks(workflow_id)
    ]
    assert "the card is stolen" == world.task(workflow_id, "t")["reasonForIncompletion"]


def test_what_a_function_logs_is_among_the_tasks_logs(world):
    @worker_task("t")
    def speaks():
        task_context().log("charging")
        task_context().log("charged")

    workflow_id = run_one(world)
    NativeWorker(world, speaks).work()

    logs = world.podium.tasks.logs(world.task(workflow_id, "t")["taskId"])
    assert ["charging", "charged"] == [one["log"] for one in logs]


def test_large_inputs_and_results_arrive_whole(world):
    workflow_id = world.run(
        [simple("t", inputParameters={"text": "${workflow.input.text}"})],
        {"text": LARGE},
    )

    NativeWorker(world, echo).work()

    assert {"text": LARGE, "number": 0} == world.output_of(workflow_id, "t")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("x" * 10_500_000, "over the limit"),
        ("\ud800", "surrogates not allowed"),
    ],
    ids=["too large", "half a character"],
)
def test_a_result_that_no_decider_would_take_fails_and_says_so(world, output, reason):
    workflow_id = run_one(world)

    NativeWorker(world, worker_task("t")(lambda: output)).work()

    task = world.task(workflow_id, "t")
    assert "FAILED_WITH_TERMINAL_ERROR" == task["status"]
    assert "The server refused the result" in task["reasonForIncompletion"]
    assert reason in task["reasonForIncompletion"]


def test_a_task_that_is_given_back_comes_to_the_next_worker(world):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()

    worker.reporter.give_back(task)
    world.settle()

    assert 1 == worker.work()
    assert "COMPLETED" == world.status(workflow_id)


# --- leases ----------------------------------------------------------------------


def test_a_worker_that_dies_has_its_task_retried_by_the_response_timeout(world):
    world.register_task("t", **SHORT, retryCount=1, retryDelaySeconds=0)
    workflow_id = run_one(world)
    dies, lives = NativeWorker(world, echo), NativeWorker(world, echo, "other")
    [task] = dies.take()
    dies.go_on(task)

    world.advance(59 * SECOND)
    assert 0 == lives.work(), "it may yet report"
    world.advance(2 * SECOND)
    assert 1 == lives.work()

    assert ["TIMED_OUT", "COMPLETED"] == [
        status for _, status in world.tasks(workflow_id)
    ]


def test_a_lease_that_is_extended_moves_the_response_timeout(world):
    world.register_task("t", **SHORT)
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()
    assert 60 == task.response_timeout_seconds

    for _ in range(3):
        world.advance(48 * SECOND)
        worker.reporter.extend_lease(task)
    world.advance(48 * SECOND)
    worker.execute(task)
    world.settle()

    assert "COMPLETED" == world.status(workflow_id)


def test_there_is_no_lease_to_extend_of_a_task_that_is_gone(world):
    worker = NativeWorker(world, echo)
    workflow_id = run_one(world)
    [task] = worker.take()
    world.podium.workflows.terminate(workflow_id, "enough")
    world.podium.workflows.remove(workflow_id, archive=False)

    with pytest.raises(NotFound):
        worker.reporter.extend_lease(task)


def test_a_result_may_say_that_the_lease_is_to_be_extended(world):
    world.register_task("t", **SHORT)
    workflow_id = run_one(world)
    worker = NativeWorker(
        world, worker_task("t")(lambda: TaskResult(extend_lease=True))
    )
    [task] = worker.take()

    world.advance(50 * SECOND)
    worker.execute(task)
    world.advance(50 * SECOND)

    assert "IN_PROGRESS" == world.status_of(workflow_id, "t")


def test_a_late_report_on_a_task_that_timed_out_changes_nothing(world):
    world.register_task("t", **SHORT, retryCount=1, retryDelaySeconds=0)
    workflow_id = run_one(world)
    late = NativeWorker(world, worker_task("t")(lambda: "late"))
    [task] = late.take()
    late.go_on(task)
    world.advance(61 * SECOND)

    late.execute(task)
    world.settle()

    assert ["TIMED_OUT", "SCHEDULED"] == [
        status for _, status in world.tasks(workflow_id)
    ]
