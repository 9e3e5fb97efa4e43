"""JSON values of any depth, walked without recursion.

A document may be nested as deeply as the parser reads, which is deeper than Python's
own calls may be: whoever called himself for each level could be stopped by a value that
somebody sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

DEEPEST = 800
"""Levels of lists and maps that what is made or fetched here may have.

The parser takes as many as Python's calls have left: what it just took in one place it
would refuse in another, to which more calls lead.
"""

Change: TypeAlias = Callable[[str | None, Any], Any]
"""Takes a value and its name, None in a list; returns it, or what to put there."""


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a value, names apart, in no order."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, list):
            todo += one


def is_too_deep(text: str, value: Any) -> bool:
    """Tell whether a value, whose JSON is ``text``, has too many levels."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return False
        level = [one for holder in level for _, _, one in _members(holder)]
    return True


def changed(value: Any, change: Change) -> Any:
    """Return a copy of a value in which all is as ``change`` says.

    What it puts anew is not looked into.
    """
    root = [value]
    todo: list[Any] = [root]
    while todo:
        holder = todo.pop()
        for place, name, one in _members(holder):
            made = change(name, one)
            if made is one and isinstance(one, dict | list):
                made = one.copy()
                todo.append(made)
            holder[place] = made
    return root[0]


def _members(holder: Any) -> Iterable[tuple[Any, str | None, Any]]:
    if isinstance(holder, dict):
        return [(name, name, one) for name, one in holder.items()]
    return [(place, None, one) for place, one in enumerate(holder)]
