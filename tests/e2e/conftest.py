"""Servers of real processes: one per test module, or as many as a test starts."""

import json
import subprocess
from contextlib import contextmanager

import pytest

from podium_process import PodiumProcess, client_environment, running

CLIENT_PATIENCE = 240
"""Seconds for a client's whole scenario, on a machine that has other things to do."""


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


@pytest.fixture(scope="session")
def is_deployed(pytestconfig):
    """Whether the clients are run against the template, and not `podium dev`."""
    return pytestconfig.getoption("--server") == "deployed"


@pytest.fixture(scope="module")
def tell(request, tmp_path_factory, is_deployed):
    """Run a client's scenario against a server; return what each step saw."""

    @contextmanager
    def server():
        if is_deployed:
            deployed = request.getfixturevalue("deployed")
            yield deployed.api_url, request.getfixturevalue("admin_key")
        else:
            folder = tmp_path_factory.mktemp("client")
            with running(folder / "podium.sqlite3") as started:
                yield f"{started.url}/api", {}

    def run(*command):
        with server() as (api_url, key):
            ended = subprocess.run(
                [*command, api_url],
                capture_output=True,
                text=True,
                timeout=CLIENT_PATIENCE,
                check=False,
                env={**client_environment(), **key},
            )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])

    return run


@pytest.fixture
def step(told):
    """Return what one step of a client's scenario saw, or show what it raised."""

    def saw(name):
        seen = told[name]
        assert "raised" not in seen, seen["raised"]
        return seen

    return saw
