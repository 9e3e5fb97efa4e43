"""The homes that every contract suite runs on.

A suite uses a home's ports and a clock that stands still, nothing else, so that a
further home is a further line in ``HOMES``.
"""

import random

import pytest

from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.clock import ManualClock

HOMES = {"sqlite-file": "podium.sqlite3", "sqlite-memory": IN_MEMORY}


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture(params=HOMES)
def home(request, clock, tmp_path):
    name = HOMES[request.param]
    path = name if name == IN_MEMORY else tmp_path / name
    opened = open_home(path, clock=clock, draw=random.Random(1).getrandbits)
    yield opened.home
    opened.close()
