"""What is left of the API while queues do not answer, and how it mends: reference 9.2.

Conductor's suite lets its queues fail under each operation.  Here a decision stands
before anything is sent, so what was decided stays decided: an operation either succeeds
or says 503, and either way the workflow goes on once the queues answer again, because
its guard looks at it.
"""

import pytest
from botocore.awsrequest import AWSResponse

from aws_world import new_aws_world
from podium.errors import Unavailable
from podium.model.requests import RerunWorkflowRequest
from podium.model.task import TaskStatus
from podium.service.task_search import Question
from world import HOUR, SECOND, simple, task


class Outage:
    """SQS refuses every request meanwhile; DynamoDB and S3 answer."""

    def __init__(self, events):
        self._events = events
        self.refused = 0

    def __enter__(self):
        self._events.register("before-call", self._refuse)
        return self

    def __exit__(self, *_):
        self._events.unregister("before-call", self._refuse)

    def _refuse(self, **_):
        self.refused += 1
        error = {"Code": "ServiceUnavailable", "Message": "on purpose"}
        answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 503}}
        return AWSResponse("", 503, {}, None), answer


@pytest.fixture
def world():
    """Return a world on AWS: embedded, queues and journal are one store."""
    with new_aws_world() as opened:
        yield opened


@pytest.fixture
def outage(world):
    return Outage(world.stack.clients.sqs.meta.events)


@pytest.fixture
def started(world):
    world.register_task("first", retryCount=0)
    world.register("flow", [simple("first"), simple("second")])
    return world.start("flow")


def _may_fail(operation):
    """Do something that a client does; tell whether it was answered."""
    try:
        operation()
    except Unavailable:
        return False
    return True


def _work_to_the_end(world, workflow_id):
    for name in ("first", "second"):
        for polled in world.poll(name, count=5):
            if polled["workflowInstanceId"] == workflow_id:
                world.report(polled)
    assert "COMPLETED" == world.status(workflow_id)


def _heal(world):
    """Let the guard look, as it does by itself; embedded nothing was half done."""
    world.settle()
    world.advance(HOUR)
    world.podium.guard.look_at_all()
    world.settle()


# --- what changes a workflow ---------------------------------------------------------


def test_9_2_a_start_is_refused_or_heals(world, outage, started):
    with outage:
        answered = _may_fail(lambda: world.start("flow", idempotencyKey="k"))
    assert outage.refused

    again = {"idempotencyKey": "k", "idempotencyStrategy": "RETURN_EXISTING"}
    other = world.start("flow", **again)
    _heal(world)

    assert other != started
    found = world.podium.searching.search("workflowType = 'flow'", None, None, 0, 9)
    assert 2 == found.total, f"one start, answered: {answered}"
    _work_to_the_end(world, other)


def test_9_2_a_terminate_succeeds(world, outage, started):
    with outage:
        world.podium.workflows.terminate(started, "by a test")

    assert [("first", "CANCELED")] == world.tasks(started)
    assert "TERMINATED" == world.status(started)
    assert [] == world.poll("first")


@pytest.mark.parametrize("operation", ["restart", "retry", "rerun"])
def test_9_2_what_is_brought_back_is_refused_or_heals(
    world, outage, started, operation
):
    recovery = world.podium.recovery
    world.podium.workflows.terminate(started, "by a test")
    world.settle()
    operations = {
        "restart": lambda: recovery.restart(started),
        "retry": lambda: recovery.retry(started),
        "rerun": lambda: recovery.rerun(started, RerunWorkflowRequest.from_json({})),
    }

    with outage:
        answered = _may_fail(operations[operation])
    if world.status(started) == "TERMINATED":
        assert not answered
        operations[operation]()
    _heal(world)

    _work_to_the_end(world, started)


def test_9_2_pause_and_decide_succeed_and_a_resume_heals(world, outage, started):
    workflows = world.podium.workflows
    with outage:
        workflows.decide(started)
        workflows.pause(started)
        assert "PAUSED" == world.status(started)
        _may_fail(lambda: workflows.resume(started))
    if world.status(started) == "PAUSED":
        workflows.resume(started)
    _heal(world)

    _work_to_the_end(world, started)


def test_9_2_a_removal_succeeds(world, outage, started):
    with outage:
        world.podium.workflows.remove(started, archive=False)

    assert [] == world.poll("first")


def test_9_2_callbacks_are_reset_or_nothing_is(world, outage, started):
    world.report(world.take("first"), "IN_PROGRESS", callbackAfterSeconds=7_200)

    with outage:
        answered = _may_fail(lambda: world.podium.recovery.reset_callbacks(started))
    if not answered:
        world.podium.recovery.reset_callbacks(started)
    _heal(world)

    _work_to_the_end(world, started)


# --- reports -------------------------------------------------------------------------


@pytest.mark.parametrize("settles", [True, False])
def test_9_2_a_report_stands_and_the_next_task_is_offered_later(
    world, outage, started, settles
):
    """Conductor's suite has a sweep repair it; a guard does here."""
    polled = world.take("first")

    def report():
        world.podium.tasks.update_by_reference(
            started, "first", TaskStatus.COMPLETED, {"x": 1}, None
        )

    with outage:
        _may_fail(report)
    if settles:
        world.settle()
    if world.status_of(started, "first") != "COMPLETED":
        world.report(polled, output={"x": 1})
    _heal(world)

    assert {"x": 1} == world.output_of(started, "first")
    _work_to_the_end(world, started)


def test_9_2_a_callback_is_refused_or_heals(world, outage, started):
    polled = world.take("first")
    fields = {"callbackAfterSeconds": 60}
    with outage:
        answered = _may_fail(lambda: world.report(polled, "IN_PROGRESS", **fields))
    if not answered and world.status_of(started, "first") == "IN_PROGRESS":
        world.report(polled, "IN_PROGRESS", **fields)
    _heal(world)

    assert 1 == world.refs(started).count("first")
    _work_to_the_end(world, started)


def test_9_2_system_tasks_wait_for_their_queue(world, outage):
    world.register("tells", [simple("first"), task("EVENT", "tell", sink="conductor")])
    telling = world.start("tells")
    polled = world.take("first")

    with outage:
        _may_fail(lambda: world.report(polled))
    if world.status_of(telling, "first") != "COMPLETED":
        world.report(polled)
    _heal(world)

    assert "COMPLETED" == world.status(telling)


# --- what only reads -----------------------------------------------------------------


def test_9_2_what_only_reads_never_asks_a_queue(world, outage, started):
    podium = world.podium
    with outage:
        assert "RUNNING" == podium.workflows.get(started)["status"]
        assert "RUNNING" == podium.workflows.status(started)["status"]
        found = podium.searching.search("workflowType = 'flow'", None, None, 0, 9)
        question = Question.parse("taskType = 'first'", "*", None)
        tasks = podium.task_search.tasks(question, 0, 9)
        assert (1, 1) == (found.total, tasks.total)
        podium.tasks.poll_data("first")
        podium.tasks.poll_data()
        podium.external_payloads.location("", "READ", "TASK_INPUT", "http://podium")
        podium.external_payloads.location("", "READ", "WORKFLOW_INPUT", "http://podium")

    assert 0 == outage.refused


@pytest.mark.usefixtures("started")
def test_9_2_what_is_asked_about_queues_is_refused(world, outage):
    with outage:
        for operation in (world.podium.tasks.queue_sizes, world.podium.queues.details):
            with pytest.raises(Unavailable):
                operation()


def test_9_2_a_poll_says_that_there_was_no_answer(world, outage, started):
    """Conductor answers 204, as if there were no task; a 503 has a worker ask again."""
    with outage, pytest.raises(Unavailable):
        world.poll("first")

    world.advance(SECOND)
    assert started == world.take("first")["workflowInstanceId"]
