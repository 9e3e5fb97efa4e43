"""A deployment over moto whose requests, invocations and milliseconds are counted.

What is deployed is busy: see :data:`LOAD`.  Each function has several environments, and
every event goes to one of them by chance; what an environment remembers (definitions,
who polled, messages to be deleted) costs what it costs there.  Of workflows nothing is
remembered, for in a large deployment the next event is somebody else's.
"""

import json
import random
from contextlib import contextmanager
from dataclasses import dataclass

import aws_prices as prices
import pytest
from aws_logs import Lines

from aws_homes import moto_stack, open_over
from aws_meter import Bill, Meter
from aws_resources import connect_fakes, fake_clients
from lambda_events import failed_ids, sqs_event
from podium.adapters.dynamodb.stream import FILTERS, read_changes
from podium.bootstrap import build
from podium.clock import ManualClock
from podium_functions.api import Api
from podium_functions.callers import anybody
from podium_functions.decider import THREADS, Decider
from podium_functions.runtime import Runtime
from podium_local.aws.stream import is_wanted
from table_stream import streaming

LOAD = 500
"""Tasks a second of the deployment: 1.3 billion a month."""
STEPS = 5
"""Tasks of a workflow, where nothing else is said."""
ENVIRONMENTS = 4
"""Environments of each function that are simulated: a part of the deployment."""
TASKS_OF_AN_ENVIRONMENT = 20
"""Tasks a second that one environment takes: some 50 milliseconds each."""
OPENED_WITHIN = 10_000
"""Milliseconds in which the environments are opened, one after the other, so that what
they do by the clock (now and then, each for itself) they do at different times.
"""

PARTITIONS = 4
"""Of the workflows table, so shards of its stream: what a new table has."""
POLLERS = 5
"""Of Lambda on an SQS queue at first."""


def ended_in_a_batch():
    """Return how many workflows end among the records of one call of the projector."""
    source = prices.source_of("Projector", "Journal")
    lanes = PARTITIONS * source["ParallelizationFactor"]
    window = source["MaximumBatchingWindowInSeconds"]
    records = LOAD * (STEPS + 1) / STEPS / lanes * window
    return int(min(source["BatchSize"], records) / (STEPS + 1))


def guards_in_a_batch():
    """Return how many guards of workflows fire in one call of the decider."""
    source = prices.source_of("Decider", "Guards")
    window = source["MaximumBatchingWindowInSeconds"]
    return int(min(source["BatchSize"], LOAD / STEPS / POLLERS * window))


@dataclass
class Account:
    """What ran up: AWS's bill, and what the harness itself stands for."""

    bill: Bill
    http_requests: int = 0
    invocations: int = 0
    lambda_mb_ms: float = 0
    log_bytes: int = 0

    def items(self, units):
        """Return dollars per million units, item by item."""
        bill = self.bill
        logged = self.log_bytes + prices.platform_bytes() * self.invocations
        dollars = {
            "DynamoDB writes": prices.WRITE_UNIT * bill.write_units,
            "DynamoDB index writes": prices.WRITE_UNIT * bill.index_write_units,
            "DynamoDB reads": prices.READ_UNIT * bill.read_units,
            "SQS": prices.SQS_REQUEST * bill.sqs_requests
            + prices.FIFO_REQUEST * bill.fifo_requests,
            "S3": prices.S3_PUT * bill.s3_puts + prices.S3_GET * bill.s3_gets,
            "HTTP API": prices.HTTP_API_REQUEST * self.http_requests,
            "Lambda requests": prices.LAMBDA_REQUEST * self.invocations,
            "Lambda compute": prices.LAMBDA_MB_MS_ARM * self.lambda_mb_ms,
            "Logs": prices.LOG_GIGABYTE * logged / 1000,
        }
        return {name: value / units for name, value in dollars.items()}

    def dollars(self, units):
        """Return dollars per million units, all told."""
        return sum(self.items(units).values())


class Environment:
    """One execution environment: what it has opened, and what it knows."""

    def __init__(self, stack, clock, seed):
        opened = open_over(stack, clock, definitions_kept=5_000, seed=seed)
        self.home = opened.home
        self.podium = build(self.home)
        # One thread, for moto would not bear more.
        self.decider = Decider(Runtime(opened, stack.settings(), {}), threads=1)
        self.api = Api(self.podium, identify=anybody)

    def forget(self):
        """Forget what is known of workflows."""
        for journals in (self.podium.tasks._journals, self.decider._queue._journals):
            for remembered in (journals._states, journals._entries):
                for key in list(remembered._items):
                    remembered.discard(key)


