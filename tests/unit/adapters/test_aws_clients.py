"""Clients: how long they wait, how often they try, and that they are made late."""

import subprocess
import sys

import pytest

from aws_resources import connect_fakes


@pytest.fixture(scope="module")
def clients():
    return connect_fakes("http://127.0.0.1:1")


def test_sqs_waits_longer_than_its_longest_poll(clients):
    assert clients.sqs.meta.config.read_timeout > 20


def test_every_client_gives_up_after_a_few_tries(clients):
    for client in (clients.dynamodb, clients.sqs, clients.s3):
        retries = client.meta.config.retries
        assert ("standard", True) == (
            retries["mode"],
            retries["total_max_attempts"] <= 4,
        )


def test_importing_the_home_does_not_import_boto3():
    program = "import sys, podium.adapters.aws_home; sys.exit('boto3' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode
