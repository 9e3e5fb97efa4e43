"""A story of a workflow that tells, and of handlers that listen, while processes die.

It speaks twice: to the handlers of its own kind at once, and to a queue that is not
Podium's, from which the message comes back.  Either way a handler starts a workflow,
adds a line to the variables and ends a task.  Whatever dies or comes again on the way,
each of that happens, and happens once.
"""

import json
from contextlib import suppress
from itertools import count

from podium.adapters.event_sinks import open_sinks
from podium.adapters.sqs.event_source import SqsEventSource
from podium.errors import NotFound, Unavailable
from podium.eventing import Eventing, EventMessage, ReceivedEvent
from story import Story
from world import MINUTE, fork_join, join_on, task

QUEUE = "podium-events-heard"
EVENTS = ("conductor:parent:tell", f"sqs:{QUEUE}")
REFS = ("tell", "send")


class Post:
    """A queue of somebody else's where there is no AWS; it outlives every process."""

    def __init__(self):
        self._messages = {}
        self._numbers = count()

    def publish(self, queue, event):
        """Be the sink ``sqs:...``: what is published twice is there twice."""
        payload = json.loads(event.body)
        message = EventMessage(event.message_id, event.sent_at, payload)
        self._messages[str(next(self._numbers))] = queue, message

    def receive(self, queue, limit, _wait):
        found = [
            ReceivedEvent(message, receipt)
            for receipt, (name, message) in self._messages.items()
            if name == queue
        ]
        return found[:limit]

    def delete(self, _queue, receipts):
        for receipt in receipts:
            del self._messages[receipt]


class Hearsay(Story):
    """Two EVENT tasks, two handlers of three actions each."""

    length = 2
    longest_delay = 120
    """By decision 21 whoever is at an action has it for as long as a function may run.
    Who goes on after that, which no function does, may append to the variables again.
    """
    workers = ("post",)

    def __init__(self, opens, rounds, clock=None):
        self._post = Post()
        super().__init__(opens, rounds, clock)

    def open(self, number):
        world = super().open(number)
        self._source = source = self._source_of(world)
        sinks = self._sinks_of(world)
        world.connect(Eventing(sinks=sinks, sources={"sqs": source}))
        return world

    def _source_of(self, world):
        stack = getattr(world, "stack", None)
        return self._post if stack is None else SqsEventSource(stack.clients.of)

    def _sinks_of(self, world):
        stack = getattr(world, "stack", None)
        if stack is None:
            return {"sqs": self._post}
        stack.clients.sqs.create_queue(QueueName=QUEUE)
        return open_sinks(stack.clients.of)

    # --- what it is about --------------------------------------------------------

    def register(self, world):
        world.register("child", [task("NOOP", "nothing")])
        branches = [
            [task("EVENT", "tell", sink="conductor")],
            [task("EVENT", "send", sink=EVENTS[1])],
            *([task("WAIT", f"await_{ref}")] for ref in REFS),
            [task("HUMAN", "stay")],
        ]
        ends = [*REFS, *(f"await_{ref}" for ref in REFS), "stay"]
        world.register("parent", [fork_join(*branches), join_on(*ends)])
        for ref, event in zip(REFS, EVENTS, strict=True):
            world.register_handler(name=ref, event=event, actions=_actions(ref))

    def _work(self, _post):
        self._hear(self.world)

    def act_beside(self, world):
        if self.started is None:
            self.start(world)
        self._hear(world)

    def _hear(self, world):
        """Have the messages of the queue handled, as who consumes it does."""
        try:
            received = self._source.receive(QUEUE, 10, 0)
        except NotFound:
            return
        for one in received:
            with suppress(Unavailable):
                world.podium.events.receive(EVENTS[1], one.message)
                self._source.delete(QUEUE, [one.receipt])
        world.settle()

    def is_over(self, world, started):
        """Tell whether all has happened that should, as often as it may."""
        statuses = dict(world.tasks(started))
        wanted = [*REFS, *(f"await_{ref}" for ref in REFS)]
        return (
            all("COMPLETED" == statuses.get(ref) for ref in wanted)
            and len(_children(world)) >= len(REFS)
            and len(world.workflow(started)["variables"].get("heard", ())) >= len(REFS)
        )

    def check(self, started):
        """Let what is late or comes again arrive, and count."""
        for _ in range(5):
            self._work("post")
            self.world.advance(MINUTE)
        world = self.world
        assert "RUNNING" == world.status(started)
        assert sorted(REFS) == sorted(world.workflow(started)["variables"]["heard"])
        heard = sorted(child["input"]["ref"] for child in _children(world))
        assert sorted(REFS) == heard
        records = [
            record
            for event in EVENTS
            for record in world.podium.events.executions(event, 0, 100)
        ]
        assert ["COMPLETED"] * 3 * len(REFS) == [record.status for record in records]
        assert len(records) == len({(record.name, record.id) for record in records})
        assert {"fork", *REFS, "await_tell", "await_send", "stay", "join"} == {
            one["referenceTaskName"] for one in world.workflow(started)["tasks"]
        }


def _actions(ref):
    target = {"workflowId": "${workflowInstanceId}"}
    return [
        {
            "action": "start_workflow",
            "start_workflow": {"name": "child", "input": {"ref": ref}},
        },
        {
            "action": "update_workflow_variables",
            "update_workflow_variables": {
                **target,
                "variables": {"heard": [ref]},
                "appendArray": True,
            },
        },
        {
            "action": "complete_task",
            "complete_task": {**target, "taskRefName": f"await_{ref}"},
        },
    ]


def _children(world):
    """Return the workflows that handlers started, wherever search has them yet."""
    found = world.podium.searching.search("workflowType = 'child'", None, None, 0, 100)
    return [world.workflow(row.workflow_id) for row in found.rows]
