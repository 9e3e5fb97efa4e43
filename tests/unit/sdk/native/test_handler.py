"""A worker function as a Lambda function: events as SQS's event source sends them."""

import json
import threading

import pytest

from native_workers import Context, event_of, failed, messages_in, record_of
from podium.errors import Unavailable
from podium.service.offers import FRESH_FOR
from podium_sdk import InProgress, TerminalError, task_context, worker_task
from podium_sdk.native import LambdaWorker, lambda_worker, native_workers
from podium_sdk.testing import PATIENCE, ManualTiming
from world import SECOND, new_world, simple


@pytest.fixture
def deployment(world):
    return native_workers(world.opened.home)


@pytest.fixture
def workflows(world):
    """Three workflows that wait for a ``t`` each."""
    first = world.run(
        [simple("t", inputParameters={"number": "${workflow.input.number}"})],
        {"number": 0},
    )
    return [first, *(world.start("tested", {"number": n}) for n in (1, 2))]


def ids(event):
    return [one["messageId"] for one in event["Records"]]


def remembers(ran):
    """Return a worker that adds each task's number."""

    @worker_task("t")
    def remember(number):
        ran.append(number)

    return remember


def statuses(world, workflows):
    world.settle()
    return [world.status(one) for one in workflows]


def test_every_task_of_a_batch_is_executed_and_no_message_comes_again(
    world, deployment, workflows
):
    handler = lambda_worker(worker_task("t")(lambda number: number), deployment)

    answer = handler(event_of(*messages_in(world, "t")), Context())

    assert {"batchItemFailures": []} == answer
    assert ["COMPLETED"] * 3 == statuses(world, workflows)
    assert [{"result": n} for n in range(3)] == [
        world.output_of(one, "t") for one in workflows
    ]


def test_the_worker_is_where_its_logs_are(world, deployment, workflows):
    handler = lambda_worker(worker_task("t")(lambda: None), deployment)

    handler(event_of(*messages_in(world, "t")), Context())
    world.settle()

    assert Context().log_stream_name == world.task(workflows[0], "t")["workerId"]
    [poll] = world.podium.tasks.poll_data("t")
    assert Context().log_stream_name == poll.worker_id


@pytest.mark.parametrize("body", ["nonsense", "{}", '{"taskId": "x", "delivery": 1}'])
def test_a_message_that_cannot_be_read_comes_again_alone(
    world, deployment, workflows, body
):
    handler = lambda_worker(worker_task("t")(lambda: None), deployment)
    event = event_of(*messages_in(world, "t"))
    strange = record_of(body)
    event["Records"].insert(0, strange)

    answer = handler(event, Context())

    is_task = body.startswith('{"taskId"')  # of no workflow there ever was
    assert ([] if is_task else [strange["messageId"]]) == failed(answer)
    assert ["COMPLETED"] * 3 == statuses(world, workflows)


def test_a_message_whose_task_cannot_be_read_now_comes_again_alone(
    world, deployment, workflows, monkeypatch, caplog
):
    event = event_of(*messages_in(world, "t"))
    first = json.loads(event["Records"][0]["body"])["taskId"]
    take = deployment.take

    def sometimes_away(received, *rest, **options):
        if received.message.task_id == first:
            raise Unavailable("DynamoDB did not answer")
        return take(received, *rest, **options)

    handler = lambda_worker(worker_task("t")(lambda: None), deployment)
    with monkeypatch.context() as patched:
        patched.setattr(deployment, "take", sometimes_away)
        answer = handler(event, Context())
    [again] = failed(answer)
    assert ids(event)[0] == again
    assert ["COMPLETED", "COMPLETED", "RUNNING"] == sorted(statuses(world, workflows))

    event["Records"] = [one for one in event["Records"] if one["messageId"] == again]
    assert [] == failed(handler(event, Context()))
    assert ["COMPLETED"] * 3 == statuses(world, workflows)


def test_a_message_that_comes_twice_is_executed_once(world, deployment, workflows):
    ran = []
    handler = lambda_worker(remembers(ran), deployment)
    messages = messages_in(world, "t")

    handler(event_of(*messages, *messages), Context())
    answer = handler(event_of(*messages), Context())

    assert [0, 1, 2] == sorted(ran)
    assert [] == failed(answer), "Lambda removes them"


def test_stale_messages_are_removed_and_execute_nothing(world, deployment, workflows):
    ran = []
    handler = lambda_worker(remembers(ran), deployment)
    messages = messages_in(world, "t")
    world.podium.workflows.terminate(workflows[0], "enough")
    world.podium.workflows.remove(workflows[1], archive=False)
    world.advance(FRESH_FOR)

    answer = handler(event_of(*messages), Context())

    assert ([2], []) == (ran, failed(answer))


