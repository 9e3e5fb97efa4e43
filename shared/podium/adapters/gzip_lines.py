"""JSON lines in one gzip stream, each readable by itself: an object of the archive.

After each line the compressor is flushed and forgets what came before.  So the object
is an ordinary ``.jsonl.gz``, and the bytes of a line, taken out of it, are a piece of
DEFLATE that needs nothing before or after.  (A gzip file per line, one after the other,
would be gzip too, but not every reader goes on behind the first: some that query
objects with SQL have lost rows that way without a word.)
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from podium.sinks import ArchivedAt

_LEVEL = 6
_GZIP, _BARE = 31, -15
"""zlib's numbers for a stream with gzip's header and trailer, and for one without."""


def pack_lines(path: str, lines: Sequence[bytes]) -> tuple[bytes, list[ArchivedAt]]:
    """Return the content of an object, and where in it each line is.

    The same lines are always the same bytes.
    """
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    content = bytearray(packer.flush(zlib.Z_FULL_FLUSH))
    places: list[ArchivedAt] = []
    for line in lines:
        offset = len(content)
        content += packer.compress(line + b"\n")
        content += packer.flush(zlib.Z_FULL_FLUSH)
        places.append(ArchivedAt(path, offset, len(content) - offset))
    content += packer.flush()
    return bytes(content), places


def unpack_line(part: bytes) -> bytes:
    """Return the line that a range of an object holds; ValueError where it is cut."""
    line = zlib.decompressobj(_BARE).decompress(part)
    if not line.endswith(b"\n"):
        raise ValueError("a line of the archive is not whole")
    return line.removesuffix(b"\n")
