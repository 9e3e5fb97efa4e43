"""On AWS a process may die at any request, and any request may fail.

There is no start-up that looks at everything: what a process left behind is found by
the next one through the messages that come again, and by the guard.  Queues and stores
fail too: they refuse, they do and do not answer, they deliver twice or out of order.
"""

import random
from contextlib import suppress
from copy import deepcopy
from functools import partial

import pytest
from botocore.awsrequest import AWSResponse
from moto.sqs.models import Queue, sqs_backends

from aws_homes import moto_stack
from aws_resources import REGION, connect_fakes
from aws_world import AwsWorld, sweep_rows
from podium.adapters.dynamodb.stream import read_changes
from podium.clock import ManualClock
from podium.errors import Conflict, NotFound, Unavailable
from stories import KINDS
from story import Crash

MAX_REQUESTS = 2_000
ROUNDS = 400


# --- what happens to requests --------------------------------------------------------


class Wire:
    """Counts the requests of some clients; nothing happens to them.

    It knows the ``story``, and a process beside the one that serves it.
    """

    def __init__(self):
        self.requests = 0
        self.story = None
        self.beside = None

    def strike(self):
        """Count a request and return what happens to it, if anything."""
        self.requests += 1
        return self.fault()

    def fault(self):
        """Return what happens to the request that was counted last."""


class OneFault(Wire):
    """Something happens to the chosen request."""

    def __init__(self, fault, at):
        super().__init__()
        self._at = at
        self._fault = fault

    def fault(self):
        return self._fault if self.requests == self._at else None


class ManyFaults(Wire):
    """Anything may happen to any request, but not for ever."""

    def __init__(self, seed, left=12):
        super().__init__()
        self._random = random.Random(seed)
        self._left = left

    def fault(self):
        if not self._left or self._random.random() > 0.03:
            return None
        self._left -= 1
        return self._random.choice(["crash", "refused", "unanswered"])


class Meddler(Wire):
    """Somebody else changes the workflow before each of some requests in a row."""

    def __init__(self, at, number=12):
        super().__init__()
        self._wanted = range(at, at + number)
        self._is_meddling = False

    def strike(self):
        if self._is_meddling or self.story.started is None:
            return
        self.requests += 1
        if self.requests in self._wanted:
            self._is_meddling = True
            self._meddle(self.beside.podium.workflows)
            self._is_meddling = False

    def _meddle(self, workflows):
        with suppress(Conflict, NotFound):
            workflows.pause(self.story.started)
            workflows.resume(self.story.started)


class Faulty:
    """Clients whose requests something happens to, as the ``wire`` of the moment says.

    A *refused* request was not carried out; an *unanswered* one was.
    """

    def __init__(self):
        self.clients = connect_fakes()
        self.wire = Wire()
        for one in (self.clients.dynamodb, self.clients.sqs, self.clients.s3):
            one.meta.events.register("before-call", self._before)
            one.meta.events.register("after-call", self._after)

    def _before(self, context, **_):
        context["fault"] = fault = self.wire.strike()
        if fault == "crash":
            raise Crash
        if fault == "refused":
            return AWSResponse("", 500, {}, None), _failure()
        return None

    def _after(self, context, http_response, parsed, **_):
        if context.get("fault") == "unanswered":
            http_response.status_code = 500
            parsed.clear()
            parsed.update(_failure())


def _failure():
    return {
        "Error": {"Code": "InternalServerError", "Message": "on purpose"},
        "ResponseMetadata": {"HTTPStatusCode": 500},
    }


# --- a world that bears it -----------------------------------------------------------


class FragileAwsWorld(AwsWorld):
    """What fails is left in its queue, as Lambda does, and comes again."""

    def die(self):
        """Nothing is left of the process: what it knew was in memory."""

    def recover(self):
        """Nothing looks at everything."""

    def _work(self):
        try:
            return super()._work()
        except Unavailable:
            return True

    def _project(self):
        records = self.opened.stream.read()
        failed = self._projector.project(read_changes(records))
        positions = [one["dynamodb"]["SequenceNumber"] for one in records]
        done = positions.index(failed[0]) if failed else len(records)
        if done:
            self.opened.stream.move_past(records[:done])
        return bool(records)


class RestlessAwsWorld(FragileAwsWorld):
    """Whose queues keep no order but that of a workflow's commands."""

    def __init__(self, order, *arguments, **options):
        super().__init__(*arguments, **options)
        self._random = random.Random(order)

    def _work(self):
        for queue in sqs_backends[self.stack.account][REGION].queues.values():
            groups = {one.group_id: self._random.random() for one in queue._messages}
            if queue.fifo_queue:
                queue._messages.sort(key=lambda one, order=groups: order[one.group_id])
            else:
                self._random.shuffle(queue._messages)
        return super()._work()


# --- stories -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty():
    return Faulty()


@pytest.fixture
def tell(faulty):
    """Return what tells a story over a fresh stack and holds it to its end."""

    def told(kind, wire, opens=FragileAwsWorld):
        clock = ManualClock()
        faulty.wire = Wire()
        with (
            pytest.MonkeyPatch.context() as patch,
            moto_stack(patch, clock, clients=faulty.clients) as stack,
        ):
            sweep_rows(stack, clock)
            story = kind(
                lambda clock, number: opens(stack, clock, seed=number), ROUNDS, clock
            )
            wire.story, wire.beside = story, opens(stack, clock, seed=0)
            faulty.wire = wire
            started = story.tell()
            faulty.wire = Wire()
            story.world.settle()
            story.check(started)

    return told


@pytest.fixture
def stride(request):
    """Return how many requests to go on from fault to fault."""
    return 1 if request.config.getoption("--home") == "aws" else 4


@pytest.mark.parametrize("fault", ["crash", "refused", "unanswered"])
@pytest.mark.parametrize("kind", KINDS)
def test_something_may_happen_to_any_request(tell, kind, fault, stride):
    _tell_with_each(partial(OneFault, fault), tell, kind, stride)


@pytest.mark.parametrize("kind", KINDS)
def test_others_may_come_between_any_requests(tell, kind, stride):
    _tell_with_each(Meddler, tell, kind, stride)


def _tell_with_each(wires, tell, kind, stride):
    for at in range(1, MAX_REQUESTS, stride * kind.length):
        wire = wires(at)
        tell(kind, wire)
        if wire.requests < at:
            return
    raise AssertionError(f"the story needs more than {MAX_REQUESTS} requests")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_many_things_may_happen(tell, kind, seed):
    tell(kind, ManyFaults(seed))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_messages_may_come_in_any_order(tell, kind, seed):
    tell(kind, Wire(), partial(RestlessAwsWorld, seed))


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_may_come_twice(tell, kind, monkeypatch):
    add = Queue.add_message

    def add_twice(queue, message):
        again = deepcopy(message)
        again.deduplication_id = f"{message.deduplication_id} again"
        add(queue, message)
        add(queue, again)

    monkeypatch.setattr(Queue, "add_message", add_twice)
    tell(kind, Wire())


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_may_come_again_after_it_was_deleted(tell, kind, monkeypatch):
    delete = Queue.delete_message
    spared = set()

    def delete_late(queue, handle):
        [message] = [one for one in queue._messages if one.had_receipt_handle(handle)]
        if message.id in spared:
            delete(queue, handle)
        spared.add(message.id)

    monkeypatch.setattr(Queue, "delete_message", delete_late)
    tell(kind, Wire())
