"""A whole Podium behind API Gateway: the template, deployed, asked by HTTP alone.

What a world does by itself the deployment's functions do here, in real time.  So a
test waits until nothing is under way, moves on by a few seconds at most, and is
skipped, with the reason, where it wants more time to pass or reaches into the process.
"""

import time
from contextlib import contextmanager

import pytest
import urllib3

from gateway_client import Gateway
from gateway_podium import LOOKED_FOR, GatewayPodium
from world import SECOND, World, inline

LONGEST = 5_000
"""Milliseconds that a test may let pass here."""
PATIENCE = 30
"""Seconds in which what is under way comes to rest."""
_PAUSE = 0.03
_OF_FUNCTIONS = (
    *("decider.fifo", "timers", "guards", "tasks-_notifications"),
    *("tasks-HTTP", "urgent-HTTP", "tasks-EVENT", "urgent-EVENT"),
)
"""What the queues are called, behind the prefix, that functions are called for."""
_KEPT = ("application", "signing", "queues", "snapshot#")
"""What the catalog has that processes remember for good, or that lets us in."""
_LAST = {"name": LOOKED_FOR, "version": 1, "tasks": [inline("one", "1")]}


class Site:
    """A deployment, of which one test after the other has everything for itself."""

    def __init__(self, deployed, headers):
        self._deployed = deployed
        self._prefix = deployed.outputs["QueuePrefix"]
        self._dynamodb = deployed.client("dynamodb")
        self._sqs = deployed.client("sqs")
        self.ssm = deployed.client("ssm")
        self.gateway = Gateway(deployed.api_url, headers)
        self._http = urllib3.PoolManager(retries=False)

    @contextmanager
    def open(self, environment):
        """Open a world, and clear away in the end what it leaves."""
        if environment is not None:
            pytest.skip("the deployment's variables are its own")
        try:
            yield GatewayWorld(self)
        finally:
            self._clear()

    def messages(self):
        """Return all messages by the names of their queues, without the prefix."""
        answer = self._http.request(
            "GET", f"{self._deployed.endpoint_url}/_ministack/sqs/messages"
        )
        return {
            url.rpartition("/")[2].removeprefix(self._prefix): found
            for regions in answer.json()["messages"].values()
            for queues in regions.values()
            for url, found in queues.items()
            if found
        }

    def settle(self, until=0):
        """Wait until no function has anything to do, nor will have before ``until``."""
        deadline = time.monotonic() + PATIENCE
        while waiting := self._under_way(until):
            assert time.monotonic() < deadline, f"it never comes to rest: {waiting}"
            time.sleep(_PAUSE)

    def _under_way(self, until):
        messages = self.messages()
        return [
            (queue, one)
            for queue in _OF_FUNCTIONS
            for one in messages.get(queue, ())
            if one["IsVisible"] or one["ReceiveCount"] or one["VisibleAt"] <= until
        ]

    def _clear(self):
        """Remove everything that the next test could see, once nobody adds to it."""
        self.settle()
        for queue in self.messages():
            name = f"{self._prefix}{queue}"
            url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
            self._sqs.purge_queue(QueueUrl=url)
        for table in ("WorkflowsTable", "TimersTable", "CatalogTable"):
            self._empty(self._deployed.outputs[table])

    def _empty(self, table):
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=table, ProjectionExpression="pk, sk", ConsistentRead=True
        )
        keys = [
            {"pk": one["pk"], "sk": one["sk"]}
            for page in pages
            for one in page["Items"]
            if not one["pk"]["S"].startswith((*_KEPT, "swept"))
        ]
        for first in range(0, len(keys), 25):
            removed = [
                {"DeleteRequest": {"Key": one}} for one in keys[first : first + 25]
            ]
            self._dynamodb.batch_write_item(RequestItems={table: removed})


def _inside(why):
    return property(lambda _: pytest.skip(why))


class GatewayWorld(World):
    """What tests do with a world, by requests."""

    clock = _inside("needs virtual time")
    opened = _inside("reaches into the home")
    stack = _inside("reaches into moto")
    decider_queue = _inside("is the decider's function itself")

    def __init__(self, site):
        self._site = site
        self._began = int(time.time() * 1000)
        self.podium = GatewayPodium(site.gateway.ask, self._projected)

    def connect(self, _eventing):
        pytest.skip("sinks and listeners are the deployment's own")

    def keep_secret(self, _name, _value):
        pytest.skip("a deployment remembers for ten seconds what secrets there are")

    def answer_http(self, _answers):
        pytest.skip("HTTP tasks are sent as they are")

    def queue_sizes(self):
        return self.podium.tasks.queue_sizes()

    # --- time ------------------------------------------------------------------

    def settle(self):
        self._site.settle()

    def advance(self, milliseconds):
        if milliseconds > LONGEST or milliseconds % SECOND:
            pytest.skip("needs virtual time")
        # SQS counts in whole seconds, and shows them cut off.
        end = time.time() + milliseconds / 1000
        time.sleep(milliseconds / 1000)
        self._site.settle(until=int(end) + 1)

    def pass_time(self):
        pytest.skip("needs virtual time")

    # --- what follows the journals ---------------------------------------------

    def _projected(self):
        """Wait until search has all there is; return when this world began.

        The stream is read in order: what came before is there when the last is.
        """
        ask = self._site.gateway.ask
        started = ask("POST", "/workflow", {"name": LOOKED_FOR, "workflowDef": _LAST})
        query = f"workflowId = '{started}' AND status = 'COMPLETED'"
        deadline = time.monotonic() + PATIENCE
        while not ask("GET", "/workflow/search", query=query)["totalHits"]:
            assert time.monotonic() < deadline, "search does not follow"
            time.sleep(_PAUSE)
        self.settle()
        return self._began
