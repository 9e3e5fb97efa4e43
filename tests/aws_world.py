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
from aws_resources import REGION, fake_clients
from podium.adapters.aws_clients import answering
from podium.adapters.aws_home import open_aws_home
from podium.adapters.dynamodb.keys import timer_of
from podium.adapters.dynamodb.stream import FILTERS, read_changes
from podium.adapters.sqs.commands import decode_command
from podium.adapters.sqs.names import NORMAL, URGENT, aws_name
from podium.adapters.sqs.timers import HORIZON, decode_timer
from podium.bootstrap import build
from podium.clock import ManualClock
from podium.service.announcer import NOTIFICATIONS
from podium_local.aws.stream import image, is_wanted
from world import World

BATCH = 10
SWEEP_EVERY = 60_000


@contextmanager
def new_aws_world(environment=None):
    """Open moto with all that a deployment has, and a world over it."""
    clock = ManualClock()
    with pytest.MonkeyPatch.context() as patch, moto_stack(patch, clock) as stack:
        sweep_rows(stack, clock)
        yield AwsWorld(stack, clock, environment)


def sweep_rows(stack, clock):
    """Sweep the rows of what has only just started, with clients of the harness's."""
    open_aws_home(
        stack.settings(), clock=clock, draw=None, clients=fake_clients()
    ).newcomers.sweep()


class AwsWorld(World):
    """One service over a stack in moto, and the processes that work off its queues."""

    pause = None
    """What lets seconds pass where something has to be waited for; None: real ones."""

    def __init__(self, stack, clock, environment=None, seed=7):
        self.stack = stack
        super().__init__(environment, clock=clock, seed=seed)

    def connect(self, eventing):
        super().connect(eventing)
        apart = build(self.opened.home, self.environment, eventing=eventing)
        self.decider_queue = apart.decider_queue
        self._projector = apart.projector

    def open(self, _path, seed):
        aws = open_over(
            self.stack, self.clock, pause=self.pause, seed=seed, timer_shards=2
        )
        return OpenedAws.over(self.stack, aws, self.clock)

    def keep_secret(self, name, value):
        self.stack.clients.of("ssm").put_parameter(
            Name=f"/podium/secrets/{name}", Value=value, Type="SecureString"
        )

    def _work(self):
        return super()._work() or self._project()

    def _run_system_task(self):
        shows = self.opened.queues.shows_any
        if not any(shows(kind) for kind in self.podium.system_tasks.types):
            return False
        return super()._run_system_task()

    def _notify(self):
        return self.opened.queues.shows_any(NOTIFICATIONS) and super()._notify()

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

    def _project(self):
        """Follow what was written to the journals, once all else is done."""
        records = self.opened.stream.read()
        if not records:
            return False
        failed = self._projector.project(read_changes(records))
        assert [] == failed, "the log says why"
        self.opened.stream.move_past(records)
        return True


@dataclass
class OpenedAws:
    """The home, and the receiving sides that its ports do not have."""

    home: object
    queues: object
    commands: object
    timers: object
    stream: object

    @classmethod
    def over(cls, stack, aws, clock):
        home = aws.home
        return cls(
            home=home,
            queues=TaskQueues(stack, home.queues, clock),
            commands=Commands(stack, home.payloads),
            timers=Timers(stack, aws.timers, clock),
            stream=Stream(stack),
        )


class _Queue:
    """What Lambda does with one of the stack's queues."""

    def __init__(self, stack, url):
        self._stack = stack
        self._sqs = stack.clients.sqs
        self.url = url

    def receive_texts(self, limit):
        if not limit or not _shows_any(self._stack, self.url):
            return
        with answering("SQS"):
            answer = self._sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=limit
            )
        for one in answer.get("Messages", []):
            yield one["Body"], one["ReceiptHandle"]

    def delete(self, receipt):
        with answering("SQS"):
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)


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
        for body, receipt in self.receive_texts(limit):
            command = decode_command(body, self._payloads)
            found.append(ReceivedCommand(command.workflow_id, command.command, receipt))
        return found


@dataclass(frozen=True)
class FiredTimer:
    workflow_id: str
    due: int
    queue: object
    receipt: str


