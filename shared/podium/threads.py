"""Requests side by side: most of the time of each is waiting for its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_in_threads(
    threads: int, work: Callable[[_Item], _Result], items: Sequence[_Item]
) -> list[_Result]:
    """Return the result for each item, in their order; with one thread, one by one."""
    threads = min(threads, len(items))
    if threads <= 1:
        return [work(one) for one in items]
    with ThreadPoolExecutor(threads, thread_name_prefix="each") as pool:
        return list(pool.map(work, items))
