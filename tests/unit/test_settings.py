"""Settings of the AWS home: read once, exact, and complete."""

import pytest
from pydantic import ValidationError

from podium.errors import InvalidInput
from podium.eventing import Listeners
from podium.settings import AccessMode, AwsSettings

NEEDED = {
    "PODIUM_WORKFLOWS_TABLE": "podium-workflows",
    "PODIUM_CATALOG_TABLE": "podium-catalog",
    "PODIUM_TIMERS_TABLE": "podium-timers",
    "PODIUM_BUCKET": "podium-123",
    "PODIUM_QUEUE_PREFIX": "podium-",
    "PODIUM_COMMANDS_QUEUE_URL": "https://sqs/1/podium-decider.fifo",
    "PODIUM_TIMERS_QUEUE_URL": "https://sqs/1/podium-timers",
    "PODIUM_GUARDS_QUEUE_URL": "https://sqs/1/podium-guards",
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


def test_a_deployment_asks_for_keys_unless_told_otherwise():
    settings = AwsSettings.from_environment(NEEDED)

    assert AccessMode.KEYS == settings.access_mode
    assert 3_600_000 == settings.lifetime_of_tokens


@pytest.mark.parametrize("mode", ["iam", "oidc", "open"])
def test_only_keys_have_tokens(mode):
    settings = AwsSettings.from_environment({**NEEDED, "PODIUM_ACCESS_MODE": mode})

    assert settings.lifetime_of_tokens is None


def test_variables_of_workflows_are_a_json_object_of_texts():
    def variables(text):
        given = {**NEEDED, "PODIUM_ENVIRONMENT_VARIABLES": text}
        return AwsSettings.from_environment(given).environment_variables

    assert {"region": "a,b"} == variables('{"region": "a,b"}')
    for wrong in ("region=a", '["a"]', '{"a": 1}'):
        with pytest.raises(InvalidInput, match="PODIUM_ENVIRONMENT_VARIABLES: "):
            variables(wrong)


def test_http_tasks_call_the_public_internet_and_what_is_allowed():
    given = {"PODIUM_HTTP_ALLOWED_NETWORKS": "10.0.0.0/8,fd12::/16"}

    closed = AwsSettings.from_environment(NEEDED).http_policy
    opened = AwsSettings.from_environment({**NEEDED, **given}).http_policy

    assert [False, False] == [closed.allows(one) for one in ("10.1.1.1", "fd12::1")]
    assert [True, True] == [opened.allows(one) for one in ("10.1.1.1", "fd12::1")]
    assert not opened.allows("127.0.0.1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PODIUM_ACCESS_MODE", "none"),
        ("PODIUM_TOKEN_LIFETIME", "1000"),
        ("PODIUM_TOKEN_LIFETIME", "864000000"),
        ("PODIUM_HTTP_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("PODIUM_HTTP_ALLOWED_NETWORKS", "my-vpc"),
    ],
)
def test_what_guards_a_deployment_is_never_guessed(variable, value):
    with pytest.raises(InvalidInput, match=variable):
        AwsSettings.from_environment({**NEEDED, variable: value})


def test_what_is_left_empty_is_left_out():
    variables = {
        "PODIUM_WORKFLOW_WEBHOOK": "",
        "PODIUM_STATUS_QUEUE": "",
        "PODIUM_EVENT_SINKS": "",
        "PODIUM_EVENT_SOURCES": "",
        "PODIUM_KAFKA_SERVERS": "",
    }
    settings = AwsSettings.from_environment({**NEEDED, **variables})

    assert Listeners() == settings.listeners
    assert settings.kafka_servers is None
    assert frozenset() == settings.received_events
    assert 3 == len(settings.event_sink_patterns)


def test_sinks_are_the_deployments_own_and_those_that_are_named():
    topic = "arn:aws:sns:eu-west-1:123456789012:orders"
    given = {**NEEDED, "PODIUM_QUEUE_PREFIX": "shop-", "PODIUM_EVENT_SINKS": topic}
    settings = AwsSettings.from_environment(given)

    assert (
        "arn:*:sqs:*:*:shop-events-*",
        "arn:*:sns:*:*:shop-events-*",
        "arn:*:events:*:*:event-bus/shop-events-*",
        topic,
    ) == settings.event_sink_patterns


def test_sources_are_events_by_the_names_of_their_queues():
    queues = "arn:aws:sqs:x:1:orders,arn:aws:sqs:x:1:returns"
    settings = AwsSettings.from_environment({**NEEDED, "PODIUM_EVENT_SOURCES": queues})

    assert {"sqs:orders", "sqs:returns"} == settings.received_events
