"""How long a WAIT waits: ``duration`` and ``until`` (reference 3.8)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from podium.errors import InvalidInput

_DURATION = re.compile(
    r"\s*(?:([0-9]+)\s*(?:days?|d))?\s*(?:([0-9]+)\s*(?:hours?|hrs?|h))?"
    r"\s*(?:([0-9]+)\s*(?:minutes?|mins?|m))?\s*(?:([0-9]+)\s*(?:seconds?|secs?|s))?\s*",
    re.IGNORECASE,
)
_MILLISECONDS = (86_400_000, 3_600_000, 60_000, 1_000)
_LONGEST = 2**31 - 1

_UNTIL = re.compile(
    r"([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})(?: ([0-9]{1,2}):([0-9]{1,2})(?: (\S.*))?)?"
)
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])([0-9]{1,2}):?([0-9]{2})?", re.IGNORECASE)
# Names that Java knows and the zone database does not, in hours from UTC.
_ABBREVIATIONS = {
    "Z": 0,
    "WEST": 1,
    "BST": 1,
    "CEST": 2,
    "EEST": 3,
    "MSK": 3,
    "IST": 5.5,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
    "AKST": -9,
    "AKDT": -8,
    "PST": -8,
    "PDT": -7,
    "MDT": -6,
    "CST": -6,
    "CDT": -5,
    "EDT": -4,
}


def parse_duration(text: str) -> int:
    """Return the milliseconds of a duration such as ``2 days 3h 5m 10s``.

    An empty text is no time, as it is to Conductor.
    """
    found = _DURATION.fullmatch(text)
    amounts = [int(amount or 0) for amount in found.groups()] if found else [-1]
    if found is None or max(amounts) > _LONGEST:
        raise InvalidInput(
            f"Not valid duration: {text}. Expected days, hours, minutes and seconds, "
            "in this order, such as '2 days 3h 5m 10s'"
        )
    return sum(
        amount * unit for amount, unit in zip(amounts, _MILLISECONDS, strict=True)
    )


def parse_until(text: str) -> int:
    """Return the moment of a text, in epoch milliseconds.

    ``yyyy-MM-dd HH:mm``, ``yyyy-MM-dd HH:mm z`` or ``yyyy-MM-dd``.  The zone is a name
    of the zone database, a usual abbreviation or an offset.  Without one it is UTC:
    Conductor takes its server's zone, and Podium has no server that has one.
    """
    found = _UNTIL.fullmatch(text.strip())
    zone = _zone(found[6]) if found else None
    if found is None or zone is None:
        raise _no_moment(text)
    year, month, day, hour, minute = (int(part or 0) for part in found.groups()[:5])
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=zone)
        return int(moment.timestamp()) * 1000
    except (ValueError, OverflowError) as failure:
        raise _no_moment(text) from failure


def _no_moment(text: str) -> InvalidInput:
    return InvalidInput(
        f"Invalid/Unsupported Wait Until format.  Provided: {text}. Expected "
        "'yyyy-MM-dd HH:mm', 'yyyy-MM-dd HH:mm z' or 'yyyy-MM-dd', z being a zone such "
        "as 'Europe/Paris', 'PST' or '+02:00'"
    )


def _zone(name: str | None) -> tzinfo | None:
    """Return the zone of that name, UTC for no name, None for an unknown one."""
    if name is None:
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset:
        return _fixed(offset[1], int(offset[2]), int(offset[3] or 0))
    hours = _ABBREVIATIONS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _fixed(sign: str, hours: int, minutes: int) -> tzinfo | None:
    ahead = timedelta(hours=hours, minutes=minutes)
    if ahead >= timedelta(hours=24) or minutes > 59:
        return None
    return timezone(ahead if sign == "+" else -ahead)
