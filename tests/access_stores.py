"""Access in memory: an embedded home whose clock stands still, and what it holds."""

import random
from contextlib import contextmanager

import pytest

from podium.access.administration import Administration
from podium.access.authentication import Authentication
from podium.access.roles import Role
from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.clock import ManualClock
from podium.errors import Unauthenticated

LIFETIME = 10 * 60_000
"""Of a token, in milliseconds."""


class Access:
    """A home, its operator, and processes that know callers."""

    def __init__(self, home):
        self.home = home
        self.clock = home.clock
        self.operator = Administration(
            home.clock, home.draw, home.applications, home.signing_keys
        )

    def process(self):
        """Return what another process would have: it remembers nothing yet."""
        return Authentication(
            self.clock, self.home.applications, self.home.signing_keys, LIFETIME
        )

    def key_for(self, name, *roles):
        """Make an application with these roles; return a key of its own."""
        self.operator.create_application(name, frozenset(roles or [Role.WORKER]))
        return self.operator.create_key(name)


@contextmanager
def open_access():
    opened = open_home(
        IN_MEMORY, clock=ManualClock(), draw=random.Random(3).getrandbits
    )
    try:
        yield Access(opened.home)
    finally:
        opened.close()


def refusal(call, *given):
    """Return the word for clients of a call that must be refused."""
    with pytest.raises(Unauthenticated) as refused:
        call(*given)
    return refused.value.error
