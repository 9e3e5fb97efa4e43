"""The decider's queue: a FIFO queue whose groups are workflows.

The body's first line says how to read the rest, and whom it is for::

    text <workflow id>         the command as it is
    base64 <workflow id>       the command, with characters that SQS does not take
    stored <workflow id>       the path of the command among the payloads
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from podium.adapters.sqs.client import BATCH, Entry, Sqs, is_taken
from podium.errors import Unavailable
from podium.ports import Payloads

INLINE_LIMIT = 256_000
"""Bytes of a body.  SQS takes a mebibyte, but bills every 64 KB as a request when it is
sent and again when it is received, and beyond this an object costs no more.
"""

REQUEST_LIMIT = 1_000_000
"""Bytes of the bodies in one request; SQS takes a mebibyte."""

_RANDOM_BITS = 128


@dataclass(frozen=True, slots=True)
class Command:
    """An encoded command and the workflow it is for."""

    workflow_id: str
    command: bytes


class SqsCommandQueue:
    """The port ``CommandQueue``."""

    def __init__(
        self, sqs: Sqs, url: str, payloads: Payloads, draw: Callable[[int], int]
    ) -> None:
        self._sqs = sqs
        self._url = url
        self._payloads = payloads
        self._draw = draw

    def send(self, workflow_id: str, command: bytes) -> None:
        """Add an encoded command."""
        self._sqs.send(self._url, **self._message(workflow_id, command))

    def send_each(self, commands: Sequence[tuple[str, bytes]]) -> None:
        """Add commands, each with its workflow, ten a request where they fit."""
        for some in _fitting([self._message(*command) for command in commands]):
            self._sqs.send_each(self._url, some)

    def size(self) -> int:
        """Return the approximate number of commands that wait."""
        return self._sqs.waiting(self._url)

    def _message(self, workflow_id: str, command: bytes) -> Entry:
        """Return the message that carries a command, or says where it lies.

        Each is a message of its own: its deduplication id is random, and keeps only
        the retries of one request apart from a second call.
        """
        unique = f"{self._draw(_RANDOM_BITS):032x}"
        body = _encode(Command(workflow_id, command))
        if len(body.encode()) > INLINE_LIMIT:
            path = f"commands/{workflow_id}/{unique}"
            self._payloads.put(path, command)
            body = f"stored {workflow_id}\n{path}"
        return {
            "MessageBody": body,
            "MessageGroupId": workflow_id,
            "MessageDeduplicationId": unique,
        }


def decode_command(body: str, payloads: Payloads) -> Command:
    """Return the command that a message of the decider's queue carries.

    ValueError where it is none; Unavailable where it lies outside and is not there.
    """
    head, newline, rest = body.partition("\n")
    kind, _, workflow_id = head.partition(" ")
    if not newline or not workflow_id:
        raise ValueError(f"not a command: {body[:80]!r}")
    match kind:
        case "text":
            return Command(workflow_id, rest.encode())
        case "base64":
            return Command(workflow_id, b64decode(rest, validate=True))
        case "stored":
            command = payloads.get(rest)
            if command is None:
                raise Unavailable(f"The command points to {rest}, which is not there")
            return Command(workflow_id, command)
    raise ValueError(f"not a command: {body[:80]!r}")


def _fitting(messages: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield the messages in order, as many together as one request may hold."""
    some: list[Entry] = []
    size = 0
    for message in messages:
        body = len(message["MessageBody"].encode())
        if some and (len(some) == BATCH or size + body > REQUEST_LIMIT):
            yield some
            some, size = [], 0
        some.append(message)
        size += body
    if some:
        yield some


def _encode(command: Command) -> str:
    """Return the body of a command that is carried inline."""
    try:
        text = command.command.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and is_taken(text):
        return f"text {command.workflow_id}\n{text}"
    return f"base64 {command.workflow_id}\n{b64encode(command.command).decode()}"
