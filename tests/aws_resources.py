"""Makes what ``infra/data.yaml`` describes in moto or an emulator, from that very file.

So no test can have a table, an index or a queue that the deployment does not have.  A
property that is not known here is an error, never skipped.
"""

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import boto3
import yaml

from podium.adapters.aws_clients import AwsClients, connect
from podium.settings import AwsSettings

TEMPLATE = Path(__file__).parent.parent / "infra" / "data.yaml"
REGION = "us-east-1"


class _Template(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, kept as one-entry mappings."""


for _name in ("Ref", "Sub", "GetAtt"):
    _Template.add_constructor(
        f"!{_name}",
        lambda loader, node, name=_name: {name: loader.construct_scalar(node)},
    )


@cache
def load_template():
    """Return the template as it is written."""
    return yaml.load(TEMPLATE.read_text(), Loader=_Template)


@dataclass
class Stack:
    """The resources of one prefix; each is made when it is first needed."""

    prefix: str
    clients: AwsClients
    account: str

    def __post_init__(self):
        self.template = load_template()
        self._made = {}

    def create(self):
        """Make everything."""
        for name in self.template["Resources"]:
            self._resource(name)
        return self

    @cached_property
    def outputs(self):
        """The stack's outputs by name."""
        return {
            name: self._resolve(output["Value"])
            for name, output in self.template["Outputs"].items()
        }

    def settings(self, endpoint_url=None, **fields):
        """Return the settings that a deployment would have."""
        out = self.outputs
        return AwsSettings(
            workflows_table=out["WorkflowsTable"],
            catalog_table=out["CatalogTable"],
            timers_table=out["TimersTable"],
            bucket=out["Bucket"],
            queue_prefix=out["QueuePrefix"],
            commands_queue_url=out["CommandsQueueUrl"],
            timers_queue_url=out["TimersQueueUrl"],
            guards_queue_url=out["GuardsQueueUrl"],
            region=REGION,
            endpoint_url=endpoint_url,
            **fields,
        )

    # --- resolving -----------------------------------------------------------------

    def _resource(self, name):
        if name not in self._made:
            resource = self.template["Resources"][name]
            properties = self._resolve(resource["Properties"])
            self._made[name] = _MAKERS[resource["Type"]](self.clients, properties)
        return self._made[name]

    def _resolve(self, value):
        match value:
            case {"Ref": name} if name in self.template["Parameters"]:
                return self.template["Parameters"][name]["Default"]
            case {"Ref": name}:
                return self._resource(name)["Ref"]
            case {"GetAtt": path}:
                name, _, attribute = path.partition(".")
                return self._resource(name)[attribute]
            case {"Sub": text}:
                return (
                    text.replace("${Prefix}", self.prefix)
                    .replace("${AWS::AccountId}", self.account)
                    .replace("${AWS::Region}", REGION)
                )
            case dict():
                return {key: self._resolve(one) for key, one in value.items()}
            case list():
                return [self._resolve(one) for one in value]
        return value

    # --- removing ------------------------------------------------------------------

    def remove(self):
        """Remove everything, the task queues that were made meanwhile too."""
        for name in ("WorkflowsTable", "CatalogTable", "TimersTable"):
            self.clients.dynamodb.delete_table(TableName=self.outputs[name])
        queues = self.clients.sqs.list_queues(QueueNamePrefix=f"{self.prefix}-")
        for url in queues.get("QueueUrls", []):
            self.clients.sqs.delete_queue(QueueUrl=url)
        bucket = self.outputs["Bucket"]
        found = self.clients.s3.list_objects_v2(Bucket=bucket)
        for one in found.get("Contents", []):
            self.clients.s3.delete_object(Bucket=bucket, Key=one["Key"])
        self.clients.s3.delete_bucket(Bucket=bucket)


def connect_fakes(endpoint_url=None):
    """Return clients of moto, or of an emulator, whose credentials open nothing."""
    nothing_yet = AwsSettings(
        workflows_table="-",
        catalog_table="-",
        timers_table="-",
        bucket="-",
        queue_prefix="",
        commands_queue_url="-",
        timers_queue_url="-",
        guards_queue_url="-",
        region=REGION,
        endpoint_url=endpoint_url,
    )
    session = boto3.session.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION
    )
    return connect(nothing_yet, session)


@cache
def fake_clients(endpoint_url=None):
    """Return such clients, the same ones each time: making them takes its time."""
    return connect_fakes(endpoint_url)


# --- one maker per type --------------------------------------------------------------


def _table(clients, properties):
    expiry = properties.pop("TimeToLiveSpecification", None)
    recovery = properties.pop("PointInTimeRecoverySpecification")
    stream = properties.pop("StreamSpecification", None)
    if stream is not None:
        properties["StreamSpecification"] = {"StreamEnabled": True, **stream}
    made = clients.dynamodb.create_table(**properties)
    name = properties["TableName"]
    if expiry is not None:
        clients.dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification=expiry
        )
    clients.dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification=recovery
    )
    return {
        "Ref": name,
        "Arn": made["TableDescription"]["TableArn"],
        "StreamArn": made["TableDescription"].get("LatestStreamArn"),
    }


def _queue(clients, properties):
    name = properties.pop("QueueName")
    attributes = {key: _text(value) for key, value in properties.items()}
    url = clients.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return {"Ref": url, "Arn": found["Attributes"]["QueueArn"], "QueueName": name}


def _text(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bucket(clients, properties):
    """Make the bucket; what protects its objects is the template tests' part."""
    name = properties["BucketName"]
    clients.s3.create_bucket(Bucket=name)
    return {"Ref": name}


_MAKERS = {
    "AWS::DynamoDB::Table": _table,
    "AWS::SQS::Queue": _queue,
    "AWS::S3::Bucket": _bucket,
}
