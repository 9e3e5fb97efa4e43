"""What a task costs whose worker polls SQS itself, or is a Lambda that SQS calls.

``pytest -s`` prints the bills.  The decider's part is as in ``test_workflow``: what it
receives and deletes is Lambda's, in batches of ten, and is counted there.
"""

import pytest

from lambda_events import Deployment
from native_workers import Context, event_of, record_of
from podium.bootstrap import build
from podium.model.requests import StartWorkflowRequest
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.service.offers import FRESH_FOR
from podium_functions.decider import Decider
from podium_sdk import worker_task
from podium_sdk.native import (
    NativeStarter,
    lambda_worker,
    native_starts,
    native_workers,
)
from podium_sdk.native.task_client import NativeTaskClient
from podium_sdk.testing import ManualTiming

TEN = 10
TEXT = "x" * 300


@worker_task("native", concurrency=TEN)
def echo(text):
    return {"text": text}


@pytest.fixture
def podium(home):
    return build(home)


@pytest.fixture
def deployment(home):
    """A warm process: it has executed a task of this definition before."""
    return native_workers(home)


@pytest.fixture
def client(podium, deployment):
    client = NativeTaskClient(deployment, longest_wait=0)
    start(podium, 1)
    for task in client.poll(echo, "me", TEN):
        client.report(task, echo.execute(task, ManualTiming().now))
    return client


@pytest.fixture
def decide(stack, clock):
    """Return what has the decider's function handle a batch, as Lambda does."""
    decider = Deployment.over(stack, clock, definitions_kept=5_000)
    handle = Decider(decider.runtime, threads=1).handle
    return lambda: decider.pump(handle, decider.arn_of("CommandsQueueArn"))


def start(podium, count, text=TEXT, steps=1):
    tasks = [
        {
            "name": "native",
            "taskReferenceName": f"native_{number}",
            "type": "SIMPLE",
            "inputParameters": {"text": "${workflow.input.text}"},
        }
        for number in range(steps)
    ]
    given = {"name": "native", "responseTimeoutSeconds": 3_600}
    podium.definitions.register_tasks([TaskDef.from_json(given)])
    podium.definitions.update_workflows(
        [WorkflowDef.from_json({"name": "w", "schemaVersion": 2, "tasks": tasks})]
    )
    request = {"name": "w", "input": {"text": text}}
    for _ in range(count):
        podium.starter.start(StartWorkflowRequest.from_json(request))


def show(what, bill):
    print(f"\n{what}", *bill.lines(), sep="\n")  # noqa: T201 - numbers are printed


def requests(bill):
    return dict(bill.calls)


def results_of(tasks):
    results = [echo.execute(task, ManualTiming().now) for task in tasks]
    by_us = [one.model_copy(update={"worker_id": "me"}) for one in results]
    return list(zip(tasks, by_us, strict=True))


def test_ten_tasks_are_received_and_removed_by_one_request_each(podium, client, meter):
    start(podium, TEN)

    with meter.bill() as bill:
        tasks = client.poll(echo, "me", TEN)
    show("ten tasks taken", bill)

    assert TEN == len(tasks)
    assert {"sqs.ReceiveMessage": 1} == requests(bill)
    assert (0, 0, 1) == (bill.write_units, bill.read_units, bill.sqs_requests)


def test_ten_tasks_that_are_done_have_their_messages_removed_together(
    podium, client, meter
):
    start(podium, TEN)
    results = results_of(client.poll(echo, "me", TEN))

    with meter.bill() as bill:
        for task, result in results:
            client.report(task, result)

    assert {"sqs.SendMessageBatch": TEN, "sqs.DeleteMessageBatch": 1} == requests(bill)


def test_ten_tasks_that_have_waited_are_looked_up_and_leased(
    podium, client, clock, meter
):
    start(podium, TEN)
    clock.advance(FRESH_FOR)
    client.poll(worker_task("other")(echo.function), "me", TEN)  # removes what is due

    with meter.bill() as bill:
        tasks = client.poll(echo, "me", TEN)
    show("ten tasks that waited", bill)

    assert TEN == len(tasks)
    assert {
        "sqs.ReceiveMessage": 1,
        "dynamodb.Query": TEN,  # is it still to be had, and its input
        "dynamodb.PutItem": TEN,  # the lease
        "sqs.DeleteMessageBatch": 1,
    } == _without_urgent_lane(bill)


def test_ten_messages_that_carry_their_tasks_are_billed_as_one_request(
    podium, client, meter
):
    """SQS bills by 64 KB, and what would not fit is left to be looked up."""
    start(podium, TEN, "x" * 5_000)

    with meter.bill() as bill:
        tasks = client.poll(echo, "me", TEN)

    assert TEN == len(tasks)
    assert (0, 1) == (bill.read_units, bill.sqs_requests)


def test_the_next_tasks_of_ten_workflows_are_sent_by_one_request(
    podium, client, deployment, decide, meter
):
    decide()
    start(podium, TEN, steps=2)
    results = results_of(client.poll(echo, "me", TEN))
    deployment.send([deployment.report_of(*one) for one in results])

    with meter.bill() as bill:
        assert TEN == decide()
    show("ten reports decided on", bill)

    found = requests(bill)
    assert (1, TEN, TEN) == (
        found["sqs.SendMessageBatch"],
        found["dynamodb.Query"],
        found["dynamodb.PutItem"],
    )
    assert TEN == len(client.poll(echo, "me", TEN))


