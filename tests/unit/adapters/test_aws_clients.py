"""Clients: how long they wait, how often they try, and that they are made late."""

import subprocess
import sys
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import exceptions
from botocore.awsrequest import AWSResponse

from aws_resources import connect_fakes
from podium.adapters.aws_clients import answering, connect
from podium.adapters.s3 import S3Links
from podium.errors import Unavailable
from podium.settings import AwsSettings


class RawAnswer:
    """What botocore reads an answer from."""

    def __init__(self, body):
        self._body = body

    def stream(self):
        """Yield the body in one piece."""
        yield self._body


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


def test_requests_say_whose_they_are(clients):
    sent = []

    def answer(request, **_):
        sent.append(request.headers["User-Agent"])
        return AWSResponse(request.url, 200, {}, RawAnswer(b"{}"))

    clients.dynamodb.meta.events.register_first("before-send.dynamodb", answer)
    clients.dynamodb.list_tables()

    assert [True] == [agent.startswith(b"podium botocore/") for agent in sent]


@pytest.mark.parametrize("region", ["eu-central-1", "af-south-1"])
def test_a_link_to_a_payload_leads_to_the_buckets_own_region(region):
    """The host without one redirects for a bucket's first hours, which breaks the
    signature, and knows no region that was opened after March 2019.
    """
    fakes = boto3.session.Session("key", "secret", region_name=region)
    needed = {
        name: "x" for name, one in AwsSettings.model_fields.items() if one.is_required()
    }
    settings = AwsSettings.model_validate({**needed, "region": region})

    links = S3Links(connect(settings, fakes).s3, "podium-1")

    for method in ("GET", "PUT"):
        host = urlsplit(links.link(method, "path", "")).hostname
        assert f"podium-1.s3.{region}.amazonaws.com" == host


@pytest.mark.parametrize(
    "silence",
    [
        exceptions.ConnectTimeoutError(endpoint_url="here"),
        exceptions.ConnectionClosedError(endpoint_url="here"),
        exceptions.EndpointConnectionError(endpoint_url="here"),
        exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
        exceptions.ReadTimeoutError(endpoint_url="here"),
        exceptions.ResponseStreamingError(error="broken"),
        exceptions.SSLError(endpoint_url="here", error="broken"),
    ],
    ids=lambda silence: type(silence).__name__,
)
def test_where_nobody_answers_it_may_be_tried_again(silence):
    with pytest.raises(Unavailable) as told, answering("SQS"):
        raise silence

    assert told.value.retryable
    assert silence is told.value.__cause__


def test_importing_the_home_does_not_import_boto3():
    program = "import sys, podium.adapters.aws_home; sys.exit('boto3' in sys.modules)"

    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode
