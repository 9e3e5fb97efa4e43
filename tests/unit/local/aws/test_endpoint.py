"""Where the emulator is: never an account, whatever stands in the environment."""

import pytest

from podium.errors import InvalidInput
from podium_local.aws.endpoint import Endpoint


@pytest.mark.parametrize(
    "url", ["", "localhost:4566", "ftp://localhost", "http://", "http:///path"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InvalidInput, match="--aws: expected"):
        Endpoint.parse(url, {})


@pytest.mark.parametrize(
    "url",
    [
        "https://dynamodb.us-east-1.amazonaws.com",
        "https://sqs.cn-north-1.amazonaws.com.cn",
        "https://DynamoDB.us-east-1.API.aws:443/",
    ],
)
def test_aws_itself_is_refused(url):
    with pytest.raises(InvalidInput, match="is AWS itself"):
        Endpoint.parse(url, {})


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_REGION": "eu-north-1", "AWS_DEFAULT_REGION": "other"}, "eu-north-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
    ],
)
def test_the_region_is_the_environments(environment, region):
    found = Endpoint.parse("http://localhost:4566/", environment)

    assert Endpoint("http://localhost:4566", region) == found


def test_the_credentials_at_hand_are_not_used(monkeypatch):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        monkeypatch.setenv(f"AWS_{name}", "real")

    used = Endpoint.parse("http://localhost:4566", {}).session().get_credentials()

    assert ("test", "test", None) == (used.access_key, used.secret_key, used.token)
