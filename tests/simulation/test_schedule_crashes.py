"""A run of a schedule on AWS, while its process dies at any request or is not alone.

The message of a run that was not seen to comes again.  However that goes, one workflow
is started, one record kept, and the next run's timer is armed.
"""

from contextlib import contextmanager

import pytest

from aws_homes import moto_stack, open_over
from aws_resources import connect_fakes
from podium.adapters.sqs.timers import decode_timer
from podium.bootstrap import build
from podium.clock import ManualClock
from podium.errors import Unavailable
from podium.model.schedule import WorkflowSchedule
from podium.model.workflow_definition import WorkflowDef
from podium.schedules.store import subject_of
from story import Crash
from world import MINUTE, task

NAME = "each minute"
SUBJECT = subject_of(NAME)
MOST_REQUESTS = 40


class Wire:
    """Counts the requests of its clients and does something before the chosen one."""

    def __init__(self):
        self.clients = connect_fakes()
        self.requests = 0
        self._at = 0
        self._strike = None
        self._is_struck = False
        for one in (self.clients.dynamodb, self.clients.sqs, self.clients.s3):
            one.meta.events.register("before-call", self._before)

    @contextmanager
    def striking(self, at, strike):
        self.requests, self._at, self._strike = 0, at, strike
        try:
            yield
        finally:
            self._at = 0

    def _before(self, **_):
        self.requests += 1
        if self.requests == self._at:
            self._at = 0
            self._strike()


class Scene:
    """A schedule whose run is due, and processes that see to it."""

    def __init__(self, stack, clock, wire):
        self.stack = stack
        self.clock = clock
        self.wire = wire
        self.home = open_over(stack, clock).home
        self.podium = build(self.home)
        definition = {"name": "w", "schemaVersion": 2, "tasks": [task("HUMAN", "ask")]}
        self.podium.definitions.update_workflows([WorkflowDef.from_json(definition)])
        document = {
            "name": NAME,
            "cronExpression": "0 * * * * *",
            "startWorkflowRequest": {"name": "w", "idempotencyKey": "k"},
        }
        saved = self.podium.scheduler.save(WorkflowSchedule.from_json(document))
        self.due = saved.next_run_time
        clock.advance(self.due - clock.now())
        self._empty_timers()

    def process(self, seed):
        """Return the decider's queue of a process of its own."""
        return build(open_over(self.stack, self.clock, seed=seed).home).decider_queue

    def workflows(self):
        found = self.stack.clients.dynamodb.scan(
            TableName=self.stack.outputs["WorkflowsTable"]
        )
        return [one for one in found["Items"] if one["sk"]["S"] == "j#0000000001"]

    def armed(self):
        """Return when the timers of the schedule are due."""
        return {due for subject, due in self._timers() if subject == SUBJECT}

    def _timers(self):
        url, sqs = self.stack.outputs["TimersQueueUrl"], self.stack.clients.sqs
        self.clock.advance(10 * MINUTE)
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for one in messages:
                timer = decode_timer(one["Body"])
                yield timer.workflow_id, timer.due

    def _empty_timers(self):
        url = self.stack.outputs["TimersQueueUrl"]
        self.stack.clients.sqs.purge_queue(QueueUrl=url)

    def is_as_it_should_be(self):
        """Say that the run was seen to, once."""
        [record] = self.home.schedules.executions()
        stored = self.home.schedules.find(NAME)
        assert 1 == len(self.workflows())
        assert ("EXECUTED", self.due) == (record.state, record.scheduled_time)
        assert ((self.due + MINUTE,), 1) == (stored.pending, stored.runs)
        assert {self.due + MINUTE} == self.armed()


@pytest.fixture(scope="module")
def wire():
    return Wire()


@contextmanager
def opened(wire):
    clock = ManualClock()
    with (
        pytest.MonkeyPatch.context() as patch,
        moto_stack(patch, clock, clients=wire.clients) as stack,
    ):
        yield Scene(stack, clock, wire)


def _die():
    raise Crash


def _at_each_request(wire, strikes):
    """Yield a scene after something happened at its first request, its second..."""
    for at in range(1, MOST_REQUESTS):
        with opened(wire) as scene:
            with wire.striking(at, lambda: strikes(scene)):
                try:
                    scene.process(2).wake(SUBJECT, scene.due)
                    is_over = wire.requests < at
                except (Crash, Unavailable):
                    is_over = False
            yield at, scene
            if is_over:
                return
    raise AssertionError("a run takes more requests than expected")


def test_a_process_that_dies_at_any_request_leaves_a_run_to_the_next(wire):
    told = 0
    for _, scene in _at_each_request(wire, lambda _: _die()):
        scene.process(3).wake(SUBJECT, scene.due)
        scene.is_as_it_should_be()
        told += 1

    assert told > 8


def test_two_processes_that_see_to_the_same_run_start_it_once(wire):
    for _, scene in _at_each_request(
        wire, lambda scene: scene.process(3).wake(SUBJECT, scene.due)
    ):
        scene.is_as_it_should_be()


def test_a_schedule_that_is_removed_meanwhile_does_not_come_back(wire):
    for _, scene in _at_each_request(
        wire, lambda scene: scene.podium.scheduler.remove(NAME)
    ):
        assert scene.home.schedules.find(NAME) is None or 1 == len(scene.workflows())
        scene.podium.scheduler.remove(NAME)
        assert [] == scene.home.schedules.all()


def test_a_schedule_that_is_paused_meanwhile_stays_so(wire):
    for _, scene in _at_each_request(
        wire, lambda scene: scene.podium.scheduler.pause(NAME)
    ):
        if not scene.podium.scheduler.schedule(NAME).paused:
            continue  # nothing happened: the run was over
        scene.clock.advance(5 * MINUTE)
        scene.process(3).wake(SUBJECT)
        assert len(scene.workflows()) <= 1