class Timers:
    """The queues of timers and of guards, and the sweep that feeds the first."""

    def __init__(self, stack, timers, clock):
        self._stack = stack
        names = ("TimersQueueUrl", "GuardsQueueUrl")
        self._queues = [_Queue(stack, stack.outputs[name]) for name in names]
        self._timers = timers
        self._clock = clock

    def due(self, now, limit):
        """Sweep where the minute has something to take out; return what has fired."""
        tick = self._next_sweep()
        if tick is not None and tick <= now:
            # The minutes before found nothing: theirs are made up for here.
            self._timers._table.mark_swept(tick - SWEEP_EVERY + HORIZON)
            self._timers.sweep(now)
        fired = []
        for queue in self._queues:
            for body, receipt in queue.receive_texts(limit - len(fired)):
                timer = decode_timer(body)
                fired.append(FiredTimer(timer.workflow_id, timer.due, queue, receipt))
        return fired

    def done(self, timers):
        for timer in timers:
            timer.queue.delete(timer.receipt)

    def next_due(self):
        """Return when the next timer fires or is taken out of the table."""
        now = self._clock.now()
        shown = [_next_shown(self._stack, one.url, now) for one in self._queues]
        return min((one for one in (*shown, self._next_sweep()) if one), default=None)

    def _next_sweep(self):
        """Return the first full minute whose sweep has something to take out."""
        due = [
            timer_of(item.range_key.value)[1]
            for item in _table(self._stack, "TimersTable").all_items()
            if item.hash_key.value != "swept"
        ]
        if not due:
            return None
        return -(-(min(due) - HORIZON) // SWEEP_EVERY) * SWEEP_EVERY


class TaskQueues:
    """The port, and what only moto knows of its queues."""

    def __init__(self, stack, queues, clock):
        self._stack = stack
        self._queues = queues
        self._clock = clock

    def __getattr__(self, name):
        return getattr(self._queues, name)

    def _lanes(self, queue):
        prefix = f"{self._stack.prefix}-"
        return [aws_name(prefix, queue, lane) for lane in (NORMAL, URGENT)]

    def sizes(self):
        """Return how many messages there are to receive: nothing is asked of SQS."""
        found = defaultdict(int)
        for queue, lane in self._queues._registry.all():
            made = _queue(self._stack, aws_name(f"{self._stack.prefix}-", queue, lane))
            found[queue] += len(made.messages) if made is not None else 0
        return dict(sorted(found.items()))

    def shows_any(self, queue):
        """Tell whether there is anything to receive."""
        return any(_shows_any(self._stack, lane) for lane in self._lanes(queue))

    def next_due(self, queue):
        """Return when the next delayed or received message becomes visible."""
        now = self._clock.now()
        shown = (_next_shown(self._stack, lane, now) for lane in self._lanes(queue))
        return min((one for one in shown if one), default=None)


class Stream:
    """The stream of the workflows table, and how far it was read."""

    def __init__(self, stack):
        self._shard = _table(stack, "WorkflowsTable").stream_shard

    def read(self):
        """Return what has not been read yet of what an event source sends."""
        read = getattr(self._shard, "read", 0)
        records = [_as_lambda_has_it(one) for one in self._shard.items[read:]]
        wanted = [one for one in records if is_wanted(one, FILTERS)]
        if not wanted:
            self._shard.read = read + len(records)
        return wanted

    def move_past(self, records):
        last = records[-1]["dynamodb"]["SequenceNumber"]
        self._shard.read = int(last) - self._shard.starting_sequence_number + 1


def _as_lambda_has_it(record):
    """Return moto's record with binary values as JSON has them."""
    shown = record.to_json()
    change = dict(shown["dynamodb"])
    for name in ("NewImage", "OldImage"):
        if name in change:
            change[name] = image(change[name])
    return {**shown, "dynamodb": change}


# --- looking into moto ---------------------------------------------------------------


def _table(stack, output):
    """Return moto's own table."""
    tables = dynamodb_backends[stack.account][REGION].tables
    return tables[stack.outputs[output]]


def _queue(stack, name):
    """Return moto's own queue of a name or address, None where there is none."""
    return sqs_backends[stack.account][REGION].queues.get(name.rpartition("/")[2])


def _shows_any(stack, name):
    """Tell whether a message is visible: who asks an empty queue only spends time."""
    queue = _queue(stack, name)
    return queue is not None and bool(queue.messages)


def _next_shown(stack, name, now):
    """Return when the next message that is hidden now becomes visible."""
    queue = _queue(stack, name)
    messages = queue._messages if queue is not None else ()
    shown = (max(one.visible_at, one.delayed_until) for one in messages)
    return min((int(time) for time in shown if time > now), default=None)
