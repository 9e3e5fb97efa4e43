"""The port of limits: numbered places, and the line of those who wait for one.

A limit of five has the places 0 to 4, each an item of its own that one holder has.  So
nothing is counted that could drift: whoever writes a free place has it, by the
condition on what stands there, and no more can be had than there are.  What a limit
means, how long a place is kept and who is next are the service's to know
(:mod:`podium.service.slots`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a limit and who has it, in whatever words the limit has for that.

    At ``until`` it is free, or to be looked after: the limit says which.
    """

    limit: str
    number: int
    holder: str
    until: int


@dataclass(frozen=True, slots=True)
class Waiter:
    """Who stands in line for a place, as the holder that he would be.

    Higher priority comes first, then who has waited longer.  He gives way to those
    before him only as long as the limit is ``most``.  ``queue`` is where his message
    belongs, empty where it is no task's.
    """

    limit: str
    holder: str
    most: int
    since: int
    priority: int = 0
    queue: str = ""


class Limits(Protocol):
    """Places and lines, by the name of their limit; reads are strongly consistent."""

    def places(self, limit: str) -> list[Place]:
        """Return the places that somebody has, by number."""
        ...

    def occupy(self, place: Place, instead_of: Place | None = None) -> bool:
        """Write a place if it stands as it was read: nobody's, or ``instead_of``."""
        ...

    def vacate(self, place: Place) -> bool:
        """Make a place nobody's if it stands as it was read."""
        ...

    def wait(self, waiter: Waiter) -> None:
        """Stand in line; who stands there keeps his position."""
        ...

    def waiting(self, limit: str, count: int) -> list[Waiter]:
        """Return up to ``count`` from the head of the line."""
        ...

    def leave(self, waiter: Waiter) -> None:
        """Leave the line, or not stand in it."""
        ...
