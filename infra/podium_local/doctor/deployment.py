"""What of a deployment lies in AWS: tables, queues, bucket, functions; the clock."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from podium.adapters.dynamodb import keys
from podium.settings import AwsSettings
from podium_local.doctor.findings import Check, Finding

SKEW_NOTICED, SKEW_REFUSED = 2, 240
"""Seconds.  AWS refuses signatures that are five minutes off."""
_NOTHING = keys.summary("00000000-0000-0000-0000-000000000000")
_FUNCTIONS = ("control", "worker", "decider", "system-tasks", "sweeper", "projector")
_QUEUES = ("tasks-HTTP", "urgent-HTTP", "tasks-EVENT", "urgent-EVENT")
_DEAD = ("decider-dead.fifo", "timers-dead", "system-tasks-dead", "projections-dead")


@dataclass(frozen=True, slots=True)
class Deployment:
    """The checks of one deployment, with the clients of whoever looks."""

    settings: AwsSettings
    session: Any
    has_functions: bool

    def checks(self) -> Iterator[Check]:
        """Yield all checks, the most basic first."""
        yield Check("caller", self._caller)
        yield Check("clock", self._clock)
        for name in (
            self.settings.workflows_table,
            self.settings.catalog_table,
            self.settings.timers_table,
        ):
            yield Check(f"table {name}", partial(self._table, name))
        for name in self._working_queues():
            yield Check(f"queue {name}", partial(self._queue, name))
        for name in self._named(_DEAD):
            yield Check(f"given up {name}", partial(self._dead, name))
        yield Check(f"bucket {self.settings.bucket}", self._bucket)
        if self.has_functions:
            for name in self._named(_FUNCTIONS):
                yield Check(f"function {name}", partial(self._function, name))

    def _named(self, names: Iterable[str]) -> list[str]:
        return [self.settings.queue_prefix + name for name in names]

    def _working_queues(self) -> Iterator[str]:
        yield self.settings.commands_queue_url.rpartition("/")[2]
        yield self.settings.timers_queue_url.rpartition("/")[2]
        yield self.settings.guards_queue_url.rpartition("/")[2]
        yield from self._named(_QUEUES)

    def _client(self, service: str) -> Any:
        return self.session.client(
            service,
            region_name=self.settings.region,
            endpoint_url=self.settings.endpoint_url,
        )

    def _caller(self) -> Finding:
        found = self._client("sts").get_caller_identity()
        return Finding.ok("caller", found["Arn"])

    def _clock(self) -> Finding:
        """Compare this machine's clock with AWS's, by the date of an answer."""
        answer = self._client("sts").get_caller_identity()
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if date is None:
            return Finding.warning("clock", "the answer has no date", "compare by hand")
        skew = round(abs(time.time() - parsedate_to_datetime(date).timestamp()))
        detail = f"{skew} s from AWS's"
        if skew >= SKEW_REFUSED:
            return Finding.failure("clock", detail, "set this machine's clock")
        if skew > SKEW_NOTICED:
            return Finding.warning("clock", detail, "have it set by NTP")
        return Finding.ok("clock", detail)

    def _table(self, name: str) -> Finding:
        what = f"table {name}"
        dynamodb = self._client("dynamodb")
        table = dynamodb.describe_table(TableName=name)["Table"]
        dynamodb.get_item(TableName=name, Key=_NOTHING, ConsistentRead=True)
        if table["TableStatus"] != "ACTIVE":
            return Finding.failure(what, table["TableStatus"].lower(), "wait for it")
        stream = table.get("StreamSpecification", {}).get("StreamEnabled", False)
        if name == self.settings.workflows_table and not stream:
            return Finding.failure(
                what, "has no stream: nothing follows it", "deploy infra/data.yaml"
            )
        return Finding.ok(what, f"about {table.get('ItemCount', 0)} items")

    def _queue(self, name: str) -> Finding:
        waiting = self._waiting(name)
        return Finding.ok(f"queue {name}", f"about {waiting} waiting")

    def _dead(self, name: str) -> Finding:
        what = f"given up {name}"
        waiting = self._waiting(name)
        if waiting:
            return Finding.warning(
                what,
                f"{waiting} messages",
                "see the logs for message_failed; then start a redrive",
            )
        return Finding.ok(what, "nothing")

    def _waiting(self, name: str) -> int:
        base = self.settings.commands_queue_url.rpartition("/")[0]
        answer = self._client("sqs").get_queue_attributes(
            QueueUrl=f"{base}/{name}", AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def _bucket(self) -> Finding:
        what = f"bucket {self.settings.bucket}"
        s3 = self._client("s3")
        s3.head_bucket(Bucket=self.settings.bucket)
        try:
            s3.get_object(Bucket=self.settings.bucket, Key="podium-doctor/nothing")
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "NoSuchKey":
                raise
        return Finding.ok(what, "can be read")

    def _function(self, name: str) -> Finding:
        what = f"function {name}"
        found = self._client("lambda").get_function_configuration(FunctionName=name)
        states = (found.get("State", "Active"), found.get("LastUpdateStatus"))
        if states[0] != "Active" or states[1] not in {None, "Successful"}:
            return Finding.failure(
                what, f"{states[0]}, {states[1]}", found.get("StateReason", "")
            )
        return Finding.ok(what, f"{found['Runtime']}, {found['MemorySize']} MB")