def test_a_function_that_fails_is_a_failed_task_and_no_failed_message(
    world, deployment
):
    @worker_task("t")
    def fails():
        raise TerminalError("the card was refused")

    workflow_id = world.run([simple("t")])

    answer = lambda_worker(fails, deployment)(
        event_of(*messages_in(world, "t")), Context()
    )

    assert [] == failed(answer)
    world.settle()
    task = world.task(workflow_id, "t")
    expected = ("FAILED_WITH_TERMINAL_ERROR", "the card was refused")
    assert expected == (task["status"], task["reasonForIncompletion"])


def test_a_function_that_is_not_done_is_called_again(world, deployment):
    calls = []

    @worker_task("t")
    def later():
        calls.append(task_context().task.poll_count)
        return InProgress(60) if len(calls) == 1 else "done"

    workflow_id = world.run([simple("t")])
    handler = lambda_worker(later, deployment)
    handler(event_of(*messages_in(world, "t")), Context())
    world.settle()
    assert [] == messages_in(world, "t")

    world.advance(60 * SECOND)
    handler(event_of(*messages_in(world, "t")), Context())

    assert ["COMPLETED"] == statuses(world, [workflow_id])
    assert [1, 2] == calls


def test_logs_and_a_result_over_256_kb_arrive(world, deployment):
    @worker_task("t")
    def large():
        task_context().log("measuring")
        return "x" * 400_000

    workflow_id = world.run([simple("t")])
    lambda_worker(large, deployment)(event_of(*messages_in(world, "t")), Context())
    world.settle()

    assert "x" * 400_000 == world.output_of(workflow_id, "t")["result"]
    [line] = world.podium.tasks.logs(world.task(workflow_id, "t")["taskId"])
    assert "measuring" == line["log"]


def test_messages_that_there_is_no_time_for_come_again(
    world, deployment, workflows, caplog
):
    """Each task takes ten seconds, and there are twenty-five."""
    timing = ManualTiming()
    ran = []

    @worker_task("t")
    def slow(number):
        ran.append(number)
        timing.advance(10)

    handler = LambdaWorker(slow, deployment, timing)
    event = event_of(*messages_in(world, "t"))

    answer = handler(event, Context(left=25_000))

    assert ids(event)[2:] == failed(answer)
    assert 2 == len(ran)
    assert ["COMPLETED", "COMPLETED", "RUNNING"] == sorted(statuses(world, workflows))
    assert [f"No time is left for message {ids(event)[2]}"] == caplog.messages


def test_a_lease_is_extended_while_the_function_runs(world, deployment, monkeypatch):
    world.register_task("t", responseTimeoutSeconds=10)
    timing = ManualTiming()
    renew, renewed = deployment.renew, threading.Semaphore(0)

    def renew_and_tell(task):
        is_there = renew(task)
        renewed.release()
        return is_there

    @worker_task("t")
    def slow():
        for _ in range(3):
            world.advance(8 * SECOND)
            timing.pass_wait(8)
            assert renewed.acquire(timeout=PATIENCE)

    monkeypatch.setattr(deployment, "renew", renew_and_tell)
    workflow_id = world.run([simple("t")])

    LambdaWorker(slow, deployment, timing)(
        event_of(*messages_in(world, "t")), Context(60_000)
    )

    assert ["COMPLETED"] == statuses(world, [workflow_id])


def test_a_report_that_fails_is_tried_again(world, deployment, monkeypatch, caplog):
    workflow_id = world.run([simple("t")])
    send = deployment._home.commands.send_each
    answers = [Unavailable("SQS did not answer"), Unavailable("SQS did not answer")]

    def sometimes_away(reports):
        if answers:
            raise answers.pop()
        send(reports)

    monkeypatch.setattr(deployment, "send", sometimes_away)
    handler = lambda_worker(worker_task("t")(lambda: None), deployment)

    answer = handler(event_of(*messages_in(world, "t")), Context())

    assert [] == failed(answer)
    assert ["COMPLETED"] == statuses(world, [workflow_id])
    assert 1 == len(caplog.records), "said once"


def test_a_batch_is_executed_as_many_at_once_as_the_worker_says():
    barrier = threading.Barrier(3)
    meet = worker_task("t", concurrency=3)(lambda: barrier.wait(PATIENCE))
    with new_world() as world:  # moto is not for threads
        world.register("tested", [simple("t")])
        workflows = [world.start("tested") for _ in range(3)]
        handler = lambda_worker(meet, native_workers(world.opened.home))

        answer = handler(event_of(*messages_in(world, "t")), Context())

        assert [] == failed(answer)
        assert ["COMPLETED"] * 3 == statuses(world, workflows)


def test_an_event_without_messages_is_no_work(deployment):
    handler = lambda_worker(worker_task("t")(lambda: None), deployment)

    assert {"batchItemFailures": []} == handler({"Records": []}, Context())


def test_a_module_with_a_handler_can_be_imported_without_a_deployment():
    handler = lambda_worker(worker_task("t")(lambda: None))

    assert "t" == handler.worker.task_type
