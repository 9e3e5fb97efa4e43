"""A deployment whose table's stream is listened to."""

import pytest

from aws_homes import moto_stack
from aws_resources import connect_fakes, fake_clients
from projected import Projected
from table_stream import streaming
from world import inline, simple


@pytest.fixture(scope="session")
def clients():
    return connect_fakes()


@pytest.fixture
def stack(monkeypatch, clock, clients):
    with moto_stack(monkeypatch, clock, clients=clients) as opened:
        yield opened


@pytest.fixture
def stream(stack, clients):
    with streaming(stack, clients, fake_clients().dynamodb) as listening:
        yield listening


@pytest.fixture
def deployment(stack, stream, clock):
    made = Projected(stack, stream, clock)
    made.register("worked", [simple("work")])
    made.register("instant", [inline("one", "1")])
    return made
