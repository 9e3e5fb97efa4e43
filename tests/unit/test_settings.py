"""Settings of the AWS home: read once, exact, and complete."""

import pytest
from pydantic import ValidationError

from podium.errors import InvalidInput
from podium.settings import AwsSettings

NEEDED = {
    "PODIUM_WORKFLOWS_TABLE": "podium-workflows",
    "PODIUM_CATALOG_TABLE": "podium-catalog",
    "PODIUM_TIMERS_TABLE": "podium-timers",
    "PODIUM_BUCKET": "podium-123",
    "PODIUM_QUEUE_PREFIX": "podium-",
    "PODIUM_COMMANDS_QUEUE_URL": "https://sqs/1/podium-decider.fifo",
    "PODIUM_TIMERS_QUEUE_URL": "https://sqs/1/podium-timers",
}


def test_what_is_needed_is_enough():
    settings = AwsSettings.from_environment(NEEDED)

    assert ("podium-workflows", 8) == (settings.workflows_table, settings.index_shards)
    assert (None, None) == (settings.region, settings.endpoint_url)


def test_region_and_endpoint_are_those_of_aws():
    given = {"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}

    settings = AwsSettings.from_environment({**NEEDED, **given})

    assert tuple(given.values()) == (settings.region, settings.endpoint_url)


def test_every_variable_that_is_missing_or_wrong_is_named():
    wrong = {**NEEDED, "PODIUM_INDEX_SHARDS": "none"}
    del wrong["PODIUM_BUCKET"]

    with pytest.raises(InvalidInput) as refusal:
        AwsSettings.from_environment(wrong)

    assert "PODIUM_BUCKET: Field required" in refusal.value.message
    assert "PODIUM_INDEX_SHARDS: " in refusal.value.message


def test_settings_do_not_change():
    settings = AwsSettings.from_environment(NEEDED)

    with pytest.raises(ValidationError):
        settings.bucket = "another"