class Deployment:
    """The service's handlers over AWS's stand-in, one call at a time."""

    def __init__(self, stack, clock, clients, stream, environments, by_url):
        self.clock = clock
        self.stack = stack
        self.stream = stream
        self.environments = {
            function: [
                Environment(stack, clock, hash((function, number)) & 0xFFFF)
                for number in range(environments)
            ]
            for function in ("Control", "Worker", "Decider", "Projector")
        }
        self.home = self.environments["Control"][0].home
        self.podium = self.environments["Control"][0].podium
        self.account = None
        self._by_url = by_url
        self._newcomers = open_over(stack, clock).newcomers
        self._newcomers.sweep()
        self.trace = []
        self._sqs = clients.sqs
        self._dice = random.Random(5)
        self._since = clock.now()
        self.task_takes = 1_000 / (environments * TASKS_OF_AN_ENVIRONMENT)
        for client in (clients.dynamodb, clients.sqs, clients.s3):
            service = client.meta.service_model.service_name
            client.meta.events.register(f"after-call.{service}", self._note)
        self._meter = Meter(clients, fake_clients().dynamodb)
        self._lines = Lines()

    def _note(self, model, **_):
        self.trace.append(model.name)

    @contextmanager
    def warming(self, tasks):
        """Open all environments while so many tasks are done inside.

        Nothing of them is left to projector and sweep.
        """
        takes, self.task_takes = self.task_takes, OPENED_WITHIN / tasks
        yield
        self.task_takes = takes
        self.project()
        self._newcomers.mark(self.clock.now(), self.clock.now())

    @contextmanager
    def counting(self, *, with_guards=True):
        """Keep an account of what is done inside, and of what follows from it.

        Guards and sweep, which come a minute later, only if they are to.
        """
        self.stream.take()
        self._sqs.purge_queue(QueueUrl=self.stack.outputs["GuardsQueueUrl"])
        with self._meter.bill() as bill, self._lines.heard() as lines:
            self.account = Account(bill)
            yield self.account
            self.project()
            if with_guards:
                self._wake_guarded()
            self.account.log_bytes = lines.bytes
        if with_guards:
            self._sweep_rows()
        self.account = None

    # --- events ----------------------------------------------------------------

    def _opened(self, function):
        found = self.environments[function]
        age = self.clock.now() - self._since
        return found[: 1 + age * len(found) // OPENED_WITHIN]

    def invoke(self, function, work):
        """Run something in an environment of a function; its time is billed."""
        environment = self._dice.choice(self._opened(function))
        self.trace.clear()
        result = work(environment)
        environment.forget()
        if self.account is not None:
            memory = prices.memory_of(function)
            threads = THREADS if function == "Decider" else 1
            spent = prices.median_ms(memory, self.trace, threads)
            self.account.invocations += 1
            self.account.lambda_mb_ms += memory * spent
        return result

    def request(self, method, path, body=None, query=""):
        """Send a request through the HTTP API, or the Function URL; return its answer.

        By the URL polls come to the function that has every route.
        """
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
        is_poll = path.startswith("/api/tasks/poll/")
        function = "Worker" if is_poll and not self._by_url else "Control"
        answer = self.invoke(function, lambda one: one.api.handle(event, None))
        if self.account is not None and not self._by_url:
            self.account.http_requests += 1
        if path.startswith("/api/tasks"):
            self.clock.advance(round(self.task_takes))
        assert answer["statusCode"] in (200, 204), answer
        text = answer.get("body") or ""
        return json.loads(text) if text[:1] in ("{", "[") else text or None

    def project(self):
        """Have the projector follow what was written, as the stream hands it out."""
        records = [one for one in self.stream.take() if is_wanted(one, FILTERS)]
        size = prices.source_of("Projector", "Journal")["BatchSize"]
        for first in range(0, len(records), size):
            batch = read_changes(records[first : first + size])
            failed = self.invoke(
                "Projector",
                lambda one, batch=batch: one.podium.projector.project(batch),
            )
            assert failed == [], failed

    def decide(self, limit=10):
        """Have the decider handle one batch of commands; tell whether there was any."""

        return self._pump("CommandsQueue", limit)

    def _wake_guarded(self):
        """Have the guard look at each workflow, a minute after its start."""
        self.clock.advance(60_000)
        while self._pump("GuardsQueue", guards_in_a_batch()):
            pass

    def _sweep_rows(self):
        """Look through the new rows, as the sweep of each minute does.

        What it costs where nothing has started is told by :mod:`aws_idle`.
        """
        self.clock.advance(60_000)
        with self._meter.bill() as bill:
            self._newcomers.sweep()
        self.clock.advance(60_000)
        with self._meter.bill() as empty:
            self._newcomers.sweep()
        self.account.bill.read_units += bill.read_units - empty.read_units
        self.account.bill.write_units += bill.write_units - empty.write_units

    def _pump(self, queue, limit):
        """Do what Lambda does for the decider: receive, call, delete.

        What it asks the queue for is billed, but takes none of the function's time.
        """
        url = self.stack.outputs[f"{queue}Url"]
        messages = []
        while len(messages) < limit:
            wanted = min(10, limit - len(messages))
            answer = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=wanted,
                MessageSystemAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            messages += answer["Messages"]
        if not messages:
            return False
        event = sqs_event(self.stack.outputs[f"{queue}Arn"], messages)
        answer = self.invoke("Decider", lambda one: one.decider.handle(event, None))
        assert failed_ids(answer) == [], answer
        for first in range(0, len(messages), 10):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[first : first + 10])
            ]
            self._sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        return True

    def register(self, name, tasks):
        """Register a workflow of these tasks."""
        self.request(
            "POST",
            "/api/metadata/workflow",
            {"name": name, "schemaVersion": 2, "tasks": tasks},
            "overwrite=true",
        )


@contextmanager
def deployed(environments=ENVIRONMENTS, *, by_url=False):
    """Open a deployment of its own, whose API is called ``by_url`` or not."""
    clock = ManualClock()
    clients = connect_fakes()
    with (
        pytest.MonkeyPatch.context() as patch,
        moto_stack(patch, clock, clients=clients) as stack,
        streaming(stack, clients, fake_clients().dynamodb) as stream,
    ):
        yield Deployment(stack, clock, clients, stream, environments, by_url)
