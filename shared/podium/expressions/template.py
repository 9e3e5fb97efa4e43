"""``${...}`` in a definition: what stands there, and what becomes of it (4.12, 11).

A template is compiled once per definition.  What holds no expression is kept as it is
and costs nothing; what holds some becomes a function of a :class:`Source`, the world
that its paths lead into.  Values are shared, not copied: treat them as read-only.

An expression begins at ``${`` and ends at the brace that closes it.  Where one is the
whole text, its value keeps its type; within a longer text it becomes text, as Java
writes it.  ``$${`` is ``${`` that is meant literally.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any

from podium.expressions.references import Resolve, Source, reader

__all__ = ["Source", "Template", "compile_template", "java_string"]

_DEEPEST = 32
# Paths made at run time are kept compiled: whole documents among them would add up.
_LONGEST = 4_000


class Template:
    """A compiled JSON value."""

    __slots__ = ("_resolve", "_value")

    def __init__(self, value: Any, resolve: Resolve | None) -> None:
        self._value = value
        self._resolve = resolve

    def resolve(self, source: Source) -> Any:
        """Return the value with every expression replaced by what it stands for."""
        return self._value if self._resolve is None else self._resolve(source)


def compile_template(value: Any) -> Template:
    """Return the compiled form of any JSON value."""
    return Template(value, _compile(value))


def _compile(value: Any) -> Resolve | None:
    """Return how the value is resolved, None where it is what it is."""
    if isinstance(value, str):
        return _compile_text(value)
    if isinstance(value, dict):
        return _compile_map(value)
    if isinstance(value, list | tuple):
        return _compile_list(value)
    return None


def _compile_map(value: dict[str, Any]) -> Resolve | None:
    compiled = ((key, _compile(item)) for key, item in value.items())
    dynamic = [(key, resolve) for key, resolve in compiled if resolve is not None]
    if not dynamic:
        return None

    def resolve_map(source: Source) -> dict[str, Any]:
        result = value.copy()
        for key, resolve in dynamic:
            result[key] = resolve(source)
        return result

    return resolve_map


def _compile_list(value: Collection[Any]) -> Resolve | None:
    compiled = [_compile(item) for item in value]
    dynamic = [(at, resolve) for at, resolve in enumerate(compiled) if resolve]
    if not dynamic:
        return None

    def resolve_list(source: Source) -> list[Any]:
        result = list(value)
        for at, resolve in dynamic:
            result[at] = resolve(source)
        return result

    return resolve_list


# --- texts -------------------------------------------------------------------------


def _compile_text(text: str, depth: int = 0) -> Resolve | None:
    if "${" not in text:
        return None
    pieces = [
        _reference(piece, depth) if expression else piece.replace("$${", "${")
        for expression, piece in _split(text)
    ]
    if len(pieces) == 1 and not depth:
        only = pieces[0]
        return only if callable(only) else lambda _source: only
    return _joined(pieces)


def _joined(pieces: list[str | Resolve]) -> Resolve:
    def resolve_text(source: Source) -> str:
        return "".join(
            [
                piece if isinstance(piece, str) else java_string(piece(source))
                for piece in pieces
            ]
        )

    return resolve_text


def _split(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the pieces of a text in order: is it an expression, and what is it."""
    closing = _closing_braces(text)
    done = at = 0
    while (at := text.find("${", at)) >= 0:
        end = closing.get(at + 1)
        if end is None or (at and text[at - 1] == "$"):
            at += 2
            continue
        if at > done:
            yield False, text[done:at]
        yield True, text[at : end + 1]
        done = at = end + 1
    if done < len(text):
        yield False, text[done:]


def _closing_braces(text: str) -> dict[int, int]:
    """Return for each opening brace the place of the one that closes it."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for at, char in enumerate(text):
        if char == "{":
            opened.append(at)
        elif char == "}" and opened:
            pairs[opened.pop()] = at
    return pairs


def _reference(written: str, depth: int) -> Resolve:
    """Compile one ``${...}``; one that holds others is known when they are."""
    inside = written[2:-1]
    resolve_inside = _compile_text(inside, depth + 1) if depth < _DEEPEST else None
    if resolve_inside is None:
        return reader(inside, written)

    def resolve_nested(source: Source) -> Any:
        path = resolve_inside(source)
        return reader(path, written)(source) if len(path) <= _LONGEST else None

    return resolve_nested


# --- values as texts ---------------------------------------------------------------


def java_string(value: Any) -> str:
    """Return a JSON value as Java's ``String.valueOf`` writes it."""
    try:
        return _java_string(value)
    except RecursionError:
        return "".join(_java_pieces(value))


def _java_string(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _java_double(value)
        case dict():
            pairs = (f"{key}={_java_string(item)}" for key, item in value.items())
            return f"{{{', '.join(pairs)}}}"
        case list() | tuple():
            return f"[{', '.join(map(_java_string, value))}]"
    return str(value)


def _java_pieces(value: Any) -> Iterator[str]:
    """Yield the same in pieces, slower, however deeply the value is nested."""
    todo = [value]  # the next one last; texts between values are texts among them
    while todo:
        one = todo.pop()
        match one:
            case dict():
                pairs = [[f"{key}=", item] for key, item in one.items()]
                todo += _written("{", pairs, "}")
            case list() | tuple():
                todo += _written("[", [[item] for item in one], "]")
            case _:
                yield _java_string(one)


def _written(first: str, members: list[list[Any]], last: str) -> list[Any]:
    """Return what is to be written of a list or a map, backwards."""
    made: list[Any] = [first]
    for position, member in enumerate(members):
        made += [", ", *member] if position else member
    return [last, *reversed(made)]


def _java_double(value: float) -> str:
    """Return a double as Java writes it: ``2.0``, and ``1.0E7`` from there on."""
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    size = abs(value)
    if size == float("inf"):
        return "Infinity" if value > 0 else "-Infinity"
    if 1e-3 <= size < 1e7 or not size:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    power = len(digits) - 1 + int(exponent)
    return f"{'-' * sign}{written[0]}.{written[1:] or '0'}E{power}"
