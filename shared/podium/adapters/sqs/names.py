"""What the queues of task types and domains are called.

A queue's name is the prefix, its lane, and Conductor's name of the queue, which is the
task type with the domain before it.  Where that has characters SQS does not take, or
is too long, the readable part is followed by two dashes and a hash of the whole.  A
name that has two dashes itself is hashed too, so different queues never meet.
"""

from __future__ import annotations

import hashlib
import re

NORMAL = "tasks"
URGENT = "urgent"
"""The lanes of a queue: ``urgent`` has what has a priority, and is polled first."""

_MAX_LENGTH = 80
_HASH_DIGITS = 32
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")
_DASHES = "--"


def aws_name(prefix: str, queue: str, lane: str) -> str:
    """Return the SQS name of a queue's lane."""
    start = f"{prefix}{lane}-"
    room = _MAX_LENGTH - len(start)
    if len(queue) <= room and _PLAIN.fullmatch(queue) and _DASHES not in queue:
        return start + queue
    digest = hashlib.sha256(queue.encode(errors="surrogatepass")).hexdigest()
    digest = digest[:_HASH_DIGITS]
    readable = _OTHER.sub("-", queue)[: room - len(_DASHES) - _HASH_DIGITS]
    return f"{start}{readable}{_DASHES}{digest}"
