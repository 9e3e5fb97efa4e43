"""What it costs to project, to archive and to read an archived workflow.

The bills are printed (``pytest -s``).
"""

from dataclasses import replace

import pytest

from aws_resources import fake_clients
from podium.adapters.dynamodb.stream import read_changes
from podium.bootstrap import build
from podium.model.requests import StartWorkflowRequest
from podium.model.task_result import TaskResult
from podium.model.workflow_definition import WorkflowDef
from table_stream import streaming
from world import DAY, simple

TEN = 10
PAYLOAD = {"text": "x" * 300}
STEPS = [f"step_{number}" for number in range(5)]


@pytest.fixture
def stream(stack, clients):
    with streaming(stack, clients, fake_clients().dynamodb) as listening:
        yield listening


@pytest.fixture
def podium(home, aws):
    aws.newcomers.sweep()
    made = build(replace(home, projects_inline=False, retention_days=30))
    tasks = [simple(one, inputParameters=PAYLOAD) for one in STEPS]
    definition = {"name": "five", "schemaVersion": 2, "tasks": tasks}
    made.definitions.update_workflows([WorkflowDef.from_json(definition)])
    return made


def start(podium):
    request = StartWorkflowRequest.from_json({"name": "five", "input": PAYLOAD})
    return podium.starter.start(request)


def work(podium):
    for name in STEPS:
        for task in podium.polling.poll(name, "worker", None, TEN):
            result = {
                "workflowInstanceId": task["workflowInstanceId"],
                "taskId": task["taskId"],
                "workerId": "worker",
                "status": "COMPLETED",
                "outputData": PAYLOAD,
            }
            podium.tasks.update(TaskResult.from_json(result))


def project(podium, stream):
    assert [] == podium.projector.project(read_changes(stream.take()))


def show(what, bill):
    print(f"\n{what}", *bill.lines(), sep="\n")  # noqa: T201 - numbers are printed


def requests(bill):
    return dict(bill.calls)


def test_ten_workflows_that_started_are_ten_writes(podium, stream, meter):
    for _ in range(TEN):
        start(podium)

    with meter.bill() as bill:
        project(podium, stream)
    show("ten starts", bill)

    assert {
        "dynamodb.PutItem": TEN,
        "sqs.SendMessageBatch": 1,  # their guards
        "dynamodb.GetItem": 1,  # whether anybody sweeps: once a minute
    } == requests(bill)
    assert (TEN, 2 * TEN) == (bill.write_units, bill.index_write_units)


def test_ten_workflows_that_ended_are_one_object_and_ten_rows(podium, stream, meter):
    for _ in range(TEN):
        start(podium)
    project(podium, stream)
    work(podium)

    with meter.bill() as bill:
        project(podium, stream)
    show("ten ends", bill)

    assert {
        "dynamodb.Query": TEN,
        "s3.PutObject": 1,
        "dynamodb.PutItem": TEN,
    } == requests(bill)
    assert (TEN, 0) == (bill.write_units, bill.index_write_units)
    assert bill.read_units <= 2 * TEN


def test_start_and_end_in_one_batch_are_one_row(podium, stream, meter):
    for _ in range(TEN):
        start(podium)
    work(podium)

    with meter.bill() as bill:
        project(podium, stream)
    show("ten whole workflows", bill)

    assert {
        "dynamodb.Query": TEN,
        "s3.PutObject": 1,
        "dynamodb.PutItem": TEN,
    } == requests(bill)
    assert (TEN, 2 * TEN) == (bill.write_units, bill.index_write_units)


def test_steps_in_between_cost_nothing(podium, stream, meter):
    start(podium)
    project(podium, stream)
    for task in podium.polling.poll(STEPS[0], "worker", None):
        result = {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "status": "COMPLETED",
        }
        podium.tasks.update(TaskResult.from_json(result))

    with meter.bill() as bill:
        project(podium, stream)

    assert {} == requests(bill)


def test_letting_go_of_ten_expired_workflows_is_one_request(
    podium, stream, meter, clock
):
    for _ in range(TEN):
        start(podium)
    work(podium)
    project(podium, stream)
    stream.take()
    clock.advance(30 * DAY)
    assert stream.expire(clock.now()) > 10 * TEN

    with meter.bill() as bill:
        project(podium, stream)
    show("ten expired workflows", bill)

    assert {"dynamodb.BatchGetItem": 1} == requests(bill)
    assert (TEN, 0) == (bill.read_units, bill.write_units)


def test_an_archived_workflow_is_one_query_and_a_part_of_one_object(
    podium, stream, meter
):
    started = start(podium)
    work(podium)
    project(podium, stream)
    with meter.bill() as whole:
        podium.workflows.get(started)
    podium.workflows.remove(started, archive=True)

    with meter.bill() as bill:
        assert "COMPLETED" == podium.workflows.get(started)["status"]
    show("GET of an archived workflow", bill)

    assert {"dynamodb.Query": 1} == requests(whole)
    assert {"dynamodb.Query": 1, "s3.GetObject": 1} == requests(bill)
    assert 1 == bill.read_units
