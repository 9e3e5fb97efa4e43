"""What a native worker takes from its queues, in both homes."""

import pytest

from native_workers import NativeWorker
from podium.errors import Unavailable
from podium.ports import TaskMessage
from podium.service.offers import FRESH_FOR
from podium_sdk import Task, Unreachable, worker_task
from world import SECOND, simple


@worker_task("t")
def echo(text="", number=0):
    return {"text": text, "number": number}


def run_one(world, **fields):
    """Start a workflow of one task ``t`` and return its id."""
    given = {"text": "${workflow.input.text}"}
    return world.run([simple("t", inputParameters=given)], {"text": "hi"}, **fields)


def test_a_task_is_executed_and_its_workflow_goes_on(world):
    workflow_id = run_one(world)

    assert 1 == NativeWorker(world, echo).work()

    assert "COMPLETED" == world.status(workflow_id)
    assert {"text": "hi", "number": 0} == world.output_of(workflow_id, "t")


def test_a_task_looks_as_it_does_to_a_worker_that_polls_by_rest(world):
    run_one(world)
    run_one(world)

    [by_rest] = world.poll("t", worker="me")
    [native] = NativeWorker(world, echo).take()

    own = {one: getattr(native, one) for one in ("task_id", "workflow_instance_id")}
    assert Task.from_json(by_rest).model_copy(update=own) == native


def test_a_task_that_takes_long_is_in_progress_and_whose_it_is_is_known(world):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()

    worker.go_on(task)

    task = world.task(workflow_id, "t")
    assert ("IN_PROGRESS", "me") == (task["status"], task["workerId"])


def test_a_second_delivery_of_a_message_hands_nothing_out(world):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo)
    [task] = worker.take()
    worker.go_on(task)

    again = TaskMessage(task.task_id, 1)
    world.opened.home.queues.send("t", [again])

    assert [] == worker.take()
    assert {"t": 0} == world.podium.tasks.queue_sizes(["t"]), "it is removed as well"
    worker.execute(task)
    world.settle()
    assert "COMPLETED" == world.status(workflow_id)


def test_messages_of_what_has_ended_or_never_was_are_removed(world):
    ended = run_one(world)
    world.podium.workflows.terminate(ended, "enough")
    unknown = TaskMessage("018bcfe5-6800-8000-8000-0000000000ff", 1)
    world.opened.home.queues.send("t", [unknown])
    world.advance(FRESH_FOR)

    assert [] == NativeWorker(world, echo).take()
    assert {"t": 0} == world.podium.tasks.queue_sizes(["t"])


def test_a_message_that_cannot_be_handled_is_left_and_takes_no_other_along(
    world, caplog
):
    workflow_id = run_one(world)
    other = world.run([simple("other")], name="other")
    strange = TaskMessage(world.task(other, "other")["taskId"], 1)
    world.opened.home.queues.send("t", [strange])
    worker = NativeWorker(world, echo)

    assert 1 == worker.work()

    assert "COMPLETED" == world.status(workflow_id)
    assert [f"Task {strange.task_id} was not taken"] == caplog.messages
    assert "is a other, not a t" in caplog.text
    assert "SCHEDULED" == world.status_of(other, "other"), "nobody has leased it"


def test_where_no_task_can_be_taken_the_poll_has_failed(world, monkeypatch):
    run_one(world)
    worker = NativeWorker(world, echo)

    def away(*_, **__):
        raise Unavailable("DynamoDB did not answer")

    monkeypatch.setattr(worker.deployment, "take", away)

    with pytest.raises(Unreachable, match="none of 1 tasks"):
        worker.take()


def test_a_task_is_not_leased_where_its_input_cannot_be_read(world, monkeypatch):
    workflow_id = run_one(world)
    worker = NativeWorker(world, echo, strict_leases=True)

    def away(*_):
        raise Unavailable("S3 did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(worker.deployment._polling, "show", away)
        with pytest.raises(Unreachable):
            worker.take()
    world.advance(60 * SECOND)

    assert 1 == worker.work(), "the message has come again"
    assert "COMPLETED" == world.status(workflow_id)


def test_workers_of_a_domain_take_what_is_sent_there_and_count_as_polling(world):
    in_blue = worker_task("t", domain="blue")(lambda text: text)
    worker = NativeWorker(world, in_blue)
    worker.take()
    workflow_id = run_one(world, taskToDomain={"t": "blue,NO_DOMAIN"})

    assert 0 == NativeWorker(world, echo).work()
    assert 1 == worker.work()
    assert "blue" == world.task(workflow_id, "t")["domain"]


def test_what_has_a_priority_is_taken_first(world):
    """Once a queue's first priority is a minute old: until then it may be one lane."""
    run_one(world, priority=5)
    NativeWorker(world, echo).work()
    world.advance(60 * SECOND)
    later = run_one(world)
    first = run_one(world, priority=5)

    [task] = NativeWorker(world, echo).take(count=1)

    assert first == task.workflow_instance_id
    assert "SCHEDULED" == world.status_of(later, "t")


def test_a_worker_without_domain_is_written_down_once_a_minute(world):
    worker = NativeWorker(world, echo)

    def seen():
        [poll] = world.podium.tasks.poll_data("t")
        return poll.worker_id, world.clock.now() - poll.last_poll_time

    worker.take()
    world.advance(59 * SECOND)
    worker.take()
    assert ("me", 59 * SECOND) == seen()

    world.advance(1 * SECOND)
    worker.take()
    assert ("me", 0) == seen()


def test_a_task_that_a_limit_holds_back_comes_once_there_is_a_slot(world):
    world.register_task("t", concurrentExecLimit=1)
    first, second = run_one(world), run_one(world)
    worker = NativeWorker(world, echo)

    [held] = worker.take()
    assert [] == worker.take()
    worker.execute(held)
    world.settle()
    [following] = worker.take()

    started = {one.workflow_instance_id for one in (held, following)}
    assert {first, second} == started


def test_a_task_over_the_rate_comes_when_the_window_frees(world):
    world.register_task("t", rateLimitPerFrequency=1, rateLimitFrequencyInSeconds=10)
    for _ in range(2):
        run_one(world)
    worker = NativeWorker(world, echo)

    assert 1 == len(worker.take())
    assert [] == worker.take()
    world.advance(10 * SECOND)
    assert 1 == len(worker.take())
