"""A home in memory and a clock that stands still; a file where the file matters."""

import random
from contextlib import contextmanager, suppress

import pytest

from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.clock import ManualClock


class Undone(Exception):
    """Ends a unit of work that is to fail."""


@pytest.fixture
def rolled_back():
    """A unit of work that fails at its end."""

    @contextmanager
    def rolled_back(sqlite):
        with suppress(Undone), sqlite.home.atomic():
            yield
            raise Undone

    return rolled_back


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def open_at(clock):
    """Open homes that are closed after the test."""
    opened = []

    def open_at(path, **options):
        draw = random.Random(len(opened)).getrandbits
        home = open_home(path, clock=clock, draw=draw, **options)
        opened.append(home)
        return home

    yield open_at
    for home in opened:
        home.close()


@pytest.fixture
def sqlite(open_at):
    return open_at(IN_MEMORY)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "podium.sqlite3"
