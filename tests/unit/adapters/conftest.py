"""A stack in moto for what the contracts cannot see; its time stands still."""

import pytest

from aws_homes import moto_stack
from podium.clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def stack(monkeypatch, clock):
    with moto_stack(monkeypatch, clock) as opened:
        yield opened
