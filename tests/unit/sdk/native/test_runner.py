"""The native runner: threads over an embedded home, and a decider that works along."""

import threading

import pytest

from podium.errors import InvalidInput
from podium_sdk import Backoff, InProgress, RunnerSettings, task_context, worker_task
from podium_sdk.native import NativeRunner, native_workers
from podium_sdk.testing import PATIENCE
from world import SECOND, new_world, simple

SETTINGS = RunnerSettings(
    worker_id="me",
    idle_backoff=Backoff(0.01, 0.02),
    poll_backoff=Backoff(0.01, 0.02),
    grace=PATIENCE,
)


@pytest.fixture
def world():
    """An embedded home: its ports are the same, and threads may share them."""
    with new_world() as opened:
        yield opened


@pytest.fixture
def start(world):
    runners = []

    def start(*workers):
        runner = NativeRunner(
            workers, SETTINGS, native_workers(world.opened.home), longest_wait=0.2
        )
        runner.start()
        runners.append(runner)
        return runner

    yield start
    for runner in runners:
        runner.stop()


def wait_for(world, workflow_id, status):
    """Be the decider until the workflow has this status."""
    looked = threading.Event()
    for _ in range(round(PATIENCE / 0.01)):
        world.settle()
        if world.status(workflow_id) == status:
            return
        looked.wait(0.01)
    raise AssertionError(world.tasks(workflow_id))


def test_workers_of_several_types_take_a_workflow_to_its_end(world, start):
    @worker_task("price", concurrency=3)
    def price(item):
        task_context().log(f"pricing {item}")
        return {"price": len(item)}

    @worker_task("charge")
    def charge(amount: int):
        return f"charged {amount}"

    workflow_id = world.run(
        [
            simple("price", inputParameters={"item": "${workflow.input.item}"}),
            simple("charge", inputParameters={"amount": "${price.output.price}"}),
        ],
        {"item": "globe"},
    )

    start(price, charge)
    wait_for(world, workflow_id, "COMPLETED")

    assert {"result": "charged 5"} == world.output_of(workflow_id, "charge")
    task = world.task(workflow_id, "price")
    assert "me" == task["workerId"]
    logged = world.podium.tasks.logs(task["taskId"])
    assert ["pricing globe"] == [one["log"] for one in logged]


def test_many_tasks_each_run_once(world, start):
    ran = []

    @worker_task("t", concurrency=4)
    def remember(number):
        ran.append(number)

    given = {"number": "${workflow.input.number}"}
    world.register("w", [simple("t", inputParameters=given)])
    workflows = [world.start("w", {"number": number}) for number in range(25)]

    start(remember)
    start(remember)
    for workflow_id in workflows:
        wait_for(world, workflow_id, "COMPLETED")

    assert list(range(25)) == sorted(ran)


def test_running_functions_finish_and_are_reported_before_the_stop_returns(
    world, start
):
    entered, opened = threading.Event(), threading.Event()

    @worker_task("t")
    def slow():
        entered.set()
        assert opened.wait(PATIENCE)

    workflow_id = world.run([simple("t")])
    runner = start(slow)
    assert entered.wait(PATIENCE)
    stopping = threading.Thread(target=runner.stop)
    stopping.start()
    opened.set()
    stopping.join(PATIENCE)

    world.settle()
    assert "COMPLETED" == world.status(workflow_id)


def test_a_message_that_cannot_be_handled_does_not_stop_the_runner(
    world, monkeypatch, caplog
):
    # Of two that are due at once the lower id comes first.
    first, second = sorted([world.run([simple("t")]), world.start("tested")])
    taken = []

    @worker_task("t")
    def one():
        taken.append(task_context().workflow_id)

    deployment = native_workers(world.opened.home)
    take = deployment.take

    def unreadable(received, *rest, **options):
        if received.message.task_id == world.task(first, "t")["taskId"]:
            raise LookupError("the journal is broken")
        return take(received, *rest, **options)

    monkeypatch.setattr(deployment, "take", unreadable)
    with NativeRunner([one], SETTINGS, deployment, longest_wait=0.1):
        wait_for(world, second, "COMPLETED")

    assert [second] == taken
    unread = world.task(first, "t")["taskId"]
    assert f"Task {unread} was not taken" in caplog.messages
    assert "SCHEDULED" == world.status_of(first, "t")


def test_a_function_that_is_not_done_comes_back(world, start):
    calls = []

    @worker_task("t")
    def later():
        calls.append(1)
        return InProgress(30) if len(calls) == 1 else None

    workflow_id = world.run([simple("t")])
    start(later)
    wait = threading.Event()
    while not calls:
        wait.wait(0.01)
    while world.task(workflow_id, "t")["pollCount"] < 1:
        world.settle()
    world.advance(30 * SECOND)

    wait_for(world, workflow_id, "COMPLETED")
    assert 2 == len(calls)


def test_without_a_deployment_the_variables_that_are_missing_are_named(monkeypatch):
    monkeypatch.delenv("PODIUM_BUCKET", raising=False)

    with pytest.raises(InvalidInput, match="PODIUM_BUCKET"):
        NativeRunner([worker_task("t")(lambda: None)])
