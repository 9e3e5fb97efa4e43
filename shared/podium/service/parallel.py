"""Doing the same to many workflows within one request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from podium.ports import Home
from podium.threads import map_in_threads

PATIENCE = 20_000
"""Milliseconds that a request may spend on its workflows.

API Gateway gives it 30 s, and what is under way then has yet to end.
"""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_each(
    home: Home, work: Callable[[_Item], _Result], items: Sequence[_Item]
) -> list[_Result]:
    """Return the result for each item, in their order.

    As many are worked on at once as the home can use: requests to AWS wait for answers,
    statements of SQLite for each other.
    """
    return map_in_threads(home.requests_at_once, work, items)
