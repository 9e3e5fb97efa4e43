"""Task queues on SQS, beyond their contract: lanes, new queues, partial failures."""

import pytest

from aws_homes import open_over
from podium.adapters.sqs.client import QueueMissing, Sqs
from podium.adapters.sqs.task_queues import decode_task, encode_task
from podium.errors import Unavailable
from podium.ports import TaskMessage

MINUTE = 60_000


@pytest.fixture
def queues(stack, clock):
    return open_over(stack, clock).home.queues


def made(stack):
    found = stack.clients.sqs.list_queues(QueueNamePrefix=stack.outputs["QueuePrefix"])
    return {url.rpartition("/")[2] for url in found["QueueUrls"]}


def send(queues, *ids, **fields):
    queues.send("t", [TaskMessage(one, 1, **fields) for one in ids])


def received(queues, wait=0, limit=10):
    return [one.message.task_id for one in queues.receive("t", limit, wait, MINUTE)]


def test_a_poll_that_does_not_wait_makes_no_queue(stack, queues):
    before = made(stack)

    assert [] == received(queues)
    assert before == made(stack)


def test_a_poll_that_waits_makes_the_queue_it_waits_for(stack, queues):
    assert [] == received(queues, wait=1)
    assert "podium-tasks-t" in made(stack)


def test_a_queue_that_sqs_removed_is_made_again(stack, queues):
    send(queues, "t1")
    url = stack.clients.sqs.get_queue_url(QueueName="podium-tasks-t")["QueueUrl"]
    stack.clients.sqs.delete_queue(QueueUrl=url)

    assert {"t": 0} == queues.sizes()
    send(queues, "t2")
    assert ["t2"] == received(queues)


@pytest.mark.parametrize("body", ["nonsense", "{}", '{"taskId": 1, "delivery": 1}'])
def test_what_is_no_tasks_message_is_left_and_takes_no_other_along(
    stack, queues, clock, caplog, body
):
    send(queues, "t1")
    url = stack.clients.sqs.get_queue_url(QueueName="podium-tasks-t")["QueueUrl"]
    stack.clients.sqs.send_message(QueueUrl=url, MessageBody=body)
    send(queues, "t2")

    assert ["t1", "t2"] == sorted(received(queues))
    assert ["not_a_task"] == caplog.messages
    clock.advance(MINUTE)
    assert ["t1", "t2"] == sorted(received(queues)), "a second time, as is that one"
    assert ["not_a_task"] * 2 == caplog.messages


def url_of(stack, lane):
    name = f"podium-{lane}-t"
    return stack.clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]


