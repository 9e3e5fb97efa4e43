"""Entries of the journal as bytes: compressed, split, or kept outside (design 4).

The first byte says how the rest is to be read: ``j`` JSON text, ``z`` the same
compressed, ``p`` the path of an external document with one of the two.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence

from podium.decider.events import Entry, Event, decode_entry, encode_entry
from podium.decider.keyframes import decode_keyframe, encode_keyframe
from podium.decider.state import WorkflowState
from podium.errors import Unavailable
from podium.ports import JournalEntry, Payloads

ENTRY_LIMIT = 300_000
"""Bytes of one entry: together with a keyframe well below DynamoDB's 400 KB."""
KEYFRAME_LIMIT = 80_000
_DIGITS = 16

_COMPRESS_FROM = 700
"""Bytes.  DynamoDB bills by the kilobyte, so it is the ones just above that matter."""


def entry_path(workflow_id: str, version: int, text: bytes) -> str:
    """Return where an entry lies that is too large for the journal.

    It is written before it is known whose entry it is that stands: another one of the
    same version lies elsewhere.
    """
    return f"journal/{workflow_id}/{version}-{_digest(text)}.entry"


def keyframe_path(workflow_id: str, version: int, data: bytes) -> str:
    """Return where a keyframe lies that is too large for the journal.

    It is named by the stored form of its entry: what lost the version to it lies
    elsewhere, and who removes the entry knows what else there is to remove.
    """
    return f"journal/{workflow_id}/{version}-{_digest(data)}.keyframe"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def outside(stored: bytes | None) -> str | None:
    """Return the path of the external document that a stored form points to, if any."""
    return stored[1:].decode() if stored and stored[:1] == b"p" else None


def pack(text: bytes) -> bytes:
    """Return JSON text in its stored form."""
    if len(text) < _COMPRESS_FROM:
        return b"j" + text
    return b"z" + zlib.compress(text, 1)


def unpack(stored: bytes, payloads: Payloads) -> bytes:
    """Return the JSON text of a stored form."""
    kind, rest = stored[:1], stored[1:]
    if kind == b"p":
        path = rest.decode()
        document = payloads.get(path)
        if document is None:
            raise Unavailable(f"The journal points to {path}, which is not there")
        return unpack(document, payloads)
    return zlib.decompress(rest) if kind == b"z" else rest


def pack_entry(
    workflow_id: str, version: int, text: bytes, payloads: Payloads
) -> bytes:
    """Return the stored form of an entry's text, too large a one written outside."""

    def path() -> str:
        return entry_path(workflow_id, version, text)

    return _within(ENTRY_LIMIT, pack(text), path, payloads)


def _within(
    limit: int, stored: bytes, path: Callable[[], str], payloads: Payloads
) -> bytes:
    if len(stored) <= limit:
        return stored
    place = path()
    payloads.put(place, stored)
    return b"p" + place.encode()


def split(entry: Entry) -> Iterator[tuple[Entry, bytes]]:
    """Yield the entry, or several with its events in order, each within the limit.

    Every prefix of a decision's events is a valid state, so where to cut is free.
    """
    text = encode_entry(entry)
    if len(text) <= ENTRY_LIMIT or len(entry.events) == 1:
        yield entry, text
        return
    chunks = max(2, -(-len(text) // (ENTRY_LIMIT // 2)))
    for events in _in_chunks(entry.events, chunks):
        part = Entry(at=entry.at, events=events, armed=entry.armed, by=entry.by)
        yield from split(part)


def _in_chunks(events: Sequence[Event], chunks: int) -> Iterator[tuple[Event, ...]]:
    size = max(1, -(-len(events) // chunks))
    for first in range(0, len(events), size):
        yield tuple(events[first : first + size])


def read_entry(stored: bytes, payloads: Payloads) -> Entry:
    """Return the entry of a stored form."""
    return decode_entry(unpack(stored, payloads))


def pack_keyframe(state: WorkflowState, data: bytes, payloads: Payloads) -> bytes:
    """Return the stored form of a keyframe, too large a one written outside.

    ``data`` is the stored form of the entry that leads to the state.
    """

    def path() -> str:
        return keyframe_path(state.workflow_id, state.version, data)

    return _within(KEYFRAME_LIMIT, pack(encode_keyframe(state)), path, payloads)


def read_keyframe(stored: bytes, payloads: Payloads) -> WorkflowState:
    """Return the state of a stored keyframe."""
    return decode_keyframe(unpack(stored, payloads))


def is_unbroken(tail: Sequence[JournalEntry], after: int) -> bool:
    """Tell whether what was read after a version lacks nothing but, perhaps, its end.

    DynamoDB does not promise that a read which may lag shows what was written first
    where it shows what was written next.
    """
    first = tail[0]
    versions = [entry.version for entry in tail]
    expected = list(range(first.version, first.version + len(tail)))
    is_joined = first.keyframe is not None or first.version == after + 1
    return is_joined and versions == expected
