"""JSON lines, compressed one by one: the bytes of an object of the archive.

Gzip allows for members one after the other, and every tool that reads gzip reads them
as one text.  So the object is an ordinary ``.jsonl.gz``, and a part of it is a line.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence

from podium.sinks import ArchivedAt

_LEVEL = 6


def pack_lines(path: str, lines: Sequence[bytes]) -> tuple[bytes, list[ArchivedAt]]:
    """Return the content of an object, and where in it each line is.

    The same lines are always the same bytes.
    """
    members = [gzip.compress(line + b"\n", _LEVEL, mtime=0) for line in lines]
    places: list[ArchivedAt] = []
    offset = 0
    for member in members:
        places.append(ArchivedAt(path, offset, len(member)))
        offset += len(member)
    return b"".join(members), places


def unpack_line(member: bytes) -> bytes:
    """Return the line that a range of an object holds."""
    return gzip.decompress(member).removesuffix(b"\n")
