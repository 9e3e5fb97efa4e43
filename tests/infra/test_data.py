"""The template of the data: nothing is lost with a stack, nothing lies open."""

import pytest

from aws_resources import load_template
from podium.adapters.dynamodb.ranges import STARTED, Index
from podium.service.external_payloads import ANSWERS, DAYS_KEPT
from podium.settings import AwsSettings

RESOURCES = load_template()["Resources"]


def of_type(name):
    return {
        logical: resource
        for logical, resource in RESOURCES.items()
        if resource["Type"] == f"AWS::{name}"
    }


TABLES = of_type("DynamoDB::Table")
QUEUES = of_type("SQS::Queue")
[BUCKET] = of_type("S3::Bucket").values()
STAYS = "RetainExceptOnCreate"
"""When a stack is deleted, but not when its very creation fails."""


@pytest.mark.parametrize("name", TABLES)
def test_a_table_outlives_its_stack_and_can_be_set_back(name):
    table = TABLES[name]
    properties = table["Properties"]

    assert (STAYS, "Retain") == (
        table["DeletionPolicy"],
        table["UpdateReplacePolicy"],
    )
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    # Encrypted with DynamoDB's own key: no request to KMS is billed.
    assert "SSESpecification" not in properties
    assert "PAY_PER_REQUEST" == properties["BillingMode"]


def test_the_indexes_are_those_that_are_read():
    indexes = TABLES["WorkflowsTable"]["Properties"]["GlobalSecondaryIndexes"]
    made = {
        one["IndexName"]: [key["AttributeName"] for key in one["KeySchema"]]
        for one in indexes
    }

    assert made == {one.value: [one.partition_attribute, STARTED] for one in Index}


def test_the_journal_is_streamed_whole():
    stream = TABLES["WorkflowsTable"]["Properties"]["StreamSpecification"]

    assert "NEW_AND_OLD_IMAGES" == stream["StreamViewType"]


def test_every_queue_gives_up_into_a_dead_one_of_its_kind():
    for name in ("CommandsQueue", "TimersQueue", "GuardsQueue"):
        queue = QUEUES[name]["Properties"]
        redrive = queue["RedrivePolicy"]
        dead = RESOURCES[redrive["deadLetterTargetArn"]["GetAtt"].partition(".")[0]]

        assert 5 == redrive["maxReceiveCount"]
        assert queue.get("FifoQueue") == dead["Properties"].get("FifoQueue")
        assert STAYS == dead["DeletionPolicy"]


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted_and_keeps_messages_as_long_as_sqs_can(name):
    properties = QUEUES[name]["Properties"]

    assert properties["SqsManagedSseEnabled"]
    assert 14 * 24 * 3_600 == properties["MessageRetentionPeriod"]


def test_the_bucket_is_encrypted_closed_and_stays():
    properties = BUCKET["Properties"]

    assert STAYS == BUCKET["DeletionPolicy"]
    assert "BucketEncryption" in properties
    assert {True} == set(properties["PublicAccessBlockConfiguration"].values())


def test_a_command_outlives_its_message_in_both_queues():
    assert 2 * 14 < lifetime_of("commands/")


def test_copies_made_for_answers_go_as_they_do_embedded():
    assert DAYS_KEPT == lifetime_of(ANSWERS)


def test_nothing_else_of_the_bucket_goes_by_a_rule():
    rules = BUCKET["Properties"]["LifecycleConfiguration"]["Rules"]

    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert {"commands/", ANSWERS} == expiring


def lifetime_of(prefix):
    """Return the days after which the bucket removes what begins with a prefix."""
    rules = BUCKET["Properties"]["LifecycleConfiguration"]["Rules"]
    [rule] = [rule for rule in rules if rule.get("Prefix") == prefix]
    return rule["ExpirationInDays"]


def test_every_needed_setting_is_an_output():
    needed = {
        name.title().replace("_", "")
        for name, field in AwsSettings.model_fields.items()
        if field.is_required()
    }

    assert needed <= set(load_template()["Outputs"])
