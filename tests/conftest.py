"""What all tests share: the homes they run on, and how much Hypothesis looks for."""

import os

import pytest
from hypothesis import HealthCheck, settings

from podium.clock import ManualClock
from sections import Coverage

pytest_plugins = ["emulated_deployment"]

settings.register_profile(
    "ci",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=3_000)
settings.register_profile(
    "explore", settings.get_profile("thorough"), derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser):
    parser.addoption(
        "--home",
        default="",
        help="the homes that suites run on, by comma: sqlite-file, sqlite-memory, aws "
        "(over moto), emulator (at AWS_ENDPOINT_URL, or one that is started).  Without "
        "it contracts run on all but the emulator; the conformance tests run embedded, "
        "and those of tests/conformance/conftest.py on AWS too; faults and most runs "
        "of the corpus are a sample on AWS.  "
        "With --home=aws every one of them runs there.  deployed: conformance tests "
        "by the API Gateway of the template, in an emulator; deployed-sample: some.",
    )

    parser.addoption(
        "--server",
        default="podium-dev",
        choices=["podium-dev", "deployed"],
        help="what the published clients of tests/e2e are run against: `podium dev`, "
        "or the template, deployed to an emulator.",
    )
    parser.addoption(
        "--deaths",
        default="some",
        help="between which calls the functions of a deployment are killed: some, all, "
        "or such as 2/4, the second quarter.",
    )
    parser.addoption(
        "--corpus",
        default="sample",
        help="which definitions of the corpus run on the emulator: a sample, all, or "
        "such as 2/4, the second quarter.",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "embedded_only(reason): AWS does it otherwise, for that reason"
    )
    config.pluginmanager.register(Coverage())


@pytest.fixture
def clock():
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
def stack(monkeypatch, clock):
    """A deployment's tables, queues and bucket over moto, by that clock."""
    from aws_homes import moto_stack  # moto takes a second that few tests need

    with moto_stack(monkeypatch, clock) as opened:
        yield opened
