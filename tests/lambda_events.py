"""A deployment in moto with Lambda's part done by hand.

What Lambda's pollers do: receive a batch, make the event of it, call the function, and
remove the messages that it does not name as failed.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path

from aws_homes import open_over
from aws_resources import Stack
from gateway_events import CONTEXT
from podium.clock import ManualClock
from podium_functions.runtime import Runtime

_FOLDER = Path(__file__).parent / "events"
BATCH = 10


def recorded_event(name):
    """Return an event of ``tests/events``."""
    return json.loads((_FOLDER / f"{name}.json").read_text())


def sqs_event(queue_arn, messages):
    """Return the event of a batch of messages as boto3 receives them."""
    event = recorded_event("sqs_batch")
    [record] = event.pop("Records")
    event["Records"] = [_record(record, queue_arn, one) for one in messages]
    return event


def _record(record, queue_arn, message):
    made = copy.deepcopy(record)
    made["attributes"] |= message.get("Attributes", {})
    return made | {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "eventSourceARN": queue_arn,
    }


def failed_ids(answer):
    """Return the ids that a partial response names."""
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@dataclass
class Deployment:
    """A stack in moto, its clock, and one runtime for all functions."""

    stack: Stack
    clock: ManualClock
    runtime: Runtime

    @classmethod
    def over(cls, stack, clock, environment=None, **fields):
        """Open a deployment's home; who calls its API is not asked."""
        fields = {"definitions_kept": 0, "access_mode": "open", **fields}
        settings = stack.settings(**fields)
        runtime = Runtime(
            open_over(stack, clock, **fields), settings, environment or {}
        )
        return cls(stack, clock, runtime)

    @property
    def home(self):
        """The ports."""
        return self.runtime.aws.home

    def url_of(self, queue_arn):
        """Return the address of a queue."""
        name = queue_arn.rpartition(":")[2]
        return f"{self.stack.outputs['CommandsQueueUrl'].rpartition('/')[0]}/{name}"

    def arn_of(self, output):
        """Return the ARN that an output of the stack is."""
        return self.stack.outputs[output]

    def receive(self, queue_arn, visibility=180):
        """Receive up to ten messages, as boto3 has them."""
        answer = self.stack.clients.sqs.receive_message(
            QueueUrl=self.url_of(queue_arn),
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=visibility,
            MessageSystemAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def pump(self, handle, queue_arn):
        """Do one round of a poller; return how many messages there were."""
        messages = self.receive(queue_arn)
        if messages:
            failed = failed_ids(handle(sqs_event(queue_arn, messages), CONTEXT))
            for one in messages:
                if one["MessageId"] not in failed:
                    self.remove(queue_arn, one)
        return len(messages)

    def remove(self, queue_arn, message):
        """Remove a message that was handled."""
        self.stack.clients.sqs.delete_message(
            QueueUrl=self.url_of(queue_arn), ReceiptHandle=message["ReceiptHandle"]
        )
