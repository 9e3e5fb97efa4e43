"""The contract of the archive."""

import pytest

from podium.sinks import ArchivedAt

PATH = "archive/date=2026-11-24/some.jsonl.gz"
LINES = [b'{"n": %d}' % number for number in range(10)]


def test_each_line_is_read_by_itself(home):
    places = home.archive.write_batch(PATH, LINES)

    assert LINES == [home.archive.read(place) for place in places]
    assert {PATH} == {place.path for place in places}


def test_there_is_nothing_where_nothing_was_written(home):
    assert home.archive.read(ArchivedAt("archive/date=2026-11-24/none", 0, 10)) is None


def test_the_same_path_is_the_same_object(home):
    first = home.archive.write_batch(PATH, LINES)
    second = home.archive.write_batch(PATH, LINES)

    assert first == second
    assert LINES == [home.archive.read(place) for place in second]


@pytest.mark.parametrize("line", [b"", b"x", "ü€".encode(), b"x" * 3_000_000])
def test_a_line_may_be_anything_but_a_line_break(home, line):
    places = home.archive.write_batch(PATH, [b"before", line, b"after"])

    assert line == home.archive.read(places[1])


def test_lines_lie_one_after_the_other(home):
    """So the object is the lines, whoever reads it."""
    places = home.archive.write_batch(PATH, LINES)

    ends = [place.offset + place.length for place in places]
    assert ends[:-1] == [place.offset for place in places[1:]]
