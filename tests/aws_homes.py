"""AWS homes for tests: over moto, whose time stands still, and over an emulator."""

import random
import time
from contextlib import contextmanager

import moto.sqs.models
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models.table import Table

from aws_resources import Stack, fake_clients
from podium.adapters.aws_home import open_aws_home
from podium.clock import ManualClock

_LONGEST_SLEEP = 3_000
_EMULATED_ACCOUNT = "000000000000"


@contextmanager
def moto_stack(monkeypatch, clock, prefix="podium", clients=None):
    """Open moto with everything that a deployment has; messages know ``clock`` alone.

    Waiting is real: how long a receive is held does not depend on the clock.
    """
    begun = time.monotonic()
    monkeypatch.setattr(moto.sqs.models, "unix_time_millis", clock.now)
    # Moto shows a message after its time; ours is to the millisecond.
    monkeypatch.setattr(
        moto.sqs.models.Message,
        "visible",
        property(lambda message: clock.now() >= message.visible_at),
    )
    monkeypatch.setattr(
        moto.sqs.models,
        "unix_time",
        lambda: clock.now() / 1000 + time.monotonic() - begun,
    )
    # A key of its own per stack: finding the primes takes longer than all the rest.
    monkeypatch.setattr(Table, "_get_default_encryption_key", lambda *_given: "a key")
    with mock_aws():
        yield Stack(prefix, clients or fake_clients(), DEFAULT_ACCOUNT_ID).create()


def open_over(stack, clock, *, endpoint_url=None, pause=None, seed=1, **fields):
    """Return an AWS home over a stack; definitions are never remembered.

    Moto is not made for threads, so requests are asked one after the other.
    """
    settings = stack.settings(
        endpoint_url, **{"definitions_kept": 0, "requests_at_once": 1, **fields}
    )
    options = {} if pause is None else {"pause": pause}
    return open_aws_home(
        settings,
        clock=clock,
        draw=random.Random(seed).getrandbits,
        clients=stack.clients,
        **options,
    )


class RealTimeClock(ManualClock):
    """A clock beside an emulator's own: to let time pass is to wait, or to skip."""

    def __init__(self):
        super().__init__(time.time_ns() // 1_000_000)

    def now(self):
        return time.time_ns() // 1_000_000

    def advance(self, milliseconds):
        if milliseconds > _LONGEST_SLEEP:
            pytest.skip(f"an emulator would take {milliseconds / 1000} real seconds")
        time.sleep(milliseconds / 1000)


@contextmanager
def emulator_stack(endpoint_url):
    """Open a stack of its own in an emulator."""
    prefix = f"t{random.getrandbits(40):010x}"
    stack = Stack(prefix, fake_clients(endpoint_url), _EMULATED_ACCOUNT).create()
    try:
        yield stack
    finally:
        stack.remove()
