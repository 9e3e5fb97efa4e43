"""What limits cost those who have them; whoever has none pays nothing."""

import pytest

from podium import ids
from podium.bootstrap import build
from podium.model.requests import StartWorkflowRequest
from podium.model.task_definition import TaskDef
from podium.model.task_result import TaskResult
from podium.model.workflow_definition import WorkflowDef
from podium.ports import TaskMessage
from podium.service.messages import LaunchTask, encode_message

SECOND = 1_000
LAUNCH = encode_message(LaunchTask(seq=1))


@pytest.fixture
def podium(home):
    return build(home)


def register(podium, **fields):
    podium.definitions.register_tasks(
        [TaskDef.from_json({"name": "t", "responseTimeoutSeconds": 3_600, **fields})]
    )
    tasks = [{"name": "t", "taskReferenceName": "t", "type": "SIMPLE"}]
    podium.definitions.update_workflows(
        [WorkflowDef.from_json({"name": "one", "schemaVersion": 2, "tasks": tasks})]
    )


def start(podium):
    return podium.starter.start(StartWorkflowRequest.from_json({"name": "one"}))


def poll(podium):
    return podium.polling.poll("t", "worker", None)


def finish(podium, task):
    wanted = ("workflowInstanceId", "taskId", "workerId")
    report = {name: task[name] for name in wanted}
    podium.tasks.update(TaskResult.from_json({**report, "status": "COMPLETED"}))


def warm_up(podium, clock):
    """Run one workflow: definitions are known and queues are made."""
    start(podium)
    [task] = poll(podium)
    finish(podium, task)
    clock.advance(10 * SECOND)


def added(bill, other):
    """Return what the first asks for beyond the second.

    The messages of earlier polls, which are removed on the way, are not part of it.
    """
    found = dict(bill.calls - other.calls)
    found.pop("sqs.DeleteMessageBatch", None)
    return found


@pytest.fixture
def bills(podium, meter, clock):
    """Return the bills of a poll and of a report, without a limit or with these."""

    def of(**fields):
        register(podium, **fields)
        warm_up(podium, clock)
        start(podium)
        with meter.bill() as polled:
            [task] = poll(podium)
        with meter.bill() as finished:
            finish(podium, task)
        return polled, finished

    return of


def test_a_slot_is_a_look_and_a_write_and_so_is_giving_it_back(bills):
    polled, finished = bills()
    limited, freed = bills(concurrentExecLimit=5)

    # The state twice, so that no slot goes to what has just ended; the places.
    assert {"dynamodb.Query": 3, "dynamodb.PutItem": 1} == added(limited, polled)
    # The places, who waits, and the place that is nobody's now.
    assert {"dynamodb.Query": 2, "dynamodb.DeleteItem": 1} == added(freed, finished)


def test_a_rate_is_a_look_and_a_write(bills):
    polled, finished = bills()
    rated, reported = bills(rateLimitPerFrequency=5, rateLimitFrequencyInSeconds=1)

    assert {"dynamodb.Query": 3, "dynamodb.PutItem": 1} == added(rated, polled)
    assert {} == added(reported, finished)


def test_who_finds_no_slot_waits_for_a_request_or_two(podium, meter, clock):
    register(podium, concurrentExecLimit=1)
    warm_up(podium, clock)
    start(podium)
    [held] = poll(podium)
    start(podium)

    with meter.bill() as waiting:
        assert [] == poll(podium)
    with meter.bill() as handed_over:
        finish(podium, held)

    assert {
        "sqs.ReceiveMessage": 2,
        "sqs.ChangeMessageVisibilityBatch": 1,
        "dynamodb.Query": 4,  # the state twice, the places before and after
        "dynamodb.PutItem": 1,
    } == dict(waiting.calls)
    assert {
        "dynamodb.Query": 4,  # two states, the places, who waits
        "dynamodb.PutItem": 2,
        "dynamodb.DeleteItem": 1,
        "sqs.SendMessageBatch": 1,
    } == dict(handed_over.calls)


@pytest.fixture
def launches(podium, meter):
    """Return the bills of a parent's start and of its child's, with these limits."""

    def of(**fields):
        limits = {"name": "sub", "retryCount": 0, **fields}
        sub = {
            "name": "sub",
            "taskReferenceName": "sub",
            "type": "SUB_WORKFLOW",
            "taskDefinition": limits,
            "subWorkflowParam": {"name": "one"},
        }
        register(podium)
        podium.definitions.update_workflows(
            [WorkflowDef.from_json({"name": "parent", "tasks": [sub]})]
        )
        request = StartWorkflowRequest.from_json({"name": "parent"})
        podium.decider_queue.handle(podium.starter.start(request), LAUNCH)
        with meter.bill() as started:
            parent = podium.starter.start(request)
        with meter.bill() as launched:
            if fields:
                podium.system_tasks.run(TaskMessage(ids.task_id(parent, 1), 1))
            podium.decider_queue.handle(parent, LAUNCH)
        [shown] = podium.workflows.get(parent)["tasks"]
        assert "IN_PROGRESS" == shown["status"]
        return started, launched

    return of


def test_a_child_with_a_limit_is_asked_for_in_another_queue_and_takes_a_slot(launches):
    started, launched = launches()
    limited, slotted = launches(concurrentExecLimit=5)

    assert sum(started.calls.values()) == sum(limited.calls.values())
    assert {
        "dynamodb.Query": 2,  # the state once more, the places
        "dynamodb.PutItem": 1,
        "sqs.SendMessage": 1,  # and then as without a limit
    } == added(slotted, launched)
