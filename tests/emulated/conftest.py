"""One emulator and one deployment for all tests of this tier, with access keys."""

import json
import time

import pytest
import urllib3

from podium_local.emulated.deployment import SAM, build, deploy
from podium_local.emulated.emulator import PYTHON, running
from podium_sdk import PodiumClient

PARAMETERS = {
    "AccessMode": "keys",
    "Alarms": "off",
    "HttpAllowedNetworks": "127.0.0.0/8",
    "WorkerConcurrency": "20",
}
PATIENCE = 60
"""Seconds; who waits longer for an answer that is due at once has failed its test."""


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The template as it is built for the emulator."""
    if not (SAM.exists() and PYTHON.exists()):
        pytest.skip("make sam emulator")
    return build(tmp_path_factory.mktemp("sam") / "build")


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory, template):
    with running(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="session")
def deploy_with(emulator_url, template):
    """Deploy, or update, with these parameters besides those of all tests."""

    def deploy_it(**parameters):
        return deploy(emulator_url, template, {**PARAMETERS, **parameters})

    return deploy_it


@pytest.fixture(scope="session")
def deployed(deploy_with):
    return deploy_with()


@pytest.fixture(scope="session")
def admin_key(deployed):
    return deployed.make_key("operations", "admin")


@pytest.fixture(scope="session")
def client(deployed, admin_key):
    token = token_of(deployed, admin_key)
    with PodiumClient(deployed.api_url, headers=token) as opened:
        yield opened


@pytest.fixture(scope="session")
def eventually():
    """Ask again and again until the answer is true; return it."""

    def ask(what):
        deadline = time.monotonic() + PATIENCE
        while not (answer := what()):
            assert time.monotonic() < deadline, "it never came to that"
            time.sleep(0.1)
        return answer

    return ask


def token_of(deployed, key):
    """Return the header with a token for this key."""
    pair = {
        "keyId": key["CONDUCTOR_AUTH_KEY"],
        "keySecret": key["CONDUCTOR_AUTH_SECRET"],
    }
    answer = urllib3.request("POST", f"{deployed.api_url}/token", json=pair)
    return {"X-Authorization": json.loads(answer.data)["token"]}


@pytest.fixture(scope="session")
def authorized():
    """Return the header that goes with a key."""
    return token_of
