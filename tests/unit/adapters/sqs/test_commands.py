"""Commands in the decider's queue: what goes in comes out, for whom it was meant."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_homes import open_over
from podium.adapters.sqs.commands import Command, _encode, _fitting, decode_command
from podium.errors import Unavailable

WORKFLOW = "018bcfe5-6800-8000-8000-000000000000"


class Nowhere:
    """Payloads that has none."""

    def get(self, _path):
        return None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_come_back(command):
    body = _encode(Command(WORKFLOW, command))

    assert Command(WORKFLOW, command) == decode_command(body, Nowhere())


def test_json_stays_readable():
    body = _encode(Command(WORKFLOW, '{"text":"ü\\n"}'.encode()))

    assert f'text {WORKFLOW}\n{{"text":"ü\\n"}}' == body


@pytest.mark.parametrize("body", ["", "text", "text w", "other w\nx", "\n"])
def test_what_is_no_command_is_refused(body):
    with pytest.raises(ValueError, match="not a command"):
        decode_command(body, Nowhere())


def test_a_command_whose_payload_is_not_there_comes_again():
    with pytest.raises(Unavailable):
        decode_command(f"stored {WORKFLOW}\ncommands/gone", Nowhere())


def test_commands_of_a_workflow_come_in_order_large_or_small(stack, clock):
    home = open_over(stack, clock).home
    sent = [b"first", b"x" * 600_000, b"", b"last"]
    for command in sent:
        home.commands.send(WORKFLOW, command)

    assert sent == [one.command for one in drain(stack, home)]


def test_commands_that_come_together_are_in_order_and_of_any_size(stack, clock):
    home = open_over(stack, clock).home
    sent = [b"%d" % number * (150_000 if number % 2 else 1) for number in range(25)]

    home.commands.send_each([(WORKFLOW, command) for command in sent])

    assert sent == [one.command for one in drain(stack, home)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1] * 10, [10]),
        ([1] * 11, [10, 1]),
        ([250_000] * 6, [4, 2]),
        ([250_000, 600_000, 250_000, 250_000], [2, 2]),
    ],
)
def test_a_request_holds_ten_messages_or_a_megabyte(sizes, expected):
    messages = [{"MessageBody": "x" * size} for size in sizes]

    assert expected == [len(some) for some in _fitting(messages)]


def drain(stack, home):
    url = stack.outputs["CommandsQueueUrl"]
    sqs = stack.clients.sqs
    for _ in itertools.count():
        found = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
        ).get("Messages", [])
        if not found:
            return
        for message in found:
            command = decode_command(message["Body"], home.payloads)
            assert command.workflow_id == message["Attributes"]["MessageGroupId"]
            yield command
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
