"""A deployment for the handlers of functions."""

import pytest

from aws_homes import moto_stack
from lambda_events import Deployment
from podium.clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def stack(monkeypatch, clock):
    with moto_stack(monkeypatch, clock) as opened:
        yield opened


@pytest.fixture
def deployment(stack, clock):
    return Deployment.over(stack, clock)
