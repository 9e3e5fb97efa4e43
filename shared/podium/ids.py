"""Ids that carry their address (design 3).

A workflow or task id is a version 8 UUID of three numbers::

    48 bits milliseconds | 42 bits randomness | 32 bits sequence

The workflow has sequence 0, its tasks 1, 2, 3..., so the workflow of a task is its id
with the sequence cleared: no index is needed to find it, and the decider can name new
tasks without drawing random numbers.
"""

from __future__ import annotations

import hashlib
import re

_SEQUENCE_DIGITS = 8
_FORM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
RANDOM_BITS = 42


def workflow_id(milliseconds: int, randomness: int) -> str:
    """Return the id of a workflow created at ``milliseconds`` with 42 random bits."""
    random_high = (randomness >> 30) & 0xFFF
    random_low = randomness & 0x3FFFFFFF
    number = (milliseconds & 0xFFFFFFFFFFFF) << 80
    number |= 0x8 << 76
    number |= random_high << 64
    number |= 0b10 << 62
    number |= random_low << 32
    digits = f"{number:032x}"
    return "-".join(
        (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    )


def task_id(workflow: str, sequence: int) -> str:
    """Return the id of the workflow's task number ``sequence`` (1 and up)."""
    return f"{workflow[:-_SEQUENCE_DIGITS]}{sequence:08x}"


def workflow_of(task: str) -> str:
    """Return the id of the workflow a task belongs to."""
    return f"{task[:-_SEQUENCE_DIGITS]}{'0' * _SEQUENCE_DIGITS}"


def span_of(workflow: str) -> tuple[str, str]:
    """Return the lowest and the highest id that a workflow or its tasks can have."""
    if not is_id(workflow):
        return workflow, workflow
    return workflow, f"{workflow[:-_SEQUENCE_DIGITS]}{'f' * _SEQUENCE_DIGITS}"


def sequence_of(task: str) -> int:
    """Return the task's sequence number within its workflow."""
    return int(task[-_SEQUENCE_DIGITS:], 16)


def milliseconds_of(identifier: str) -> int:
    """Return the time that a workflow or task id carries: the workflow's creation."""
    return int(identifier[:8] + identifier[9:13], 16)


def is_id(text: str) -> bool:
    """Tell whether ``text`` has the form of a Podium id; anything else cannot exist."""
    return _FORM.fullmatch(text) is not None


def derived_workflow_id(milliseconds: int, *parts: str) -> str:
    """Return an id whose randomness is a hash of ``parts``.

    Starting the same child of the same parent attempt twice gives the same id, so the
    second start finds the first.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    randomness = int.from_bytes(digest[:8], "big") & ((1 << RANDOM_BITS) - 1)
    return workflow_id(milliseconds, randomness)
