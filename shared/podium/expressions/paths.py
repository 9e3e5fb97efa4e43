"""JSONPath as Conductor's library reads it (reference 4.12).

A path is compiled once into *steps*, plain properties and indices, which are walked
here in microseconds; and a *tail* from the first thing that is more than that
(wildcard, slice, filter, ``..``, function), which is given to the JSONPath library.

What the library that Conductor uses (Jayway) does, and this does too: a definite path
that leads nowhere is null, an indefinite one gives a list; a property of anything but
a map is missing, and so is an index of anything but a list; an invalid path is null.
Its filter operators ``nin``, ``subsetof``, ``anyof``, ``noneof``, ``size`` and
``empty`` are not known here and make a path invalid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from podium.expressions.path_functions import FUNCTIONS

Step: TypeAlias = str | int

_PROPERTY = re.compile(r"\.([^.\[\]()\s]+)")
_FUNCTION = re.compile(r"\.([a-z]+)\(\s*\)$")
_INDEX = re.compile(r"\[\s*(-?[0-9]+)\s*\]")
_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_KEYS = re.compile(rf"\[\s*((?:{_QUOTED})(?:\s*,\s*(?:{_QUOTED}))*)\s*\]")
_KEY = re.compile(_QUOTED)
_WILDCARD = re.compile(r"\.\*|\[\s*\*\s*\]")
_ESCAPE = re.compile(r"\\(.)")
_METHOD_IN_FILTER = re.compile(r"(@[\w.\[\]'\"-]*?)\.(?:length|size)\(\)")


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path: plain steps, and what comes after them, if anything."""

    steps: tuple[Step, ...]
    tail: Callable[[Any], Any] | None = None


class _Invalid(Exception):
    """The text is no path."""


def walk(value: Any, steps: Sequence[Step]) -> Any:
    """Return what is at the end of the steps, None where they lead nowhere."""
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        elif isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def compile_path(text: str) -> Path | None:
    """Return the path that a text is, None where it is none."""
    try:
        return _Reading(text.strip()).path()
    except _Invalid:
        return None


class _Reading:
    """One pass over a path's text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._steps: list[Step] = []
        self._tail: list[str] = []
        self._picked: tuple[str, ...] = ()
        self._function: str | None = None

    def path(self) -> Path:
        self._begin()
        while self._at < len(self._text):
            if self._picked or self._function:
                self._spread_picked()
            self._token()
        return Path(tuple(self._steps), self._compile_tail())

    def _begin(self) -> None:
        """Pass the root; ``a.b`` means ``$.a.b``."""
        if self._text[:1] in ("$", "@"):
            self._at = 1
            if self._text[1:2] not in ("", ".", "["):
                raise _Invalid
        elif not self._text.startswith("["):
            self._text = f".{self._text}"

    def _token(self) -> None:
        if self._text.startswith("..", self._at):
            self._scan()
        elif self._text.startswith(".[", self._at):
            self._at += 1
        elif found := _WILDCARD.match(self._text, self._at):
            self._take(found, "[*]")
        elif found := _FUNCTION.match(self._text, self._at):
            if found[1] not in FUNCTIONS:
                raise _Invalid
            self._function = found[1]
            self._at = found.end()
        elif found := _PROPERTY.match(self._text, self._at):
            self._at = found.end()
            self._step(found[1])
        elif found := _INDEX.match(self._text, self._at):
            self._at = found.end()
            self._step(int(found[1]))
        elif found := _KEYS.match(self._text, self._at):
            self._keys(found)
        else:
            self._bracket()

    def _step(self, step: Step) -> None:
        if self._tail:
            self._tail.append(_bracketed(step))
        else:
            self._steps.append(step)

    def _take(self, found: re.Match[str], as_text: str) -> None:
        self._at = found.end()
        self._tail.append(as_text)

    def _scan(self) -> None:
        """Pass ``..``; what it looks for follows, with its dot left out."""
        self._at += 2
        if self._at == len(self._text):
            raise _Invalid
        self._tail.append("..")
        if self._text[self._at] != "[":
            self._at -= 1

    def _keys(self, found: re.Match[str]) -> None:
        keys = [_unquoted(key) for key in _KEY.findall(found[1])]
        self._at = found.end()
        if len(keys) == 1:
            self._step(keys[0])
        elif self._tail:
            self._tail.append(_union(keys))
        else:
            self._picked = tuple(keys)

    def _spread_picked(self) -> None:
        """Several keys make a map at the end of a path, a list within it."""
        if self._function:
            raise _Invalid
        self._tail.append(_union(self._picked))
        self._picked = ()

    def _bracket(self) -> None:
        """Pass a filter, a slice or a list of indices as it is written."""
        end = _closing(self._text, self._at)
        inside = self._text[self._at : end]
        self._at = end
        self._tail.append(_METHOD_IN_FILTER.sub(r"length(\1)", inside))

    def _compile_tail(self) -> Callable[[Any], Any] | None:
        if self._picked:
            return _Pick(self._picked)
        function = FUNCTIONS[self._function] if self._function else None
        if self._tail:
            return _Query("".join(["$", *self._tail]), function)
        return function


def _bracketed(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    escaped = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _union(keys: Sequence[str]) -> str:
    return f"[{','.join(_bracketed(key)[1:-1] for key in keys)}]"


def _unquoted(key: str) -> str:
    return _ESCAPE.sub(r"\1", key[1:-1])


def _closing(text: str, start: int) -> int:
    """Return the place after the bracket that closes the one at ``start``."""
    depth = 0
    quote = ""
    if text[start] != "[":
        raise _Invalid
    for at in range(start, len(text)):
        char = text[at]
        if quote:
            if char == quote and text[at - 1] != "\\":
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if not depth:
                return at + 1
    raise _Invalid


@dataclass(frozen=True, slots=True)
class _Pick:
    """``['a', 'b']`` at the end of a path: a map of those that are there."""

    keys: tuple[str, ...]

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        return {key: value[key] for key in self.keys if key in value}


@dataclass(frozen=True, slots=True)
class _Query:
    """The part of a path that the library answers, and the function after it."""

    text: str
    function: Callable[[Any], Any] | None

    def __call__(self, value: Any) -> Any:
        find = _library_query(self.text)
        if find is None:
            return None
        found = find(value)
        return found if self.function is None else self.function(found)


@lru_cache(maxsize=1024)
def _library_query(text: str) -> Callable[[Any], list[Any]] | None:
    """Return the library's query, None where it finds the text invalid.

    It is imported on first use: most definitions never need it, and it takes longer
    to import than a decision takes.
    """
    import jsonpath

    from podium.expressions.path_environment import ENVIRONMENT

    # Of numbers, patterns and depths that it cannot read it tells in Python's words.
    fails = (
        jsonpath.JSONPathError,
        re.error,
        ArithmeticError,
        ValueError,
        RecursionError,
    )
    try:
        compiled = ENVIRONMENT.compile(text)
    except fails:
        return None

    def find(value: Any) -> list[Any]:
        try:
            return list(compiled.findall(value))
        except fails:
            return []

    return find
