"""A whole Podium on the AWS adapters, over moto, in virtual time.

What Lambda's event sources and schedules do there is done here when asked for: batches
of the decider's queue, timers that became visible, the sweep of each minute.  What the
API's process remembers the decider's does not: each is a service of its own.
"""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

from aws_homes import moto_stack, open_over
from aws_resources import REGION
from podium.adapters.dynamodb.keys import timer_of
from podium.adapters.sqs.commands import decode_command
from podium.adapters.sqs.names import NORMAL, URGENT, aws_name
from podium.adapters.sqs.timers import HORIZON, decode_timer
from podium.bootstrap import build
from podium.clock import ManualClock
from world import World

BATCH = 10
SWEEP_EVERY = 60_000


@contextmanager
def new_aws_world(environment=None):
    """Open moto with all that a deployment has, and a world over it."""
    clock = ManualClock()
    with pytest.MonkeyPatch.context() as patch, moto_stack(patch, clock) as stack:
        yield AwsWorld(stack, clock, environment)


class AwsWorld(World):
    """One service over a stack in moto, and the processes that work off its queues."""

    def __init__(self, stack, clock, environment=None, seed=7):
        self.stack = stack
        super().__init__(environment, clock=clock, seed=seed)
        self.decider_queue = build(self.opened.home, environment).decider_queue

    def open(self, _path, seed):
        aws = open_over(self.stack, self.clock, seed=seed, timer_shards=2)
        return OpenedAws.over(self.stack, aws, self.clock)

    def _run_command(self):
        """Handle a batch as the decider's function does: workflow by workflow."""
        workflows = defaultdict(list)
        for command in self.opened.commands.receive(BATCH):
            workflows[command.workflow_id].append(command)
        for workflow_id, some in workflows.items():
            self.decider_queue.handle_all(workflow_id, [one.command for one in some])
            for command in some:
                self.opened.commands.delete(command.receipt)
        return bool(workflows)


@dataclass
class OpenedAws:
    """The home, and the receiving sides that its ports do not have."""

    home: object
    queues: object
    commands: object
    timers: object

    @classmethod
    def over(cls, stack, aws, clock):
        home = aws.home
        return cls(
            home=home,
            queues=TaskQueues(stack, home.queues, clock),
            commands=Commands(stack, home.payloads),
            timers=Timers(stack, aws.timers, clock),
        )


class _Queue:
    """What Lambda does with one of the stack's queues."""

    def __init__(self, stack, url):
        self._sqs = stack.clients.sqs
        self._url = url

    def _receive(self, limit):
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=limit
        )
        for one in answer.get("Messages", []):
            yield one["Body"], one["ReceiptHandle"]

    def delete(self, receipt):
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)


@dataclass(frozen=True)
class ReceivedCommand:
    workflow_id: str
    command: bytes
    receipt: str


class Commands(_Queue):
    """The decider's queue."""

    def __init__(self, stack, payloads):
        super().__init__(stack, stack.outputs["CommandsQueueUrl"])
        self._payloads = payloads

    def receive(self, limit):
        found = []
        for body, receipt in self._receive(limit):
            command = decode_command(body, self._payloads)
            found.append(
                ReceivedCommand(command.workflow_id, command.command, receipt)
            )
        return found


@dataclass(frozen=True)
class FiredTimer:
    workflow_id: str
    due: int
    receipt: str


class Timers(_Queue):
    """The timers queue, and the sweep that feeds it from the table."""

    def __init__(self, stack, timers, clock):
        super().__init__(stack, stack.outputs["TimersQueueUrl"])
        self._stack = stack
        self._timers = timers
        self._clock = clock

    def due(self, now, limit):
        """Sweep where the minute has something to take out; return what has fired."""
        tick = self._next_sweep()
        if tick is not None and tick <= now:
            # The minutes before found nothing: theirs are made up for here.
            self._timers._table.mark_swept(now - SWEEP_EVERY + HORIZON)
            self._timers.sweep(now)
        fired = []
        for body, receipt in self._receive(limit):
            timer = decode_timer(body)
            fired.append(FiredTimer(timer.workflow_id, timer.due, receipt))
        return fired

    def done(self, timers):
        for timer in timers:
            self.delete(timer.receipt)

    def next_due(self):
        """Return when the next timer fires or is taken out of the table."""
        shown = next_shown(self._url, self._clock, self._stack.account)
        return min((one for one in (shown, self._next_sweep()) if one), default=None)

    def _next_sweep(self):
        """Return the first full minute whose sweep has something to take out."""
        table = dynamodb_backends[self._stack.account][REGION].tables[
            self._stack.outputs["TimersTable"]
        ]
        due = [
            timer_of(item.range_key.value)[1]
            for item in table.all_items()
            if item.hash_key.value != "swept"
        ]
        if not due:
            return None
        return -(-(min(due) - HORIZON) // SWEEP_EVERY) * SWEEP_EVERY


class TaskQueues:
    """The port, and when a queue has something next."""

    def __init__(self, stack, queues, clock):
        self._stack = stack
        self._queues = queues
        self._clock = clock

    def __getattr__(self, name):
        return getattr(self._queues, name)

    def next_due(self, queue):
        shown = (
            next_shown(
                aws_name(f"{self._stack.prefix}-", queue, lane),
                self._clock,
                self._stack.account,
            )
            for lane in (NORMAL, URGENT)
        )
        return min((one for one in shown if one), default=None)


def next_shown(name, clock, account):
    """Return when the next message of a queue that is hidden now will be visible."""
    queue = sqs_backends[account][REGION].queues.get(name.rpartition("/")[2])
    if queue is None:
        return None
    shown = (max(one.visible_at, one.delayed_until) for one in queue._messages)
    return min((int(time) for time in shown if time > clock.now()), default=None)
