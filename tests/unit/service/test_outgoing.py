"""What many workflows have for workers goes together; whose was not sent is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from podium import ids
from podium.errors import Unavailable
from podium.ports import TaskMessage
from podium.service.outgoing import Outgoing

WORKFLOWS = [ids.workflow_id(1_700_000_000_000, number) for number in range(25)]


class Queues:
    """Remembers what was sent; those of ``away`` do not answer."""

    def __init__(self, *away):
        self.sent = []
        self._away = away

    def send(self, queue, messages):
        if queue in self._away:
            raise Unavailable("SQS did not answer")
        self.sent.append((queue, len(messages)))


def message(workflow_id):
    return TaskMessage(ids.task_id(workflow_id, 1), 1)


def test_what_is_sent_alone_goes_at_once():
    queues = Queues()
    outgoing = Outgoing(queues.send)

    outgoing.send("a", [message(WORKFLOWS[0])])

    assert [("a", 1)] == queues.sent


def test_what_is_sent_together_waits_for_ten_of_a_queue_or_the_end():
    queues = Queues()
    outgoing = Outgoing(queues.send)

    with outgoing.together():
        for one in WORKFLOWS[:3]:
            outgoing.send("a", [message(one)])
        assert [] == queues.sent
        outgoing.send("b", [message(one) for one in WORKFLOWS[:12]])
        assert [("b", 10)] == queues.sent

    assert [("b", 10), ("a", 3), ("b", 2)] == sorted(
        queues.sent, key=lambda one: -one[1]
    )
    outgoing.send("a", [message(WORKFLOWS[0])])
    assert ("a", 1) == queues.sent[-1]


def test_threads_share_a_gathering_and_nothing_is_lost():
    queues = Queues()
    outgoing = Outgoing(queues.send)

    with outgoing.together(), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: outgoing.send("a", [message(one)]), WORKFLOWS))

    assert [5, 10, 10] == sorted(count for _, count in queues.sent)


def test_of_what_was_not_sent_the_workflows_are_known_and_the_others_went(caplog):
    queues = Queues("away")
    outgoing = Outgoing(queues.send)

    with outgoing.together() as gathering:
        outgoing.send("away", [message(WORKFLOWS[0]), message(WORKFLOWS[1])])
        outgoing.send("here", [message(WORKFLOWS[1]), message(WORKFLOWS[2])])

    assert set(WORKFLOWS[:2]) == gathering.unsent
    assert [("here", 2)] == queues.sent
    assert ["not_sent"] == caplog.messages


def test_where_the_work_fails_what_it_had_sent_goes_all_the_same():
    queues = Queues()
    outgoing = Outgoing(queues.send)

    def fail():
        with outgoing.together():
            outgoing.send("a", [message(WORKFLOWS[0])])
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert [("a", 1)] == queues.sent
