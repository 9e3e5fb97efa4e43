"""Lines compressed one by one: an ordinary file as a whole, a line in each part."""

import gzip

import pytest

from podium.adapters.gzip_lines import pack_lines, unpack_line
from podium.sinks import ArchivedAt

LINES = [b'{"n": %d}' % number for number in range(10)]


def test_whoever_reads_the_object_reads_lines():
    content, _ = pack_lines("p", LINES)

    assert LINES == gzip.decompress(content).splitlines()


def test_each_part_is_a_line():
    content, places = pack_lines("p", LINES)

    parts = [content[one.offset : one.offset + one.length] for one in places]
    assert LINES == [unpack_line(part) for part in parts]


def test_the_same_lines_are_the_same_bytes():
    assert pack_lines("p", LINES) == pack_lines("p", LINES)


@pytest.mark.parametrize("path", ["p", "archive/date=2026-11-24/a#b+c.jsonl.gz"])
def test_a_place_comes_back_from_its_text(path):
    place = ArchivedAt(path, 12, 345)

    assert place == ArchivedAt.from_text(str(place))
