"""Lines in one compressed stream: an ordinary file as a whole, a line in each part."""

import gzip
import random
import zlib

import pytest

from podium.adapters.gzip_lines import pack_lines, unpack_line
from podium.sinks import ArchivedAt

LINES = [b'{"n": %d, "same": "%s"}' % (number, b"x" * 500) for number in range(50)]


def parts_of(lines):
    content, places = pack_lines("p", lines)
    return [content[one.offset : one.offset + one.length] for one in places]


def test_whoever_reads_the_object_reads_lines():
    content, _ = pack_lines("p", LINES)

    assert LINES == gzip.decompress(content).splitlines()


def test_the_object_is_one_stream_which_any_reader_reads_to_its_end():
    content, _ = pack_lines("p", LINES)
    reader = zlib.decompressobj(31)

    assert b"\n".join(LINES) + b"\n" == reader.decompress(content)
    assert (True, b"") == (reader.eof, reader.unused_data)


def test_each_part_is_a_line_in_whatever_order_they_are_read():
    parts = list(enumerate(parts_of(LINES)))
    random.Random(1).shuffle(parts)

    assert all(LINES[number] == unpack_line(part) for number, part in parts)


@pytest.mark.parametrize(
    "line", [b"", b"x", random.Random(2).randbytes(400_000).replace(b"\n", b"")]
)
def test_a_line_may_be_empty_or_large_or_not_compress_at_all(line):
    assert [LINES[0], line, LINES[1]] == [
        unpack_line(part) for part in parts_of([LINES[0], line, LINES[1]])
    ]


def test_no_lines_are_an_empty_file():
    content, places = pack_lines("p", [])

    assert (b"", []) == (gzip.decompress(content), places)


def test_a_part_that_is_cut_is_no_line():
    [part] = parts_of(LINES[:1])

    with pytest.raises(ValueError, match="not whole"):
        unpack_line(part[:20])


def test_the_same_lines_are_the_same_bytes():
    assert pack_lines("p", LINES) == pack_lines("p", LINES)


@pytest.mark.parametrize("path", ["p", "archive/date=2026-11-24/a#b+c.jsonl.gz"])
def test_a_place_comes_back_from_its_text(path):
    place = ArchivedAt(path, 12, 345)

    assert place == ArchivedAt.from_text(str(place))
