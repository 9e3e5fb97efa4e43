"""From the readings of a wall clock to moments: zones, and the hours they repeat.

A run is a moment at which the clocks of the zone read what the expression says.  A
reading that a zone leaves out in spring is no moment, so a run at 02:30 is left out on
that day, as Spring does.  A reading that comes twice in autumn is two moments: what
runs every hour, or more often, runs at both; what names its hours runs once, at the
first of them (Spring runs it twice).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from podium.schedules.cron import Cron

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_LAST = int((datetime(9_980, 1, 1, tzinfo=UTC) - _EPOCH) / _MILLISECOND)
"""Beyond this there are no runs: Python's calendar ends soon after."""
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?([0-5]\d))?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*")
_MAX_HOURS = 18


def zone_of(text: str) -> tzinfo:
    """Return the zone of a name (``Europe/Berlin``) or an offset (``+02:00``, ``Z``).

    ValueError where there is none.
    """
    if text in ("Z", "UTC", "GMT", "UT"):
        return UTC
    offset = _OFFSET.fullmatch(text)
    if offset is not None and int(offset[2]) <= _MAX_HOURS:
        size = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(-size if offset[1] == "-" else size)
    try:
        if _NAME.fullmatch(text):
            return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass  # not a zone, or the name of a folder of zones
    raise ValueError(f"unknown time zone '{text}', expected one such as Europe/Berlin")


def next_time(cron: Cron, zone: tzinfo, after: int) -> int | None:
    """Return the first run later than ``after``; both are epoch milliseconds."""
    if after >= _LAST:
        return None
    at = _EPOCH + timedelta(seconds=max(after, 0) // 1000 + 1)
    while True:
        reading = at.astimezone(zone).replace(tzinfo=None, fold=0)
        wanted = cron.first_from(reading)
        if wanted is None:
            return None
        found = at + (wanted - reading)
        change = _change_of_offset(zone, at, found)
        if change is not None:
            at = change
        elif found.astimezone(zone).fold and not cron.runs_every_hour:
            at = found + _SECOND
        else:
            return (found - _EPOCH) // _MILLISECOND


def _change_of_offset(zone: tzinfo, start: datetime, end: datetime) -> datetime | None:
    """Return the first second after ``start``, up to ``end``, of another offset."""
    offset = start.astimezone(zone).utcoffset()
    low = start
    while low < end:
        high = min(low + _DAY, end)
        if high.astimezone(zone).utcoffset() != offset:
            break
        low = high
    else:
        return None
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high
