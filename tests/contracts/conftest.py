"""The homes that every contract suite runs on.

A suite uses a home's ports and a clock that stands still, nothing else, so that a
further home is a further function in ``HOMES``.  ``--home`` says which: SQLite, and AWS
over moto, in every run, and on request an emulator, a process of its own, where what
would take long real time is skipped.
"""

import random
from contextlib import contextmanager

import pytest

from aws_homes import RealTimeClock, emulator_stack, moto_stack, open_over
from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.clock import ManualClock


@contextmanager
def sqlite(path, clock):
    opened = open_home(path, clock=clock, draw=random.Random(1).getrandbits)
    yield opened.home
    opened.close()


@contextmanager
def sqlite_file(request, clock):
    path = request.getfixturevalue("tmp_path") / "podium.sqlite3"
    with sqlite(path, clock) as home:
        yield home


@contextmanager
def sqlite_memory(_request, clock):
    with sqlite(IN_MEMORY, clock) as home:
        yield home


@contextmanager
def aws(request, clock):
    monkeypatch = request.getfixturevalue("monkeypatch")
    with moto_stack(monkeypatch, clock) as stack:
        yield deployed(open_over(stack, clock))


@contextmanager
def emulator(request, clock):
    endpoint_url = request.getfixturevalue("emulator_url")
    with emulator_stack(endpoint_url) as stack:
        yield deployed(open_over(stack, clock, endpoint_url=endpoint_url))


def deployed(opened):
    """Return the home of a deployment that has been swept before."""
    opened.newcomers.sweep()
    return opened.home


HOMES = {
    "sqlite-file": sqlite_file,
    "sqlite-memory": sqlite_memory,
    "aws": aws,
    "emulator": emulator,
}
IN_EVERY_RUN = ["sqlite-file", "sqlite-memory", "aws"]
SINGLE_THREADED = {"aws"}
"""Homes that lose updates when used by many threads, by no fault of ours."""


def pytest_generate_tests(metafunc):
    if "home" not in metafunc.fixturenames:
        return
    asked = metafunc.config.getoption("--home")
    names = asked.split(",") if asked else IN_EVERY_RUN
    if getattr(metafunc.module, "MANY_THREADS", False):
        names = [name for name in names if name not in SINGLE_THREADED]
    metafunc.parametrize("home", names, indirect=True)


@pytest.fixture
def clock(request):
    callspec = getattr(request.node, "callspec", None)
    is_emulated = callspec is not None and callspec.params.get("home") == "emulator"
    return RealTimeClock() if is_emulated else ManualClock()


@pytest.fixture
def home(request, clock):
    with HOMES[request.param](request, clock) as opened:
        yield opened
