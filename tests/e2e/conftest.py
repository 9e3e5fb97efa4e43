"""Servers of real processes: one per test module, or as many as a test starts."""

import pytest

from podium_process import PodiumProcess, running


@pytest.fixture(scope="module")
def module_server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("podium") / "podium.sqlite3") as server:
        yield server


@pytest.fixture
def server(module_server):
    """The module's server; what it logs during a test is shown where that fails."""
    seen = len(module_server.log)
    yield module_server
    print("".join(module_server.log[seen:]))  # noqa: T201 - pytest captures it


@pytest.fixture
def start(tmp_path):
    """Start a server of the test's own, again and again on the same database."""
    started = []

    def start_on(database=tmp_path / "podium.sqlite3", **options):
        server = PodiumProcess(database, **options)
        started.append(server)
        return server.wait_until_it_listens()

    yield start_on
    for server in started:
        server.stop()
        print("".join(server.log))  # noqa: T201 - pytest captures it


@pytest.fixture
def step(told):
    """Return what one step of a client's scenario saw, or show what it raised."""

    def saw(name):
        seen = told[name]
        assert "raised" not in seen, seen["raised"]
        return seen

    return saw
