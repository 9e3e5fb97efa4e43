"""On AWS a process may die at any request, and any request may fail.

There is no start-up that looks at everything: what a process left behind is found by
the next one through the messages that come again, and by the guard.  Queues and stores
fail too: they refuse, they do and do not answer, they deliver twice or out of order.
"""

import random
from copy import deepcopy
from functools import cache, partial

import pytest
from moto.sqs.models import Queue, sqs_backends

from aws_faults import (
    FAULTS,
    Delay,
    ManyFaults,
    Meddler,
    OneFault,
    Wire,
    Wired,
    crash,
    may_befall,
    refused,
    unanswered,
)
from aws_homes import moto_stack
from aws_resources import REGION
from aws_world import AwsWorld, sweep_rows
from podium.adapters.dynamodb.stream import read_changes
from podium.clock import ManualClock
from podium.errors import Unavailable
from stories import KINDS
from twenty_steps import TwentySteps

ROUNDS = 400
OFTEN, SELDOM = 6, 24
"""One of how many requests something happens to, unless it happens to each."""


# --- a world that bears it -----------------------------------------------------------


class FragileAwsWorld(AwsWorld):
    """What fails is left in its queue, as Lambda does, and comes again."""

    def pause(self, _seconds):
        """Nobody waits between the tries of a batch."""

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
def tell():
    """Return what tells a story over a fresh stack and holds it to its end."""
    wired = Wired()

    def told(kind, wire, opens=FragileAwsWorld):
        clock = ManualClock()
        wired.wire = Wire()
        with (
            pytest.MonkeyPatch.context() as patch,
            moto_stack(patch, clock, clients=wired.clients) as stack,
        ):
            sweep_rows(stack, clock)
            story = kind(
                lambda clock, number: opens(stack, clock, seed=number), ROUNDS, clock
            )
            wire.story, wire.beside = story, story.open(0)
            wired.wire = wire
            started = story.tell()
            wired.wire = Wire()
            story.world.settle()
            story.check(started)

    return told


@pytest.fixture(scope="module")
def requests_of(tell):
    """Return what tells the requests of a story in which nothing happens."""

    @cache
    def asked(kind):
        wire = Wire()
        tell(kind, wire)
        return wire.requests

    return asked


@pytest.fixture
def tell_with_each(request, tell, requests_of):
    """Return what tells a story with something at each of its requests, or at some.

    That is at one of ``every`` so many, the longer a story the more seldom; with
    ``--home=aws`` at each of them.
    """
    is_sample = request.config.getoption("--home") != "aws"
    drawn = random.Random(request.node.name)

    def told(kind, wires, every, is_wanted=lambda _operation: True):
        asked = enumerate(requests_of(kind), start=1)
        points = [at for at, operation in asked if is_wanted(operation)]
        if is_sample:
            number = max(1, len(points) // (every * kind.length))
            points = sorted(drawn.sample(points, number))
        for at in points:
            tell(kind, wires(at))

    return told


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_something_may_happen_to_any_request(tell_with_each, kind, fault):
    every = OFTEN if fault in (crash, refused, unanswered) else _seldom(kind)
    tell_with_each(kind, partial(OneFault, fault), every, partial(may_befall, fault))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [35, 360])
@pytest.mark.parametrize("is_answer", [False, True], ids=["request", "answer"])
def test_any_request_may_be_late(tell_with_each, kind, seconds, is_answer):
    wires = partial(Delay, min(seconds, kind.longest_delay), is_answer=is_answer)
    tell_with_each(kind, wires, _seldom(kind))


def _seldom(kind):
    return OFTEN if kind is TwentySteps else SELDOM


@pytest.mark.parametrize("kind", KINDS)
def test_others_may_come_between_any_requests(tell_with_each, kind):
    tell_with_each(kind, Meddler, OFTEN)


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
