"""Where a deployment lies, by the outputs of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from podium.errors import InvalidInput
from podium.settings import AwsSettings

_OUTPUTS = {
    "workflows_table": "WorkflowsTable",
    "catalog_table": "CatalogTable",
    "timers_table": "TimersTable",
    "bucket": "Bucket",
    "queue_prefix": "QueuePrefix",
    "commands_queue_url": "CommandsQueueUrl",
    "timers_queue_url": "TimersQueueUrl",
    "guards_queue_url": "GuardsQueueUrl",
}


def outputs_of(
    stack: str, region: str | None = None, endpoint_url: str | None = None
) -> dict[str, str]:
    """Return the outputs of a stack by name."""
    session = boto3.session.Session(region_name=region)
    try:
        cloudformation = session.client("cloudformation", endpoint_url=endpoint_url)
        [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except NoRegionError as missing:
        known = str(missing).rstrip(".")
        raise InvalidInput(f"--stack: {known}: set AWS_DEFAULT_REGION") from missing
    except (BotoCoreError, ClientError) as refused:
        raise InvalidInput(f"--stack: {refused}") from refused
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def settings_at_hand(environment: Mapping[str, str], ways: str) -> AwsSettings:
    """Return what the functions' own variables tell; ``ways`` are what else could."""
    try:
        return AwsSettings.from_environment(environment)
    except InvalidInput as missing:
        raise InvalidInput(
            f"which deployment? Say {ways}: {missing.message}"
        ) from missing


def settings_of(
    outputs: Mapping[str, str],
    region: str | None = None,
    endpoint_url: str | None = None,
    **fields: Any,
) -> AwsSettings:
    """Return the settings that the outputs tell; ``fields`` are further ones."""
    missing = sorted(name for name in _OUTPUTS.values() if name not in outputs)
    if missing:
        raise InvalidInput(f"--stack: it has no output {', '.join(missing)}")
    found: dict[str, Any] = {key: outputs[name] for key, name in _OUTPUTS.items()}
    return AwsSettings(**found, region=region, endpoint_url=endpoint_url, **fields)
