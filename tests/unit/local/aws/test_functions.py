"""Lambda's part at queues: what an answer does not name is removed, the rest stays."""

import pytest

from podium.adapters.sqs.client import QueueMissing, Sqs
from podium_local.aws.functions import Function, QueueSource

HIDES = 10


class Source:
    """A queue's source, and a function that fails what it is told to."""

    def __init__(self, stack):
        client = stack.clients.sqs
        self.events, self.failing = [], set()
        self.function = Function("decider", lambda: self._handle)
        base_url = stack.outputs["TimersQueueUrl"].rpartition("/")[0]
        base_arn = stack.outputs["TimersQueueArn"].rpartition(":")[0]
        sqs = Sqs(client, lambda _: None)
        self._source = QueueSource(
            client, sqs, base_url, base_arn, self.function, HIDES
        )
        self._url = base_url
        self._client = client

    def _handle(self, event, _context):
        self.events.append(event)
        failed = [one for one in event["Records"] if one["body"] in self.failing]
        named = [{"itemIdentifier": one["messageId"]} for one in failed]
        return {"batchItemFailures": named}

    def send(self, queue, body, **fields):
        url = f"{self._url}/{queue}"
        self._client.send_message(QueueUrl=url, MessageBody=body, **fields)

    def work(self, queue):
        """Work a queue off once; return the bodies that came."""
        batches = self._source.receive(queue, 1, 0)
        for batch in batches:
            self._source.handle(queue, batch)
        return sorted(one["Body"] for batch in batches for one in batch)


def test_what_failed_comes_again_and_the_rest_is_gone(stack, clock):
    source = Source(stack)
    for body in ("a", "b", "c"):
        source.send("podium-timers", body)
    source.failing = {"b"}

    assert ["a", "b", "c"] == source.work("podium-timers")
    assert [] == source.work("podium-timers")
    clock.advance(HIDES * 1000)
    assert ["b"] == source.work("podium-timers")


def test_an_event_has_what_the_functions_read(stack):
    source = Source(stack)
    names = {"MessageGroupId": "wf", "MessageDeduplicationId": "1"}
    source.send("podium-decider.fifo", "text wf\n{}", **names)

    source.work("podium-decider.fifo")

    [[record]] = [one["Records"] for one in source.events]
    assert "text wf\n{}" == record["body"]
    assert "wf" == record["attributes"]["MessageGroupId"]
    assert "1" == record["attributes"]["ApproximateReceiveCount"]
    assert stack.outputs["CommandsQueueArn"] == record["eventSourceARN"]
    assert record["receiptHandle"]


def test_a_queue_that_is_not_there_is_a_matter_of_time(stack):
    with pytest.raises(QueueMissing):
        Source(stack).work("podium-nothing")


def test_each_event_at_the_same_time_has_a_handler_of_its_own():
    made = []

    def make():
        own = len(made)
        made.append(own)

        def handle(event, _context):
            return {"by": own, "inner": function(event["inner"])} if event else {}

        return handle

    function = Function("decider", make)

    answer = function({"inner": {"inner": {}}})

    assert {"by": 0, "inner": {"by": 1, "inner": {}}} == answer
    function({"inner": {}})
    assert [0, 1, 2] == made