def waiting(stack, lane):
    """Return how many messages one lane has."""
    asked = stack.clients.sqs.get_queue_attributes(
        QueueUrl=url_of(stack, lane), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(asked["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def opened_lane(queues, clock):
    """An urgent lane that everybody knows."""
    send(queues, "before", priority=1)
    assert ["before"] == received(queues)
    clock.advance(40_000)


def test_priorities_go_to_a_lane_of_their_own(stack, queues, opened_lane):
    send(queues, "later")
    send(queues, "first", priority=1)

    assert (1, 1) == (waiting(stack, "urgent"), waiting(stack, "tasks"))
    assert {"t": 2} == queues.sizes()
    assert ["first", "later"] == received(queues)


def test_no_lane_is_made_before_something_has_a_priority(stack, queues):
    send(queues, "later")
    assert "podium-urgent-t" not in made(stack)


def test_what_makes_a_lane_is_had_at_once_by_who_knows_of_none(stack, queues, clock):
    other = open_over(stack, clock).home.queues
    assert [] == received(other)

    send(queues, "first", priority=9)

    assert "podium-urgent-t" in made(stack)
    assert ["first"] == received(other)


def test_a_lane_opens_for_all_when_everybody_has_asked_for_it_again(
    stack, queues, clock
):
    send(queues, "first", priority=9)
    clock.advance(39_999)
    late = open_over(stack, clock).home.queues
    for sender in (queues, late):
        send(sender, "early", priority=9)
    assert (0, 3) == (waiting(stack, "urgent"), waiting(stack, "tasks"))

    clock.advance(1)
    for sender in (queues, late):
        send(sender, "urgent", priority=9)
    assert (2, 3) == (waiting(stack, "urgent"), waiting(stack, "tasks"))


def test_a_lane_that_sqs_removed_opens_anew(stack, queues, clock, opened_lane):
    stack.clients.sqs.delete_queue(QueueUrl=url_of(stack, "urgent"))

    send(queues, "first", priority=9)
    assert (0, 1) == (waiting(stack, "urgent"), waiting(stack, "tasks"))
    clock.advance(40_000)
    send(queues, "second", priority=9)
    assert 1 == waiting(stack, "urgent")


def test_what_the_urgent_lane_leaves_is_filled_up_from_the_other(queues, opened_lane):
    send(queues, "u1", "u2", priority=1)
    send(queues, "n1", "n2", "n3")

    assert ["u1", "u2", "n1"] == received(queues, limit=3)
    assert ["n2", "n3"] == received(queues, limit=3)


def test_more_than_ten_messages_are_sent_and_released_in_tens(queues):
    ids = [f"t{number}" for number in range(25)]
    send(queues, *ids)

    taken = [one for _ in range(3) for one in queues.receive("t", 10, 0, MINUTE)]
    queues.release("t", [one.receipt for one in taken], 0)

    assert {"t": 25} == queues.sizes()
    assert set(ids) == {one.message.task_id for one in taken}


def test_a_delay_beyond_sqs_ends_at_fifteen_minutes(queues, clock):
    send(queues, "t1", delay=60 * MINUTE)

    clock.advance(15 * MINUTE - 1)
    assert [] == received(queues)
    clock.advance(1)
    assert ["t1"] == received(queues)


def test_a_message_says_what_a_worker_on_sqs_needs():
    message = TaskMessage("id", 2, priority=5)

    assert '{"taskId":"id","delivery":2,"priority":5}' == encode_task(message)
    assert message == decode_task(encode_task(message))


# --- partial failures ----------------------------------------------------------------


class Fails:
    """A client whose batches fail as told, entry by entry."""

    def __init__(self, *failures):
        self._failures = iter(failures)
        self.sent = []

    def send_message_batch(self, **request):
        self.sent.append([entry["Id"] for entry in request["Entries"]])
        return {"Failed": next(self._failures)}

    delete_message_batch = send_message_batch


def failure(entry_id, code="InternalError", *, by_sender=False):
    return {"Id": entry_id, "Code": code, "SenderFault": by_sender}


def entries(number):
    return [{"MessageBody": str(one)} for one in range(number)]


def test_only_what_failed_is_sent_again():
    client = Fails([failure("1")], [])

    Sqs(client, lambda _: None).send_each("u", entries(3))

    assert [["0", "1", "2"], ["1"]] == client.sent


def test_a_batch_that_never_succeeds_is_unavailable():
    client = Fails(*[[failure("0")]] * 5)

    with pytest.raises(Unavailable):
        Sqs(client, lambda _: None).send_each("u", entries(1))


def test_a_message_that_sqs_refuses_is_an_error_and_not_lost():
    client = Fails([failure("0", "InvalidMessageContents", by_sender=True)])

    with pytest.raises(ValueError, match="InvalidMessageContents"):
        Sqs(client, lambda _: None).send_each("u", entries(1))


def test_a_stale_receipt_is_no_failure():
    client = Fails([failure("0", "ReceiptHandleIsInvalid", by_sender=True)])

    Sqs(client, lambda _: None).delete_each("u", ["handle"])

    assert [["0"]] == client.sent


def test_a_queue_that_is_not_there_is_told_apart(stack):
    url = stack.outputs["TimersQueueUrl"] + "-nobody-made-this"

    with pytest.raises(QueueMissing):
        Sqs(stack.clients.sqs, lambda _: None).send(url, MessageBody="x")
