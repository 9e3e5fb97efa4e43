"""``${workflow.secrets.NAME[.path]}``: literal wherever it is kept (reference 4.12).

A template leaves it as it is written.  Whoever hands an input on to where it is needed
reveals it in a copy; what comes back of it in words is concealed again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from podium.expressions.paths import compile_path, walk
from podium.expressions.template import java_string
from podium.nested import changed, texts

_MARK = "${workflow.secrets."
_REFERENCE = re.compile(r"\$\{workflow\.secrets\.([^}]+)\}")


def names_in(value: Any) -> frozenset[str]:
    """Return the names of the secrets that a JSON value refers to."""
    return frozenset(_name_of(found) for found in _references(value))


def _references(value: Any) -> Iterator[str]:
    for text in texts(value):
        if _MARK in text:
            yield from _REFERENCE.findall(text)


def reveal(value: Any, secrets: Mapping[str, str]) -> Any:
    """Return a copy with every reference replaced.

    One that is the whole text keeps its type, and is null where there is no such
    secret; within a longer text that is the empty text, as in Conductor.
    """

    def shown(_name: str | None, one: Any) -> Any:
        is_marked = isinstance(one, str) and _MARK in one
        return _reveal_text(one, secrets) if is_marked else one

    return changed(value, shown)


def _reveal_text(text: str, secrets: Mapping[str, str]) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole is not None:
        return _value_of(whole[1], secrets)

    def write(found: re.Match[str]) -> str:
        value = _value_of(found[1], secrets)
        return "" if value is None else java_string(value)

    return _REFERENCE.sub(write, text)


def conceal(text: str | None, secrets: Mapping[str, str]) -> str | None:
    """Return a text in which the values of secrets are references again."""
    shown = {one: name for name in secrets for one in _shown_values(secrets[name])}
    if not text or not shown:
        return text
    longest_first = sorted(shown, key=len, reverse=True)
    values = re.compile("|".join(map(re.escape, longest_first)))
    return values.sub(lambda found: f"{_MARK}{shown[found[0]]}}}", text)


def _shown_values(value: str) -> Iterator[str]:
    """Yield what may be seen of a secret: itself, or the texts in its document."""
    if value:
        yield value
    try:
        document = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return
    if isinstance(document, dict | list):
        yield from _texts(document)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif value not in (None, True, False, ""):
        yield str(value)


def _name_of(reference: str) -> str:
    return reference.partition(".")[0]


def _value_of(reference: str, secrets: Mapping[str, str]) -> Any:
    """Return a secret, or what is at a path in the JSON document that it holds."""
    name, dot, text = reference.partition(".")
    value = secrets.get(name)
    if value is None or not dot:
        return value
    path = compile_path(text)
    if path is None:
        return None
    try:
        found = walk(msgspec.json.decode(value), path.steps)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if path.tail is None else path.tail(found)
