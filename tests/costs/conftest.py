"""A deployment in moto whose every request is counted."""

import pytest

from aws_homes import moto_stack, open_over
from aws_meter import Meter
from aws_resources import connect_fakes, fake_clients
from podium.clock import ManualClock


@pytest.fixture(scope="session")
def clients():
    """Clients of these tests alone, for a meter hears all that its clients ask."""
    return connect_fakes()


@pytest.fixture(scope="session")
def meter(clients):
    return Meter(clients, fake_clients().dynamodb)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def stack(monkeypatch, clock, clients):
    with moto_stack(monkeypatch, clock, clients=clients) as opened:
        yield opened


@pytest.fixture
def aws(stack, clock):
    return open_over(stack, clock, definitions_kept=5_000)


@pytest.fixture
def home(aws):
    return aws.home
