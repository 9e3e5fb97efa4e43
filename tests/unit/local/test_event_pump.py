"""Events from SQS on the embedded home: queues come and go with their handlers."""

import threading

import pytest

from podium.adapters.sqs.event_source import SqsEventSource
from podium.errors import NotFound, Unavailable
from podium.eventing import EventMessage, ReceivedEvent
from podium.model.event_handler import EventHandler
from podium_local import event_pump
from podium_local.event_pump import EventPump, event_sources
from world import new_world, simple

PATIENCE = 10


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register("heard", [simple("in_heard")])
        yield opened


class Source:
    """A source whose queues a test fills, and which remembers what became of it all."""

    def __init__(self):
        self.waiting = {}
        self.deleted, self.released = [], []
        self.changed = threading.Condition()

    def receive(self, queue, *_):
        with self.changed:
            if queue not in self.waiting:
                self.changed.wait(0.01)
                raise NotFound(f"There is no queue {queue}")
            if not self.waiting[queue]:
                self.changed.wait(0.01)
            found, self.waiting[queue] = self.waiting[queue], []
            return found

    def delete(self, _queue, receipts):
        self._note(self.deleted, receipts)

    def release(self, _queue, receipts, _delay):
        self._note(self.released, receipts)

    def _note(self, where, receipts):
        with self.changed:
            where.extend(receipts)
            self.changed.notify_all()

    def send(self, queue, receipt):
        with self.changed:
            message = EventMessage(receipt, 1_700_000_000_000, {})
            self.waiting.setdefault(queue, []).append(ReceivedEvent(message, receipt))
            self.changed.notify_all()

    def wait_for(self, where, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(where) >= count, PATIENCE)


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def pump(world, source, monkeypatch):
    monkeypatch.setattr(event_pump, "LOOK_EVERY", 0.01)
    made = EventPump(world.podium.events, "sqs", source)
    made.start()
    yield made
    made.request_stop()
    made.join()


def listen(world, queue):
    action = {"action": "start_workflow", "start_workflow": {"name": "heard"}}
    handler = {
        "name": f"on {queue}",
        "event": f"sqs:{queue}",
        "active": True,
        "actions": [action],
    }
    world.podium.events.add(EventHandler.from_json(handler))


def test_messages_of_a_queue_are_handled_and_taken_away(world, source, pump):
    source.send("orders", "r1")
    listen(world, "orders")

    source.wait_for(source.deleted, 1)

    [record] = world.podium.events.executions("sqs:orders", 0, 10)
    assert "COMPLETED" == record.status


def test_a_queue_that_is_made_later_is_found(world, source, pump):
    listen(world, "orders")
    source.send("orders", "r1")

    source.wait_for(source.deleted, 1)


def test_what_may_succeed_later_is_put_back(world, source, pump, monkeypatch):
    def refuse(*_):
        raise Unavailable("not now")

    monkeypatch.setattr(world.podium.events._processing, "handle", refuse)
    source.send("orders", "r1")
    listen(world, "orders")

    source.wait_for(source.released, 1)
    assert [] == source.deleted


@pytest.mark.parametrize(
    ("environment", "providers"),
    [
        ({}, set()),
        ({"AWS_REGION": "us-east-1"}, set()),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, {"sqs"}),
        ({"AWS_ACCESS_KEY_ID": "a"}, {"sqs"}),
        ({"AWS_PROFILE": "dev"}, {"sqs"}),
    ],
)
def test_sqs_is_a_source_where_the_environment_speaks_of_aws(environment, providers):
    found = event_sources(None, environment)

    assert providers == set(found)
    assert all(isinstance(one, SqsEventSource) for one in found.values())
