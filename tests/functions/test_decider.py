"""The decider's function, with batches as Lambda makes them of real queues."""

import logging

import msgspec
import pytest
from msgspec import Raw

from gateway_events import CONTEXT
from lambda_events import failed_ids, sqs_event
from podium import ids
from podium.adapters.sqs.commands import decode_command
from podium.decider import commands as cmd
from podium.errors import Unavailable
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from podium.model.workflow_definition import WorkflowDef
from podium.service.messages import RunCommand, encode_message
from podium_functions.decider import Decider
from story import Crash
from world import fork_join, join_on, simple, task

MINUTE = 60_000


@pytest.fixture
def podium(deployment):
    return deployment.runtime.build()


@pytest.fixture
def handle(deployment):
    return Decider(deployment.runtime, threads=1).handle  # moto bears no threads


def register(podium, name, tasks):
    definition = {"name": name, "schemaVersion": 2, "tasks": tasks}
    podium.definitions.update_workflows([WorkflowDef.from_json(definition)])


def start(podium, name):
    return podium.starter.start(StartWorkflowRequest.from_json({"name": name}))


def status(podium, workflow_id):
    return podium.workflows.get(workflow_id)["status"]


def versions(deployment, workflow_id):
    return [one.version for one in deployment.home.journal.read_range(workflow_id, 1)]


def complete(seq, output=None):
    """Return the message that ends a task, as a worker without HTTP sends it."""
    command = cmd.UpdateTask(
        seq=seq,
        status=TaskStatus.COMPLETED,
        output=Raw(msgspec.json.encode(output or {})),
    )
    return encode_message(RunCommand(command=command))


def seq_of(podium, workflow_id, ref):
    [found] = [
        one
        for one in podium.workflows.get(workflow_id)["tasks"]
        if one["referenceTaskName"] == ref
    ]
    return ids.sequence_of(found["taskId"])


@pytest.fixture
def three_waiting(podium):
    """Start a workflow that joins three HUMAN tasks; return id and sequences."""
    refs = ("one", "two", "three")
    branches = [[task("HUMAN", ref)] for ref in refs]
    register(podium, "three", [fork_join(*branches), join_on(*refs)])
    workflow_id = start(podium, "three")
    return workflow_id, [seq_of(podium, workflow_id, ref) for ref in refs]


@pytest.fixture
def commands(deployment):
    return deployment.arn_of("CommandsQueueArn")


@pytest.fixture
def timers(deployment):
    return deployment.arn_of("TimersQueueArn")


@pytest.fixture
def guards(deployment):
    return deployment.arn_of("GuardsQueueArn")


# --- commands ------------------------------------------------------------------------


def test_a_child_is_started_and_its_end_reported(deployment, podium, handle, commands):
    register(podium, "child", [task("HUMAN", "ask")])
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam={"name": "child"})
    register(podium, "parent", [sub])
    parent = start(podium, "parent")
    assert 1 == deployment.pump(handle, commands)

    [shown] = podium.workflows.get(parent)["tasks"]
    child = shown["subWorkflowId"]
    podium.tasks.update_by_reference(child, "ask", TaskStatus.COMPLETED, {}, None)
    assert 1 == deployment.pump(handle, commands)

    assert "COMPLETED" == status(podium, parent)
    assert 0 == deployment.pump(handle, commands)


def test_commands_of_one_workflow_are_one_entry(
    deployment, podium, handle, commands, three_waiting
):
    workflow_id, seqs = three_waiting
    before = versions(deployment, workflow_id)
    for seq in seqs:
        deployment.home.commands.send(workflow_id, complete(seq))

    assert 3 == deployment.pump(handle, commands)
    assert "COMPLETED" == status(podium, workflow_id)
    assert 1 == len(versions(deployment, workflow_id)) - len(before)


def test_a_batch_that_comes_twice_changes_nothing_more(
    deployment, podium, handle, commands, three_waiting
):
    workflow_id, [first, *_] = three_waiting
    deployment.home.commands.send(workflow_id, complete(first, {"answer": 1}))
    batch = sqs_event(commands, deployment.receive(commands))
    handle(batch, CONTEXT)
    after = versions(deployment, workflow_id)

    assert [] == failed_ids(handle(batch, CONTEXT))
    assert after == versions(deployment, workflow_id)


