"""Messages whose tasks are leased: removed in tens, later, or when they come again."""

import pytest

from aws_homes import open_over
from podium.adapters.sqs.client import Sqs
from podium.adapters.sqs.spent import KEPT_FOR, SpentMessages
from podium.clock import ManualClock
from podium.errors import Unavailable
from podium.ports import TaskMessage

MINUTE = 60_000


@pytest.fixture
def queues(stack, clock):
    return open_over(stack, clock).home.queues


@pytest.fixture
def left(stack):
    """Count what SQS still has of a queue, visible or not."""

    def count(queue="t"):
        sqs = stack.clients.sqs
        url = sqs.get_queue_url(QueueName=f"podium-tasks-{queue}")["QueueUrl"]
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(map(int, found["Attributes"].values()))

    return count


def send(queues, number, queue="t"):
    queues.send(queue, [TaskMessage(f"t{n}", 1) for n in range(number)])


def take(queues, limit=10, queue="t"):
    """Receive and have removed; return which tasks it was about."""
    received = queues.receive(queue, limit, 0, MINUTE)
    queues.forget(queue, [one.receipt for one in received])
    return [one.message.task_id for one in received]


def test_the_tenth_takes_the_others_along(queues, left):
    send(queues, 11)

    for _ in range(9):
        take(queues, 1)
    assert 11 == left()
    take(queues, 1)
    assert 1 == left()


def test_the_queues_are_counted_apart(queues, left):
    for queue in ("t", "u"):
        send(queues, 5, queue)
        take(queues, 5, queue)

    assert (5, 5) == (left("t"), left("u"))


def test_what_has_waited_goes_with_the_next_request_whatever_it_is_for(
    queues, left, clock
):
    send(queues, 3)
    take(queues)

    clock.advance(KEPT_FOR - 1)
    queues.receive("another", 1, 0, MINUTE)
    assert 3 == left()
    clock.advance(1)
    queues.receive("another", 1, 0, MINUTE)
    assert 0 == left()


def test_what_nobody_removed_comes_again_once_and_is_removed_at_once(
    queues, left, clock
):
    send(queues, 2)
    assert ["t0", "t1"] == sorted(take(queues))

    clock.advance(MINUTE)
    assert ["t0", "t1"] == sorted(take(queues))
    assert 0 == left()


def test_a_message_in_flight_does_not_count_as_waiting(queues, clock):
    send(queues, 3)
    take(queues, 2)

    assert {"t": 1} == queues.sizes()
    clock.advance(KEPT_FOR)
    take(queues)
    clock.advance(2 * MINUTE)
    assert {"t": 1} == queues.sizes(), "the third; of the others nothing is left"


def test_a_message_that_would_soon_come_again_is_removed_at_once(queues, left):
    send(queues, 1)

    [received] = queues.receive("t", 1, 0, 2 * KEPT_FOR - 1_000)
    queues.forget("t", [received.receipt])

    assert 0 == left()


# --- where SQS does not answer -------------------------------------------------------


class Refuses:
    def __init__(self):
        self.asked = []

    def delete_message_batch(self, **request):
        self.asked.append(len(request["Entries"]))
        failed = {"Code": "InternalError", "SenderFault": False}
        return {"Failed": [{"Id": one["Id"], **failed} for one in request["Entries"]]}


def kept(number):
    return [(f"h{n}", 10 * MINUTE) for n in range(number)]


def test_a_full_request_that_sqs_does_not_take_is_unavailable():
    spent = SpentMessages(Sqs(Refuses(), lambda _: None), ManualClock(0))

    with pytest.raises(Unavailable):
        spent.add("u", kept(10))


def test_what_sqs_does_not_take_later_is_no_failure_of_another_request(caplog):
    clock, client = ManualClock(0), Refuses()
    spent = SpentMessages(Sqs(client, lambda _: None), clock)
    spent.add("u", kept(2))

    clock.advance(KEPT_FOR)
    spent.remove_due()
    spent.remove_due()

    assert ["messages_not_deleted"] == caplog.messages
    assert {2} == set(client.asked), "and is not asked for again"


def test_stale_handles_are_not_asked_about():
    clock, client = ManualClock(0), Refuses()
    spent = SpentMessages(Sqs(client, lambda _: None), clock)
    spent.add("u", kept(2))

    clock.advance(10 * MINUTE)
    spent.remove_due()

    assert [] == client.asked
