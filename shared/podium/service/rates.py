"""Rates: so many beginnings within any window of time (reference 4.7).

A limit of five within ten seconds has five places, and whoever begins has one for ten
seconds.  So within any ten seconds five begin, however they lie; and when the sixth may
begin is known to the millisecond.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from podium.errors import Unavailable
from podium.limits import Place
from podium.ports import Home

_TRIES = 50
_BITS = 32


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``most`` beginnings within any ``window`` milliseconds."""

    limit: str
    most: int
    window: int


class Rates:
    """Counts beginnings."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def next_free(self, rate: Rate) -> int:
        """Return when the next may begin, 0 for now."""
        return _next_free(rate, self._busy(rate, self._home.clock.now()))

    def begin(self, rate: Rate, holder: str) -> int:
        """Count a beginning and return 0, or return when the next may be.

        Whoever has just begun is not counted twice.
        """
        for _ in range(_TRIES):
            now = self._home.clock.now()
            places = self._home.limits.places(rate.limit)
            busy = [one for one in places if one.until > now]
            if any(one.holder == holder for one in busy):
                return 0
            later = _next_free(rate, busy)
            if later:
                return later
            number = self._draw_free(rate, busy)
            place = Place(rate.limit, number, holder, now + rate.window)
            old = next((one for one in places if one.number == number), None)
            if self._home.limits.occupy(place, old):
                return 0
        raise Unavailable(f"Limit {rate.limit} is too busy, try again")

    def _busy(self, rate: Rate, now: int) -> list[Place]:
        places = self._home.limits.places(rate.limit)
        return [one for one in places if one.until > now]

    def _draw_free(self, rate: Rate, busy: Collection[Place]) -> int:
        """Return a free place: any of them, so that those who look do not collide."""
        taken = {one.number for one in busy}
        free = [number for number in range(rate.most) if number not in taken]
        return free[self._home.draw(_BITS) % len(free)]


def _next_free(rate: Rate, busy: Collection[Place]) -> int:
    """Return when one fewer than ``most`` of the places are busy, 0 for now."""
    over = len(busy) - rate.most
    return sorted(one.until for one in busy)[over] if over >= 0 else 0
