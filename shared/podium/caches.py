"""The cache of task outputs as a port: what ``cacheConfig`` remembers (reference 4.11).

An output is remembered by task name and key until it expires.  Nothing depends on it
being there: what is not found is worked out again.
"""

from __future__ import annotations

from typing import Protocol


class OutputCache(Protocol):
    """Outputs of tasks that have been completed, by task name and key."""

    def put(self, name: str, key: str, output: bytes, expires: int) -> None:
        """Remember an output until ``expires``, in place of the one before.

        One that is too large for the store is not remembered.
        """
        ...

    def find(self, name: str, key: str, now: int) -> bytes | None:
        """Return what is remembered and has not expired."""
        ...
