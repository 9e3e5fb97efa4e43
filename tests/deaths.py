"""Who dies of which request, and when.

A point is a function, what an invocation of it has changed last, and what it asks for
now.  At each point a process dies before the call is carried out, and another one after
it: a death between any two calls, and after the last.  What was only looked at does not
tell points apart: it leaves nothing behind that a death could spoil.
"""

import time
import zlib
from collections import Counter
from typing import NamedTuple

from deadly_wire import AFTER, BEFORE

WAYS = (BEFORE, AFTER)
PAUSE = 0.7
"""Seconds between two deaths, so that something is done meanwhile."""
IN_PEACE = 2
"""Invocations that a function begins after a death before it may die once more."""
AT_ONCE = 4
"""Functions that may be about to come back: with more, nothing else would be done."""


class Point(NamedTuple):
    """Where in its work a function is."""

    function: str
    wrote: str
    call: str


class Deaths:
    """Has a process die at each point and way of a share, the first time it is met.

    ``share`` is such as (2, 4), the second quarter.  What is in it depends on the names
    of points alone, so it is the same in every run.
    """

    def __init__(self, share=(1, 1)):
        self.met = Counter()
        self.died = {}
        self._part, self._parts = share
        self._is_time = False
        self._last_at = 0
        self._to_begin = Counter()

    def begin(self):
        """Let the dying begin."""
        self._is_time = True
        self._last_at = time.monotonic()

    def fate(self, function, wrote, call, *, is_first):
        """Return when, if at all, a process dies of a call, its invocation's first?"""
        point = Point(function, wrote, call)
        self.met[point] += 1
        if is_first:
            self._to_begin -= Counter([function])
        if not self._may_die(function):
            return None
        for way in WAYS:
            if (point, way) not in self.died and self._is_chosen(point, way):
                self._last_at = self.died[point, way] = time.monotonic()
                self._to_begin[function] = IN_PEACE
                return way
        return None

    def _may_die(self, function):
        is_soon = self.quiet_for < PAUSE or len(self._to_begin) >= AT_ONCE
        return self._is_time and not is_soon and function not in self._to_begin

    @property
    def quiet_for(self):
        """Seconds since somebody died."""
        return time.monotonic() - self._last_at

    def end(self):
        """Let everybody live from now on."""
        self._is_time = False

    def _is_chosen(self, point, way):
        return zlib.crc32(f"{point} {way}".encode()) % self._parts == self._part - 1

    def lines(self):
        """Yield for reading how many points were met, and where somebody died."""
        for function in sorted({point.function for point in self.met}):
            met = [point for point in self.met if point.function == function]
            yield f"{function}: {self._tally(met)}"
        yield f"in all: {self._tally(list(self.met))}"

    def _tally(self, points):
        deaths = [
            f"{sum((one, way) in self.died for one in points)} {way}" for way in WAYS
        ]
        return f"{len(points)} points met; deaths: {', '.join(deaths)} the call"