def test_what_fails_takes_along_only_what_comes_after_it_in_its_workflow(
    deployment, podium, handle, commands, three_waiting, caplog
):
    spoilt, [first, second, _] = three_waiting
    other = start(podium, "three")
    deployment.home.commands.send(spoilt, complete(first))
    deployment.home.commands.send(spoilt, b"no command")
    deployment.home.commands.send(other, complete(first))
    deployment.home.commands.send(spoilt, complete(second))
    received = deployment.receive(commands)
    bodies = {one["MessageId"]: one["Body"] for one in received}

    with caplog.at_level(logging.ERROR):
        failed = failed_ids(handle(sqs_event(commands, received), CONTEXT))

    assert ["no command", complete(second).decode()] == [
        bodies[one].partition("\n")[2] for one in failed
    ]
    shown = {one["referenceTaskName"]: one for one in tasks_of(podium, spoilt)}
    assert "COMPLETED" == shown["one"]["status"]
    assert "IN_PROGRESS" == shown["two"]["status"]
    assert "COMPLETED" in {one["status"] for one in tasks_of(podium, other)}
    [logged] = [one for one in caplog.records if one.message == "message_failed"]
    assert (spoilt, 1) == (logged.about, logged.tries)


def tasks_of(podium, workflow_id):
    return podium.workflows.get(workflow_id)["tasks"]


def test_a_failed_command_comes_again_in_seconds_and_later_each_time(
    deployment, clock, handle, commands, three_waiting
):
    workflow_id, _ = three_waiting
    deployment.home.commands.send(workflow_id, b"no command")
    assert 1 == deployment.pump(handle, commands)

    assert 0 == deployment.pump(handle, commands)
    clock.advance(2_100)
    assert 1 == deployment.pump(handle, commands)
    clock.advance(2_100)
    assert 0 == deployment.pump(handle, commands)
    clock.advance(8_000)
    assert 1 == deployment.pump(handle, commands)


def test_a_poisoned_command_is_put_aside_after_five_tries(
    deployment, clock, podium, handle, commands, three_waiting
):
    workflow_id, [first, *_] = three_waiting
    deployment.home.commands.send(workflow_id, b"no command")
    for _ in range(5):
        assert 1 == deployment.pump(handle, commands)
        clock.advance(3 * MINUTE)
    deployment.home.commands.send(workflow_id, complete(first))
    deployment.pump(handle, commands)

    dead = deployment.stack.clients.sqs.receive_message(
        QueueUrl=deployment.url_of(":podium-decider-dead.fifo")
    )
    assert [f"text {workflow_id}\nno command"] == [
        one["Body"] for one in dead["Messages"]
    ]
    assert "COMPLETED" in {one["status"] for one in tasks_of(podium, workflow_id)}


# --- what goes to workers ------------------------------------------------------------


@pytest.fixture
def two_steps(podium):
    """Start workflows whose second steps are of different types; return their ids."""
    for name in ("left", "right"):
        steps = [task("HUMAN", "ask"), simple(name)]
        register(podium, name, steps)
    return start(podium, "left"), start(podium, "right"), start(podium, "right")


def answer(deployment, workflows):
    for workflow_id in workflows:
        deployment.home.commands.send(workflow_id, complete(1))


def waiting(podium):
    return podium.tasks.queue_sizes(["left", "right"])


def test_what_workflows_have_for_one_queue_goes_together(
    deployment, podium, commands, two_steps, monkeypatch
):
    sent = []
    queues = deployment.home.queues
    send = queues.send

    def heard(_self, queue, messages):
        sent.append((queue, len(messages)))
        send(queue, messages)

    monkeypatch.setattr(type(queues), "send", heard)
    handle = Decider(deployment.runtime, threads=1).handle
    answer(deployment, two_steps)

    assert 3 == deployment.pump(handle, commands)

    assert {("left", 1), ("right", 2)} == set(sent)
    assert {"left": 1, "right": 2} == waiting(podium)


