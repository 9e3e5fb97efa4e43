"""On AWS a process may die at any request, and any request may fail.

There is no start-up that looks at everything: what a process left behind is found by
the next one through the messages that come again, and by the guard.  Queues and stores
fail too: they refuse, they do and do not answer, they deliver twice or out of order.
"""

import random
from contextlib import contextmanager
from copy import deepcopy
from functools import partial

import pytest
from botocore.awsrequest import AWSResponse
from moto.sqs.models import Queue, sqs_backends

from aws_homes import moto_stack
from aws_resources import REGION, connect_fakes
from aws_world import AwsWorld
from podium.adapters.dynamodb.stream import read_changes
from podium.clock import ManualClock
from podium.errors import Unavailable
from story import Crash, Story, check

MAX_REQUESTS = 2_000
ROUNDS = 400
STRIDE = 40


# --- what happens to requests --------------------------------------------------------


class Wire:
    """What happens to each request of some clients: see the subclasses' ``strike``."""

    def __init__(self):
        self.requests = 0

    def strike(self):
        """Return what happens to the request that is about to be sent, if anything."""
        self.requests += 1
        return None


class OneFault(Wire):
    """Something happens to the chosen request."""

    def __init__(self, at, fault):
        super().__init__()
        self._at = at
        self._fault = fault

    def strike(self):
        super().strike()
        return self._fault if self.requests == self._at else None


class ManyFaults(Wire):
    """Anything may happen to any request, but not for ever."""

    def __init__(self, seed, left=12):
        super().__init__()
        self._random = random.Random(seed)
        self._left = left

    def strike(self):
        super().strike()
        if not self._left or self._random.random() > 0.03:
            return None
        self._left -= 1
        return self._random.choice(["crash", "refused", "unanswered"])


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

    def __init__(self, seed, *arguments, **options):
        super().__init__(*arguments, **options)
        self._random = random.Random(seed)

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
    """Return what tells the story over a fresh stack and holds it to its end."""

    def told(wire, opens=FragileAwsWorld):
        clock = ManualClock()
        faulty.wire = Wire()
        with (
            pytest.MonkeyPatch.context() as patch,
            moto_stack(patch, clock, clients=faulty.clients) as stack,
        ):
            story = Story(
                lambda clock, number: opens(stack, clock, seed=number), ROUNDS, clock
            )
            faulty.wire = wire
            started = story.tell()
            faulty.wire = Wire()
            story.world.settle()
            check(story.world, started)
            return wire.requests

    return told


@pytest.mark.parametrize("fault", ["crash", "refused", "unanswered"])
@pytest.mark.parametrize("offset", range(STRIDE))
def test_anything_may_happen_to_one_request(tell, fault, offset):
    at = 1 + offset
    while at <= tell(OneFault(at, fault)):
        at += STRIDE


@pytest.mark.parametrize("seed", range(8))
def test_many_things_may_happen_to_many_requests(tell, seed):
    tell(ManyFaults(seed))
