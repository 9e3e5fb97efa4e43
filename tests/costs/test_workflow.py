"""What a workflow of five tasks costs, through the whole service, step by step.

The bills are printed (``pytest -s``); what a change of the service adds or saves shows
in the numbers that are asserted.  Compute, API Gateway and the
projector (``test_projector.py``) are not part of them.
"""

import pytest

from podium.bootstrap import build
from podium.model.requests import StartWorkflowRequest
from podium.model.task_definition import TaskDef
from podium.model.task_result import TaskResult
from podium.model.workflow_definition import WorkflowDef
from podium.service.offers import FRESH_FOR

PAYLOAD = {"text": "x" * 300}
STEPS = 5


@pytest.fixture
def podium(home):
    return build(home)


def register(podium, names):
    tasks = [
        {
            "name": name,
            "taskReferenceName": f"step_{number}",
            "type": "SIMPLE",
            "inputParameters": {"text": "${workflow.input.text}"},
        }
        for number, name in enumerate(names)
    ]
    podium.definitions.register_tasks(
        TaskDef.from_json({"name": name, "responseTimeoutSeconds": 3_600})
        for name in set(names)
    )
    podium.definitions.update_workflows(
        [WorkflowDef.from_json({"name": "five", "schemaVersion": 2, "tasks": tasks})]
    )


def start(podium):
    request = {"name": "five", "input": PAYLOAD}
    return podium.starter.start(StartWorkflowRequest.from_json(request))


def report_of(task):
    return TaskResult.from_json(
        {
            "workflowInstanceId": task["workflowInstanceId"],
            "taskId": task["taskId"],
            "workerId": "worker",
            "status": "COMPLETED",
            "outputData": PAYLOAD,
        }
    )


def poll(podium, name):
    [task] = podium.polling.poll(name, "worker", None)
    return task


def step(podium, name):
    task = poll(podium, name)
    podium.tasks.update(report_of(task))


def warm_up(podium, names):
    """Run one workflow: definitions are known and queues are made."""
    register(podium, names)
    start(podium)
    for name in names:
        step(podium, name)


def show(what, bill):
    print(f"\n{what}", *bill.lines(), sep="\n")  # noqa: T201 - numbers are printed


def requests(bill):
    return dict(bill.calls)


NAMES = [f"task_{number}" for number in range(STEPS)]


def test_a_start_is_an_entry_and_a_message(podium, meter):
    warm_up(podium, NAMES)

    with meter.bill() as bill:
        start(podium)
    show("start", bill)

    assert {
        "dynamodb.PutItem": 1,
        "sqs.SendMessageBatch": 1,
    } == requests(bill)
    assert (1, 0) == (bill.write_units, bill.index_write_units)


def test_a_poll_of_what_was_just_scheduled_is_a_receive_and_a_lease(podium, meter):
    warm_up(podium, NAMES)
    start(podium)

    with meter.bill() as bill:
        poll(podium, NAMES[0])
    show("poll", bill)

    assert {"sqs.ReceiveMessage": 1, "dynamodb.PutItem": 1} == requests(bill)
    assert (1, 0, 1) == (bill.write_units, bill.read_units, bill.sqs_requests)


def test_what_has_waited_longer_is_looked_up_before(podium, meter, clock):
    warm_up(podium, NAMES)
    start(podium)
    clock.advance(FRESH_FOR)

    with meter.bill() as bill:
        poll(podium, NAMES[0])

    assert (1, 0.5) == (requests(bill)["dynamodb.Query"], bill.read_units)


def test_the_messages_of_ten_polls_are_deleted_at_once(podium, meter):
    register(podium, NAMES)
    for _ in range(10):
        start(podium)

    with meter.bill() as bill:
        for _ in range(10):
            poll(podium, NAMES[0])

    assert 1 == requests(bill)["sqs.DeleteMessageBatch"]


def test_an_update_is_a_look_at_the_state_an_entry_and_a_message(podium, meter):
    warm_up(podium, NAMES)
    start(podium)
    report = report_of(poll(podium, NAMES[0]))

    with meter.bill() as bill:
        podium.tasks.update(report)
    show("update", bill)

    assert {
        "dynamodb.Query": 1,
        "dynamodb.PutItem": 1,
        "sqs.SendMessageBatch": 1,
    } == requests(bill)
    assert (1, 0.5) == (bill.write_units, bill.read_units)


def test_five_tasks_polled_and_updated(podium, meter):
    warm_up(podium, NAMES)

    with meter.bill() as bill:
        workflow_id = start(podium)
        for name in NAMES:
            step(podium, name)
    show("five tasks, poll and update", bill)

    assert "COMPLETED" == podium.workflows.get(workflow_id)["status"]
    assert {
        "dynamodb.PutItem": 11,
        "dynamodb.Query": 5,
        "sqs.ReceiveMessage": 5,
        "sqs.SendMessageBatch": 5,
    } == requests(bill)
    assert (11, 0) == (bill.write_units, bill.index_write_units)
    assert (2.5, 10) == (bill.read_units, bill.sqs_requests)


def test_five_tasks_whose_next_one_comes_with_the_answer(podium, meter):
    names = ["same"] * STEPS
    warm_up(podium, names)

    with meter.bill() as bill:
        workflow_id = start(podium)
        task = poll(podium, "same")
        while task is not None:
            task = podium.tasks.update_and_poll(report_of(task))
    show("five tasks, update-v2", bill)

    assert "COMPLETED" == podium.workflows.get(workflow_id)["status"]
    assert {
        "dynamodb.PutItem": 7,
        "dynamodb.Query": 5,
        "sqs.ReceiveMessage": 2,
        "sqs.SendMessageBatch": 1,
    } == requests(bill)
    assert (7, 0) == (bill.write_units, bill.index_write_units)
    assert (2.5, 3) == (bill.read_units, bill.sqs_requests)


def test_what_ends_without_a_worker_costs_a_write_while_it_is_on_offer(
    podium, meter, clock
):
    """Whoever goes by the offer finds its lease taken."""
    warm_up(podium, NAMES)
    bills = []
    for waits in (0, FRESH_FOR):
        workflow_id = start(podium)
        clock.advance(waits)
        with meter.bill() as bill:
            podium.workflows.terminate(workflow_id, "enough")
        bills.append(bill.calls["dynamodb.PutItem"])

    assert [2, 1] == bills


def test_a_guard_that_finds_its_workflow_ended_is_one_look(podium, meter, clock):
    warm_up(podium, NAMES)
    workflow_id = start(podium)
    for name in NAMES:
        step(podium, name)
    clock.advance(60_000)

    with meter.bill() as bill:
        podium.decider_queue.wake(workflow_id, clock.now())

    assert {"dynamodb.Query": 1} == requests(bill)


def test_the_tenth_workflow_costs_what_the_second_did(podium, meter):
    """Nothing that is kept makes later work dearer."""
    warm_up(podium, NAMES)
    bills = []
    for _ in range(3):
        with meter.bill() as bill:
            start(podium)
            for name in NAMES:
                step(podium, name)
        bills.append(bill.dollars_per_million)

    assert 1 == len(set(bills))
