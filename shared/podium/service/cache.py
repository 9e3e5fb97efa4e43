"""What a warm process still knows: folded states and decoded entries.

What was used longest ago goes first.

Neither is ever stale in a way that matters: entries never change, and a state that
others have moved on is caught up from the journal at every load (design 4).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class BoundedCache(Generic[_K, _V]):
    """A mapping that forgets what was used longest ago once its weight is over."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._weight = 0
        self._items: OrderedDict[_K, tuple[_V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _K) -> _V | None:
        """Return the value and count it as used."""
        with self._lock:
            found = self._items.get(key)
            if found is None:
                return None
            self._items.move_to_end(key)
            return found[0]

    def put(self, key: _K, value: _V, weight: int = 1) -> None:
        """Keep a value; what is heavier than all the room is not kept."""
        with self._lock:
            self._drop(key)
            if weight > self._capacity:
                return
            self._items[key] = (value, weight)
            self._weight += weight
            while self._weight > self._capacity:
                _, (_, lightened) = self._items.popitem(last=False)
                self._weight -= lightened

    def discard(self, key: _K) -> None:
        """Forget a key."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: _K) -> None:
        found = self._items.pop(key, None)
        if found is not None:
            self._weight -= found[1]
