"""Slots: at most so many at once, and who is next (reference 4.7, 4.11, design 9).

A slot is a place of a limit (:mod:`podium.limits`).  Whoever finds none free stands in
line.  A slot that is given back is handed to the first in line, not left for whoever
comes by: nobody starves, and no moment passes in which it is free while somebody waits.
The one who has it is then called.

What a crash leaves behind is found by those who need it.  A place has a time at which
it is looked after; who finds no free place looks whether those whose time has come are
held rightfully, and hands on the others.  On AWS somebody may also begin to wait in the
moment in which a slot is given back to nobody; he asks again within a minute.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from podium.errors import Unavailable
from podium.limits import Place, Waiter
from podium.ports import Home

HANDED_OVER_FOR = 30_000
"""Milliseconds in which who was called is to come for his slot."""
LOOKED_AFTER_EVERY = 60_000
_TRIES = 50
_FEW = 10
_BITS = 32


class Holders(Protocol):
    """What a kind of limit knows of those who have its slots, or wait for them."""

    def is_held(self, holder: str) -> bool:
        """Tell whether the holder still is to have a slot."""
        ...

    def is_waiting(self, waiter: Waiter) -> bool:
        """Tell whether who stands in line still wants a slot."""
        ...

    def call(self, waiter: Waiter) -> None:
        """Tell the first in line that he has a slot now."""
        ...


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one kind of limit."""

    home: Home
    holders: Holders

    def take(self, waiter: Waiter, hold: int) -> bool:
        """Take a slot, or keep the one there is; otherwise stand in line.

        It is looked after for the first time after ``hold`` milliseconds.
        """
        if self._take(waiter, hold):
            return True
        self.home.limits.wait(waiter)
        # One that came free in between was given to nobody.
        if not self._take(waiter, hold):
            return False
        self.home.limits.leave(waiter)
        return True

    def take_now(self, waiter: Waiter, hold: int) -> bool:
        """Take a slot, or keep the one there is; False where there is none."""
        return self._take(waiter, hold)

    def free(self, limit: str, holders: Collection[str]) -> None:
        """Give back what slots these holders have; twice is once."""
        places = self.home.limits.places(limit)
        for place in [one for one in places if one.holder in holders]:
            self._hand_on(place, places)
            places.remove(place)

    # --- taking ----------------------------------------------------------------

    def _take(self, waiter: Waiter, hold: int) -> bool:
        limits = self.home.limits
        for _ in range(_TRIES):
            now = self.home.clock.now()
            places = limits.places(waiter.limit)
            own = next((one for one in places if one.holder == waiter.holder), None)
            if own is not None:
                if own.until >= now + hold:
                    return True
                if limits.occupy(replace(own, until=now + hold), own):
                    return True
            elif len(places) < waiter.most:
                number = self._draw_free(places, waiter.most)
                place = Place(waiter.limit, number, waiter.holder, now + hold)
                if limits.occupy(place):
                    return True
            elif not self._look_after(places, now):
                return False
        raise Unavailable(f"Limit {waiter.limit} is too busy, try again")

    def _draw_free(self, places: Collection[Place], most: int) -> int:
        """Return a free place: any of them, so that those who look do not collide."""
        taken = {one.number for one in places}
        free = [number for number in range(most) if number not in taken]
        return free[self.home.draw(_BITS) % len(free)]

    # --- giving back -----------------------------------------------------------

    def _hand_on(self, place: Place, places: Collection[Place]) -> None:
        """Give a place to the first in line, or to nobody.

        ``places`` are those that were taken, this one among them.
        """
        limits = self.home.limits
        others = {one.holder for one in places if one != place}
        while line := limits.waiting(place.limit, _FEW):
            for waiter in line:
                if waiter.most <= len(others):
                    limits.vacate(place)
                    return
                if waiter.holder not in others and self.holders.is_waiting(waiter):
                    self._hand_over(place, waiter)
                    return
                limits.leave(waiter)
        limits.vacate(place)

    def _hand_over(self, place: Place, waiter: Waiter) -> None:
        """Give a place to who waits and call him; then he need not wait any more.

        In this order he still stands in line where something is lost.
        """
        until = self.home.clock.now() + HANDED_OVER_FOR
        given = replace(place, holder=waiter.holder, until=until)
        if self.home.limits.occupy(given, place):
            self.holders.call(waiter)
            self.home.limits.leave(waiter)

    # --- what a crash left -----------------------------------------------------

    def _look_after(self, places: Collection[Place], now: int) -> bool:
        """Look at places whose time has come; tell whether any changed hands."""
        has_changed = False
        for place in places:
            if place.until > now:
                continue
            if self.holders.is_held(place.holder):
                again = replace(place, until=now + LOOKED_AFTER_EVERY)
                self.home.limits.occupy(again, place)
            else:
                self._hand_on(place, places)
                has_changed = True
        return has_changed
