"""Where in a JSON text each value stands: what the decoder does not tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.decoder import scanstring  # type: ignore[attr-defined] # as json.tool has it
from typing import NamedTuple

from podium.linting.findings import Steps

_BLANK = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


class Position(NamedTuple):
    """A line and a column, both from 1."""

    line: int
    column: int


def positions(text: str) -> Mapping[Steps, Position]:
    """Return where each value of a well-formed JSON text stands.

    A member of an object stands where its key does.
    """
    return _Scan(text).found


class _Scan:
    """One pass over a text that :mod:`json` has decoded before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._line = 0
        self.found: dict[Steps, Position] = {}
        self._note((), self._skip(0))
        self._value((), 0)

    def _note(self, steps: Steps, at: int) -> None:
        """Remember a place; places come in their order, so the line only grows."""
        while self._line + 1 < len(self._lines) and self._lines[self._line + 1] <= at:
            self._line += 1
        self.found[steps] = Position(self._line + 1, at - self._lines[self._line] + 1)

    def _skip(self, at: int) -> int:
        found = _BLANK.match(self._text, at)
        return at if found is None else found.end()

    def _value(self, steps: Steps, at: int) -> int:
        """Pass the value at a place and return where it ends."""
        at = self._skip(at)
        match self._text[at]:
            case "{":
                return self._object(steps, at)
            case "[":
                return self._array(steps, at)
            case '"':
                return int(scanstring(self._text, at + 1)[1])
        found = _SCALAR.match(self._text, at)
        return at if found is None else found.end()

    def _object(self, steps: Steps, at: int) -> int:
        at = self._skip(at + 1)
        while self._text[at] != "}":
            key, end = scanstring(self._text, at + 1)
            self._note((*steps, key), at)
            at = self._skip(self._value((*steps, key), self._skip(end) + 1))
            at = self._skip(at + 1) if self._text[at] == "," else at
        return at + 1

    def _array(self, steps: Steps, at: int) -> int:
        at = self._skip(at + 1)
        number = 0
        while self._text[at] != "]":
            self._note((*steps, number), at)
            at = self._skip(self._value((*steps, number), at))
            at = self._skip(at + 1) if self._text[at] == "," else at
            number += 1
        return at + 1


def nearest(found: Mapping[Steps, Position], steps: Steps) -> Position:
    """Return where a value stands, or what it would be in where it is not written."""
    while steps not in found:
        steps = steps[:-1]
    return found[steps]


def decode(text: str) -> object:
    """Decode a text; json.JSONDecodeError says where it is no JSON."""
    value: object = json.loads(text)
    return value
