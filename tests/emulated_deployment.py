"""One emulator and one deployment for all tests that ask for it, with access keys.

A plugin, because the clients of tests/e2e are asked against it too (``--server``).
"""

import json
import time

import pytest
import urllib3

from podium_local.emulated.deployment import SAM, Deployment, build, deploy
from podium_local.emulated.emulator import PYTHON, running
from podium_sdk import PodiumClient
from wants import SERVER

SINKS = ("conductor-test-sqs-COMPLETED", "internal_event_name")
PARAMETERS = {
    "AccessMode": "keys",
    "Alarms": "off",
    # What definitions of the corpus read, and publish to.
    "EnvironmentVariables": json.dumps({"sample-url": f"{SERVER}/sample-url"}),
    "EventSinkArns": ",".join(f"arn:aws:sqs:*:*:{queue}" for queue in SINKS),
    "FunctionUrl": "on",
    "HttpAllowedNetworks": "127.0.0.0/8",
    "PollHold": "1",
    "WorkerConcurrency": "20",
}
EVENTS = "podium-events-told"
"""A queue of somebody's, whose messages are events."""
PATIENCE = 60
"""Seconds; who waits longer for an answer that is due at once has failed its test."""


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The template as it is built for the emulator."""
    if not (SAM.exists() and PYTHON.exists()):
        pytest.skip("make sam emulator")
    return build(tmp_path_factory.mktemp("sam") / "build")


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory):
    if not PYTHON.exists():
        pytest.skip("make emulator")
    with running(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@pytest.fixture(scope="session")
def deploy_with(emulator_url, template):
    """Deploy, or update, with these parameters besides those of all tests."""
    source = make_queue(Deployment(emulator_url, {}).client("sqs"))

    def deploy_it(**parameters):
        wanted = {**PARAMETERS, "EventSources": source, **parameters}
        return deploy(emulator_url, template, wanted)

    return deploy_it


def make_queue(sqs):
    """Make the queue of events, as its owner would; return its ARN."""
    hidden = {"VisibilityTimeout": "180"}
    url = sqs.create_queue(QueueName=EVENTS, Attributes=hidden)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return asked["Attributes"]["QueueArn"]


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
    url = f"{deployed.api_url}/token"
    # The first request of all: a function has to start for it.
    answer = urllib3.request("POST", url, json=pair, timeout=PATIENCE)
    return {"X-Authorization": json.loads(answer.data)["token"]}


@pytest.fixture(scope="session")
def authorized():
    """Return the header that goes with a key."""
    return token_of
