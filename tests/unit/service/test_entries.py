"""Entries as bytes: compressed, split, or kept outside (design 4)."""

import os
import zlib

import pytest
from msgspec import Raw

from decisions import BEGIN
from podium.decider.events import Entry, TaskSettled, TaskUpdated
from podium.errors import Unavailable
from podium.model.task import TaskStatus
from podium.service.entries import (
    ENTRY_LIMIT,
    entry_path,
    pack,
    pack_entry,
    read_entry,
    split,
    unpack,
)

KB = 1_000


class Payloads(dict):
    """The port, in memory."""

    def put(self, path, document):
        self[path] = document


def _noise(size):
    """Return JSON that no compression makes smaller."""
    return Raw(b'{"x":"%s"}' % os.urandom(size // 2).hex().encode())


def _update(seq, output):
    return TaskUpdated(seq=seq, status=TaskStatus.COMPLETED, output=output)


def _entry(*events):
    return Entry(at=BEGIN, events=events, armed=7, by="me")


@pytest.mark.parametrize("size", [10, 2_000, 200 * KB])
def test_text_comes_back_as_it_was(size):
    text = b"x" * size

    assert text == unpack(pack(text), Payloads())


def test_longer_text_is_compressed():
    assert b"z" == pack(b"x" * 700)[:1]
    assert b"j" == pack(b"x" * 699)[:1]
    assert len(pack(b"x" * 200 * KB)) < KB


def test_what_is_too_large_is_written_outside_first():
    payloads = Payloads()
    text = os.urandom(ENTRY_LIMIT + 1)
    stored = pack_entry("w", 7, text, payloads)
    path = entry_path("w", 7, text)

    assert b"p" + path.encode() == stored
    assert text == zlib.decompress(payloads[path][1:])
    assert text == unpack(stored, payloads)


def test_a_document_outside_that_is_gone_is_unavailable():
    with pytest.raises(Unavailable, match="a/path"):
        unpack(b"pa/path", Payloads())


def test_a_small_decision_is_one_entry():
    entry = _entry(_update(1, Raw(b"{}")), TaskSettled(seq=1))

    assert [entry] == [part for part, _ in split(entry)]


@pytest.mark.parametrize(("events", "size"), [(10, 100 * KB), (5_000, 500)])
def test_a_large_decision_is_several_entries_in_order(events, size):
    entry = _entry(*(_update(n, _noise(size)) for n in range(events)))
    parts = list(split(entry))

    assert entry.events == tuple(e for part, _ in parts for e in part.events)
    assert all(len(text) <= ENTRY_LIMIT for _, text in parts)
    assert {(BEGIN, 7, "me")} == {(one.at, one.armed, one.by) for one, _ in parts}
    assert [part for part, _ in parts] == [
        read_entry(pack(text), Payloads()) for _, text in parts
    ]


def test_an_event_that_is_too_large_stands_alone():
    big = _update(2, _noise(2 * ENTRY_LIMIT))
    entry = _entry(TaskSettled(seq=1), big, TaskSettled(seq=3))
    parts = list(split(entry))

    assert entry.events == tuple(e for part, _ in parts for e in part.events)
    assert [(big,)] == [part.events for part, text in parts if len(text) > ENTRY_LIMIT]