def test_whose_messages_were_not_sent_comes_again_and_the_others_are_done(
    deployment, podium, commands, two_steps, monkeypatch, caplog
):
    queues = deployment.home.queues
    send = queues.send

    def away(_self, queue, messages):
        if queue == "left":
            raise Unavailable("SQS did not answer")
        send(queue, messages)

    monkeypatch.setattr(type(queues), "send", away)
    handle = Decider(deployment.runtime, threads=1).handle
    left, *_ = two_steps
    answer(deployment, two_steps)
    received = deployment.receive(commands)
    groups = {one["MessageId"]: one["Attributes"]["MessageGroupId"] for one in received}

    failed = failed_ids(handle(sqs_event(commands, received), CONTEXT))

    assert [left] == [groups[one] for one in failed]
    assert {"left": 0, "right": 2} == waiting(podium)


def test_a_decider_that_dies_before_it_sends_is_made_up_for_a_minute_later(
    deployment, podium, clock, handle, commands, guards, two_steps
):
    """Its messages come again; that nothing is left to decide says what happened."""
    left, *_ = two_steps
    answer(deployment, [left])
    [message] = deployment.receive(commands)
    command = decode_command(message["Body"], deployment.home.payloads)
    with pytest.raises(Crash):
        decide_and_die(podium.decider_queue, command)
    assert {"left": 0, "right": 0} == waiting(podium)

    message["Attributes"]["ApproximateReceiveCount"] = "2"
    assert [] == failed_ids(handle(sqs_event(commands, [message]), CONTEXT))
    deployment.remove(commands, message)
    clock.advance(60_100)
    deployment.pump(handle, guards)
    assert {"left": 0, "right": 0} == waiting(podium), "it waits for its turn"
    deployment.pump(handle, commands)

    assert {"left": 1, "right": 0} == waiting(podium)


def decide_and_die(queue, command):
    def die():
        raise Crash

    with queue.together() as gathering:
        gathering.send_rest = die
        queue.handle_all(command.workflow_id, [command.command])


# --- timers --------------------------------------------------------------------------


def test_a_timer_wakes_its_workflow(deployment, clock, podium, handle, timers):
    register(
        podium,
        "nap",
        [task("WAIT", "wait", inputParameters={"duration": "10 seconds"})],
    )
    workflow_id = start(podium, "nap")
    clock.advance(11_000)

    assert 1 <= deployment.pump(handle, timers)
    assert "COMPLETED" == status(podium, workflow_id)


def test_a_timer_that_comes_before_its_time_comes_again(
    deployment, clock, handle, timers, three_waiting
):
    """SQS's clock and ours differ by moments; no wake-up may be lost to that."""
    workflow_id, _ = three_waiting
    deployment.stack.clients.sqs.send_message(
        QueueUrl=deployment.url_of(timers),
        MessageBody=f"{workflow_id} {clock.now() + 2_000}",
    )

    assert 1 == deployment.pump(handle, timers)
    clock.advance(1_999)
    assert 0 == deployment.pump(handle, timers)
    clock.advance(1)
    assert 1 == deployment.pump(handle, timers)
    assert 0 == deployment.pump(handle, timers)


def test_a_guard_looks_at_its_workflow(deployment, clock, podium, handle):
    register(podium, "w", [task("HUMAN", "ask")])
    workflow_id = start(podium, "w")
    guards = deployment.arn_of("GuardsQueueArn")
    deployment.home.timers.arm(workflow_id, clock.now(), is_guard=True)

    assert 1 == deployment.pump(handle, guards)
    assert 0 == deployment.pump(handle, guards)
    assert "RUNNING" == status(podium, workflow_id)


def test_what_is_no_timer_fails_alone(deployment, clock, handle, timers, three_waiting):
    workflow_id, _ = three_waiting
    sqs, url = deployment.stack.clients.sqs, deployment.url_of(timers)
    bodies = [f"{workflow_id} {clock.now()}", "what", f"{workflow_id} {clock.now()}"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    received = deployment.receive(timers)
    wrong = [one["MessageId"] for one in received if one["Body"] == "what"]

    assert wrong == failed_ids(handle(sqs_event(timers, received), CONTEXT))


def test_a_timer_of_a_workflow_that_is_gone_does_nothing(deployment, handle, timers):
    gone = ids.workflow_id(deployment.clock.now(), 7)
    deployment.home.timers.arm(gone, deployment.clock.now())

    assert 1 == deployment.pump(handle, timers)
    assert 0 == deployment.pump(handle, timers)
