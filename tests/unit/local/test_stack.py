"""A deployment is found by its stack's outputs."""

import pytest

from podium.errors import InvalidInput
from podium_local.stack import outputs_of, settings_of

OUTPUTS = {
    "WorkflowsTable": "p-workflows",
    "CatalogTable": "p-catalog",
    "TimersTable": "p-timers",
    "Bucket": "p-bucket",
    "QueuePrefix": "p-",
    "CommandsQueueUrl": "https://queue/commands.fifo",
    "TimersQueueUrl": "https://queue/timers",
    "GuardsQueueUrl": "https://queue/guards",
    "ApiUrl": "https://api",
}


def test_the_outputs_name_tables_queues_and_bucket():
    settings = settings_of(OUTPUTS, "eu-north-1", "http://127.0.0.1:1")

    assert ("p-workflows", "p-catalog", "p-timers", "p-bucket", "p-") == (
        settings.workflows_table,
        settings.catalog_table,
        settings.timers_table,
        settings.bucket,
        settings.queue_prefix,
    )
    assert ("eu-north-1", "http://127.0.0.1:1") == (
        settings.region,
        settings.endpoint_url,
    )


def test_that_there_is_no_region_is_said_so(monkeypatch):
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    with pytest.raises(
        InvalidInput, match="--stack: You must specify a region: set AWS_DEFAULT_REGION"
    ):
        outputs_of("podium")


def test_a_stack_that_is_not_podiums_is_said_so():
    others = {key: one for key, one in OUTPUTS.items() if not key.endswith("Table")}

    with pytest.raises(InvalidInput, match="CatalogTable, TimersTable, WorkflowsTable"):
        settings_of(others)
