"""The stack of tables, queues and bucket: ``infra/data.yaml`` in an emulator.

It is made where it is not there, and changed where the file has changed since.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from podium.errors import InvalidInput
from podium_local.aws.endpoint import Endpoint

logger = logging.getLogger(__name__)

_INSTALLED: Final = Path(__file__).with_name("data.yaml")
_OF_THE_PROJECT: Final = Path(__file__).parents[2] / "data.yaml"
TEMPLATE: Final = _INSTALLED if _INSTALLED.exists() else _OF_THE_PROJECT
_PATIENCE: Final = {"Delay": 1, "MaxAttempts": 60}
_TABLES = ("WorkflowsTable", "CatalogTable", "TimersTable")
_EXPIRING = ("WorkflowsTable", "CatalogTable")


def provide_data(endpoint: Endpoint, prefix: str) -> Mapping[str, str]:
    """See to it that the stack is there as the file has it; return its outputs.

    ``prefix`` names the stack, and what every name in it begins with.  InvalidInput
    says why there is no such stack.
    """
    try:
        done = _bring_up_to_date(endpoint, prefix)
        [stack] = _client(endpoint).describe_stacks(StackName=prefix)["Stacks"]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        _have_expire(endpoint, outputs)
    except (BotoCoreError, ClientError, OSError) as refused:
        raise InvalidInput(f"--aws: {endpoint.url}: {refused}") from refused
    logger.info(
        "aws_data",
        extra={
            "was": done,
            "aws": endpoint.url,
            "region": endpoint.region,
            "stack": prefix,
            "tables": [outputs[one] for one in _TABLES],
            "queues": f"{outputs['QueuePrefix']}*",
            "bucket": outputs["Bucket"],
        },
    )
    return outputs


def _client(endpoint: Endpoint) -> Any:
    return endpoint.client("cloudformation")


def _bring_up_to_date(endpoint: Endpoint, name: str) -> str:
    """Make or change the stack where that is needed; tell what was done."""
    cloudformation = _client(endpoint)
    wanted = TEMPLATE.read_text()
    stack = {
        "StackName": name,
        "TemplateBody": wanted,
        "Parameters": [{"ParameterKey": "Prefix", "ParameterValue": name}],
    }
    try:
        cloudformation.create_stack(**stack)
    except cloudformation.exceptions.AlreadyExistsException:
        if cloudformation.get_template(StackName=name)["TemplateBody"] == wanted:
            return "found"
        cloudformation.update_stack(**stack)
        _wait(cloudformation, "stack_update_complete", name)
        return "changed"
    _wait(cloudformation, "stack_create_complete", name)
    return "made"


def _wait(cloudformation: Any, state: str, name: str) -> None:
    waiter = cloudformation.get_waiter(state)
    try:
        waiter.wait(StackName=name, WaiterConfig=_PATIENCE)
    except WaiterError as failure:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [one.get("ResourceStatusReason") for one in events]
        shown = "; ".join(dict.fromkeys(filter(None, reasons)))
        raise InvalidInput(f"--aws: stack {name}: {shown or failure}") from failure


def _have_expire(endpoint: Endpoint, outputs: Mapping[str, str]) -> None:
    """Turn on what MiniStack passes over in a template: time to live."""
    dynamodb = endpoint.client("dynamodb")
    for table in (outputs[one] for one in _EXPIRING):
        found = dynamodb.describe_time_to_live(TableName=table)
        if found["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
            dynamodb.update_time_to_live(
                TableName=table,
                TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
            )
