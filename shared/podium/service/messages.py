"""What travels in the decider's queue: work on one workflow that a decision called for.

A message is addressed to a workflow and handled in order for it; each may come twice.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from podium.decider.commands import Command, Start
from podium.decider.events import Recovery


class _Message(msgspec.Struct, frozen=True, tag_field="message"):
    """Common configuration."""


class RunCommand(_Message, frozen=True, tag="run"):
    """Run a command on the addressed workflow."""

    command: Command


class StartWorkflow(_Message, frozen=True, tag="start"):
    """Start the addressed workflow, unless it is there; its request was found good."""

    command: Start


class LaunchTask(_Message, frozen=True, tag="launch"):
    """Start the workflow of the addressed workflow's task ``seq``."""

    seq: int


class LaunchFailureWorkflow(_Message, frozen=True, tag="launch_failure"):
    """Start the addressed workflow's failure workflow under this id."""

    failure_id: str


class ReportChild(_Message, frozen=True, tag="child"):
    """Look at a child that has ended and end the task ``seq`` accordingly."""

    seq: int
    child_id: str


class ReportRevival(_Message, frozen=True, tag="child_revived"):
    """Look whether to go on because the child of the task ``seq`` does."""

    seq: int
    child_id: str
    run: int
    operation: Recovery


class ReviveChild(_Message, frozen=True, tag="revive"):
    """Go on because the parent does, and tell its task ``seq`` where that cannot be."""

    parent_id: str
    seq: int
    run: int


class OfferAgain(_Message, frozen=True, tag="offer_again"):
    """Offer again what is waiting for workers, after the reports that came before."""


Message: TypeAlias = (
    RunCommand
    | StartWorkflow
    | LaunchTask
    | LaunchFailureWorkflow
    | ReportChild
    | ReportRevival
    | ReviveChild
    | OfferAgain
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """Return the message as JSON text."""
    return _encoder.encode(message)


def decode_message(data: bytes) -> Message:
    """Return the message that :func:`encode_message` wrote."""
    return _decoder.decode(data)
