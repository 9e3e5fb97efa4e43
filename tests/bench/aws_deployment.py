"""A deployment over moto whose requests, invocations and milliseconds are counted."""

import json
import random
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

import aws_prices as prices
import pytest

from aws_homes import moto_stack, open_over
from aws_meter import Bill, Meter
from aws_resources import connect_fakes, fake_clients
from podium.adapters.dynamodb.stream import read_changes
from podium.adapters.sqs.commands import decode_command
from podium.bootstrap import build
from podium.clock import ManualClock
from podium_functions.api import Api
from podium_functions.callers import anybody
from table_stream import streaming

PROJECTED_AT_ONCE = 100
"""Records; the template's batch size of the journal's stream."""


@dataclass
class Account:
    """What ran up: AWS's bill, and what the harness itself stands for."""

    bill: Bill
    http_requests: int = 0
    invocations: int = 0
    lambda_ms: float = 0
    calls: Counter = field(default_factory=Counter)

    def items(self, units):
        """Return dollars per million units, item by item."""
        bill = self.bill
        dollars = {
            "DynamoDB writes": 0.625 * bill.write_units,
            "DynamoDB index writes": 0.625 * bill.index_write_units,
            "DynamoDB reads": 0.125 * bill.read_units,
            "SQS": 0.40 * bill.sqs_requests + 0.50 * bill.fifo_requests,
            "S3": 5.0 * bill.s3_puts + 0.40 * bill.s3_gets,
            "HTTP API": prices.HTTP_API_REQUEST * self.http_requests,
            "Lambda requests": prices.LAMBDA_REQUEST * self.invocations,
            "Lambda compute": prices.LAMBDA_MS_512_MB_ARM * self.lambda_ms,
            "Logs": prices.LOG_GIGABYTE
            * prices.LOG_BYTES_PER_INVOCATION
            * self.invocations
            / 1000,
        }
        return {name: value / units for name, value in dollars.items()}


class Deployment:
    """The service's handlers over AWS's stand-in, one call at a time."""

    def __init__(self, stack, clock, clients, stream):
        self.clock = clock
        self.stream = stream
        self.opened = open_over(stack, clock, definitions_kept=3_600_000)
        self.home = self.opened.home
        self._commands_url = stack.outputs["CommandsQueueUrl"]
        self._sqs = clients.sqs
        self.podium = build(self.home)
        self.api = Api(self.podium, identify=anybody)
        self.account = None
        self.trace = []
        self._dice = random.Random(5)
        for client in (clients.dynamodb, clients.sqs, clients.s3):
            service = client.meta.service_model.service_name
            client.meta.events.register(f"after-call.{service}", self._note)
        self._meter = Meter(clients, fake_clients().dynamodb)

    def _note(self, model, **_):
        self.trace.append(model.name)

    @contextmanager
    def counting(self):
        """Keep an account of what is done inside."""
        self.stream.take()
        with self._meter.bill() as bill:
            self.account = Account(bill)
            yield self.account
            self._project()
        self.account = None

    def _project(self):
        """Have the projector follow, in batches as the stream hands them out."""
        records = self.stream.take()
        for first in range(0, len(records), PROJECTED_AT_ONCE):
            batch = records[first : first + PROJECTED_AT_ONCE]
            failed = self.invoke(
                lambda batch=batch: self.podium.projector.project(read_changes(batch))
            )
            assert failed == [], failed

    def invoke(self, work):
        """Run something as a Lambda: its calls' medians are its billed time."""
        self.trace.clear()
        result = work()
        if self.account is not None:
            spent = prices.CPU_MS[0]
            spent += sum(prices.MS_OF_CALL[name][0] for name in self.trace)
            self.account.invocations += 1
            self.account.lambda_ms += spent
        return result

    def request(self, method, path, body=None, query=""):
        """Send a request through the HTTP API; return the decoded answer."""
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"content-type": "application/json"},
            "requestContext": {
                "http": {"method": method, "path": path},
                "stage": "$default",
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            event["body"] = json.dumps(body)
        answer = self.invoke(lambda: self.api.handle(event, None))
        if self.account is not None:
            self.account.http_requests += 1
        assert answer["statusCode"] in (200, 204), answer
        text = answer.get("body") or ""
        return json.loads(text) if text[:1] in ("{", "[") else text or None

    def decide(self):
        """Do what the decider does with the batch that Lambda hands it."""
        url = self._commands_url
        sqs = self._sqs
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        batches = {}
        for message in messages:
            found = decode_command(message["Body"], self.home.payloads)
            batches.setdefault(found.workflow_id, []).append(found.command)
        for workflow_id, commands in batches.items():
            self.podium.decider_queue.handle_all(workflow_id, commands)
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
            for number, message in enumerate(messages)
        ]
        if entries:
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    def register(self, name, tasks):
        """Register a workflow of these tasks."""
        self.request(
            "POST",
            "/api/metadata/workflow",
            {"name": name, "schemaVersion": 2, "tasks": tasks},
            "overwrite=true",
        )


@contextmanager
def deployed():
    """Open a deployment of its own."""
    clock = ManualClock()
    clients = connect_fakes()
    with (
        pytest.MonkeyPatch.context() as patch,
        moto_stack(patch, clock, clients=clients) as stack,
        streaming(stack, clients, fake_clients().dynamodb) as stream,
    ):
        yield Deployment(stack, clock, clients, stream)