def test_ten_starts_are_one_request_and_an_entry_each(
    podium, client, home, decide, meter
):
    decide()
    request = StartWorkflowRequest(name="w", input={"text": TEXT})
    starter = NativeStarter(native_starts(home))
    starter.start(request)
    decide()

    with meter.bill() as sent:
        starter.start_each([request] * TEN)
    with meter.bill() as begun:
        assert TEN == decide()
    show("ten native starts", begun)

    assert {"sqs.SendMessageBatch": 1} == requests(sent)
    assert (1, 0) == (sent.fifo_requests, sent.read_units)
    found = requests(begun)
    assert (TEN, 1) == (found["dynamodb.PutItem"], found["sqs.SendMessageBatch"])
    assert (TEN, 0) == (begun.write_units, begun.read_units)


def test_an_idempotency_key_of_a_native_start_is_one_write(podium, client, home, meter):
    starter = NativeStarter(native_starts(home))
    starter.start("w", {"text": TEXT})
    keyed = StartWorkflowRequest(name="w", idempotency_key="k")

    with meter.bill() as bill:
        starter.start(keyed)

    assert {"dynamodb.PutItem": 1, "sqs.SendMessageBatch": 1} == requests(bill)


def test_a_report_is_one_message(podium, client, meter):
    start(podium, 1)
    [(task, result)] = results_of(client.poll(echo, "me", TEN))

    with meter.bill() as bill:
        client.report(task, result)
    show("a report", bill)

    assert {"sqs.SendMessageBatch": 1} == requests(bill)
    assert 1 == bill.fifo_requests


def test_ten_reports_that_are_ready_are_one_request(podium, client, deployment, meter):
    start(podium, TEN)
    results = results_of(client.poll(echo, "me", TEN))

    with meter.bill() as bill:
        deployment.send([deployment.report_of(*one) for one in results])
    show("ten reports", bill)

    assert {"sqs.SendMessageBatch": 1} == requests(bill)


def test_log_lines_are_one_write_however_many(podium, client, meter):
    start(podium, 1)
    [(task, result)] = results_of(client.poll(echo, "me", TEN))
    lines = [{"log": f"line {number}"} for number in range(100)]
    spoken = result.from_json({**result.to_json(), "logs": lines})

    with meter.bill() as bill:
        client.report(task, spoken)

    assert {
        "dynamodb.Query": 1,  # until when they are kept
        "dynamodb.PutItem": 1,
        "sqs.SendMessageBatch": 1,
    } == requests(bill)


def test_a_result_beyond_256_kb_is_an_object_and_a_message(podium, client, meter):
    start(podium, 1)
    [(task, result)] = results_of(client.poll(echo, "me", TEN))
    large = result.model_copy(update={"output_data": {"text": "x" * 300_000}})

    with meter.bill() as bill:
        client.report(task, large)

    assert {"s3.PutObject": 1, "sqs.SendMessageBatch": 1} == requests(bill)
    assert (1, 1) == (bill.s3_puts, bill.fifo_requests)


def test_a_task_that_takes_long_is_leased_by_a_look_and_a_write(podium, client, meter):
    start(podium, 1)
    [task] = client.poll(echo, "me", TEN)

    with meter.bill() as bill:
        client.extend_lease(task, "me")

    assert {"dynamodb.Query": 1, "dynamodb.PutItem": 1} == requests(bill)


def test_a_lease_is_extended_by_one_write(podium, client, meter):
    start(podium, 1)
    [task] = client.poll(echo, "me", TEN)
    client.extend_lease(task, "me")

    with meter.bill() as bill:
        client.extend_lease(task, "me")

    assert {"dynamodb.UpdateItem": 1} == requests(bill)


def test_an_idle_worker_costs_its_receives(client, decide, clock, meter):
    decide()
    clock.advance(60_000)
    client.poll(echo, "me", TEN)  # removes what is due

    with meter.bill() as bill:
        for _ in range(3):
            client.poll(echo, "me", TEN)
            clock.advance(20_000)

    assert {"sqs.ReceiveMessage": 3} == _without_urgent_lane(bill)


def _without_urgent_lane(bill):
    """Leave out that the worker asks each half minute whether there is one by now."""
    found = requests(bill)
    found["sqs.ReceiveMessage"] -= 1
    return found


def test_a_lambda_worker_asks_sqs_for_nothing_but_its_report(
    podium, client, deployment, home, meter
):
    start(podium, 1)
    [received] = home.queues.receive("native", TEN, 0, 60_000)
    handler = lambda_worker(echo, deployment)

    with meter.bill() as bill:
        answer = handler({"Records": [record_of(received.message)]}, Context())
    show("a task of a Lambda worker", bill)

    assert {"batchItemFailures": []} == answer
    assert {"sqs.SendMessageBatch": 1} == requests(bill)


def test_a_message_that_comes_again_costs_a_look(
    podium, client, deployment, decide, home, meter
):
    start(podium, 1)
    [received] = home.queues.receive("native", TEN, 0, 60_000)
    handler = lambda_worker(echo, deployment)
    handler(event_of(received.message), Context())
    decide()
    again = {"Records": [record_of(received.message, receives=2)]}

    with meter.bill() as bill:
        handler(again, Context())
    show("a second delivery", bill)

    assert ({"dynamodb.Query": 1}, 1) == (requests(bill), bill.read_units)
