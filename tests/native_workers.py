"""Native workers in a world: a client of the queues, and what Lambda does with them."""

import itertools
import json

from podium.adapters.sqs.task_queues import encode_task
from podium_sdk.lifecycle import Lifecycle
from podium_sdk.native import native_workers
from podium_sdk.native.task_client import NativeTaskClient
from podium_sdk.reporter import Reporter
from podium_sdk.settings import RunnerSettings
from podium_sdk.timing import SystemTiming

ME = "me"
_numbers = itertools.count(1)


class NativeWorker:
    """One process of a worker, whose every step is taken when the test says so.

    It shares the world's home, or has one of its own over the same stores.
    """

    def __init__(self, world, function, worker_id=ME, home=None, **options):
        self.world = world
        self.function = function
        self.worker_id = worker_id
        self.deployment = native_workers(home or world.opened.home)
        self.client = NativeTaskClient(self.deployment, longest_wait=0, **options)
        settings = RunnerSettings(worker_id=worker_id)
        self.reporter = Reporter(self.client, Lifecycle(SystemTiming()), settings)

    def take(self, count=10):
        """Return the tasks that the worker gets."""
        return self.client.poll(self.function, self.worker_id, count)

    def go_on(self, task):
        """Do what is done for a task that is worked on for long: lease it, or renew."""
        self.reporter.extend_lease(task)

    def execute(self, task):
        """Execute a task and report, without the decider hearing of it yet."""
        self.reporter.report(task, self.function.execute(task, SystemTiming().now))

    def work(self, count=10):
        """Execute what there is; return how many tasks that were."""
        tasks = self.take(count)
        for task in tasks:
            self.execute(task)
        self.world.settle()
        return len(tasks)


class Context:
    """Lambda's context; ``left`` milliseconds each time it is asked."""

    def __init__(self, left=30_000):
        self.log_stream_name = "2026/11/24/[$LATEST]a1"
        self.left = left

    def get_remaining_time_in_millis(self):
        return self.left


def record_of(message, receives=1):
    """Return a message as SQS's event source gives it to a function."""
    body = message if isinstance(message, str) else encode_task(message)
    number = next(_numbers)
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-{number:012}",
        "receiptHandle": f"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:podium-tasks-t",
        "awsRegion": "us-east-1",
    }


def event_of(*messages):
    """Return the event of a batch."""
    return {"Records": [record_of(message) for message in messages]}


def messages_in(world, queue, count=10):
    """Receive what is in a queue, as an event source does."""
    received = world.opened.home.queues.receive(queue, count, 0, 60_000)
    return [one.message for one in received]


def failed(answer):
    """Return the ids of the messages that an answer names."""
    as_lambda_reads_it = json.loads(json.dumps(answer))
    return [one["itemIdentifier"] for one in as_lambda_reads_it["batchItemFailures"]]
