"""Cron expressions as Spring reads them: six fields, seconds first.

::

    second minute hour day-of-month month day-of-week

    *          every value; ? says the same of days
    5,10-20    single values and ranges
    */15, 5/15, 10-40/5   every 15th from the first, from 5 to the end, within a range
    JAN, MON   months and weekdays by name; Sunday is 0 or 7
    L, L-3     the last day of the month, the third before it
    LW, 15W    the last workday, the workday nearest to the 15th
    FRIL, MON#2   the last Friday, the second Monday of the month
    @yearly @annually @monthly @weekly @daily @midnight @hourly

A day counts where both of its fields say so, as in Spring; Unix takes either.  Unlike
Spring ``W`` stays in its month: where 31 May is a Sunday, ``31W`` is the Friday before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache

from podium.schedules.days import (
    DayRule,
    DaysOfMonth,
    LastDay,
    LastWeekday,
    LastWorkday,
    NearestWorkday,
    NthWeekday,
    Weekdays,
    is_day_of,
)

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = [
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
]
_WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
_SUNDAY = 7
_YEARS_AHEAD = 50
"""29 February on a given weekday comes after 40 years at the latest."""
_LAST_YEAR = 9_990
_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression: a set of readings that a wall clock may have."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days_of_month: tuple[DayRule, ...]
    months: frozenset[int]
    days_of_week: tuple[DayRule, ...]

    @property
    def runs_every_hour(self) -> bool:
        """Whether it names no hour in particular."""
        return len(self.hours) == _HOURS.size

    def has(self, reading: datetime) -> bool:
        """Tell whether a wall clock's reading is one of those."""
        return (
            self._has_day(reading.date())
            and reading.hour in self.hours
            and reading.minute in self.minutes
            and reading.second in self.seconds
        )

    def first_from(self, reading: datetime) -> datetime | None:
        """Return the first such reading that is not before this one, to the second.

        None where none comes in fifty years, as on 30 February.
        """
        for day in self._days_from(reading.date()):
            since = reading.time() if day == reading.date() else time()
            found = self._time_from(since)
            if found is not None:
                return datetime.combine(day, found)
        return None

    def _time_from(self, since: time) -> time | None:
        """Return the first time of day that is not before ``since``."""
        minute, second = self.minutes[0], self.seconds[0]
        for hour in (one for one in self.hours if one >= since.hour):
            if hour > since.hour:
                return time(hour, minute, second)
            for found in (one for one in self.minutes if one >= since.minute):
                if found > since.minute:
                    return time(hour, found, second)
                for last in (one for one in self.seconds if one >= since.second):
                    return time(hour, found, last)
        return None

    def _days_from(self, day: date) -> Iterator[date]:
        for year in range(day.year, min(day.year + _YEARS_AHEAD, _LAST_YEAR)):
            for month in sorted(self.months):
                if (year, month) >= (day.year, day.month):
                    yield from (one for one in self._days(year, month) if one >= day)

    def _days(self, year: int, month: int) -> Iterator[date]:
        one = date(year, month, 1)
        while one.month == month:
            if self._has_day(one):
                yield one
            one = date.fromordinal(one.toordinal() + 1)

    def _has_day(self, day: date) -> bool:
        return (
            day.month in self.months
            and any(is_day_of(rule, day) for rule in self.days_of_month)
            and any(is_day_of(rule, day) for rule in self.days_of_week)
        )


@lru_cache(maxsize=_KEPT)
def parse_cron(text: str) -> Cron:
    """Read an expression; ValueError says which field is wrong, and what is."""
    fields = _MACROS.get(text.strip().lower(), text).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"expected 6 fields ({', '.join(one.name for one in _FIELDS)}), "
            f"found {len(fields)} in '{text}'"
        )
    second, minute, hour, day, month, weekday = map(str.upper, fields)
    return Cron(
        text=text,
        seconds=tuple(sorted(_numbers(second, _SECONDS))),
        minutes=tuple(sorted(_numbers(minute, _MINUTES))),
        hours=tuple(sorted(_numbers(hour, _HOURS))),
        days_of_month=_rules(day, _DAYS_OF_MONTH, _day_of_month),
        months=_numbers(month, _MONTHS_OF_YEAR),
        days_of_week=_rules(weekday, _DAYS_OF_WEEK, _day_of_week),
    )


# --- fields ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    """What the values of a field may be."""

    name: str
    first: int
    last: int
    names: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def value(self, text: str) -> int:
        """Return the number that a text or a name is."""
        number = self.names.get(text, -1)
        if number < 0 and text.isascii() and text.isdigit():
            number = int(text[:9])
        if not self.first <= number <= self.last:
            raise self.wrong(f"expected {self.first} to {self.last}, found '{text}'")
        return number

    def wrong(self, why: str) -> ValueError:
        return ValueError(f"{self.name}: {why}")


_SECONDS = _Field("second", 0, 59)
_MINUTES = _Field("minute", 0, 59)
_HOURS = _Field("hour", 0, 23)
_DAYS_OF_MONTH = _Field("day of month", 1, 31)
_MONTHS_OF_YEAR = _Field("month", 1, 12, {n: i for i, n in enumerate(_MONTHS, 1)})
_DAYS_OF_WEEK = _Field("day of week", 0, 7, {n: i for i, n in enumerate(_WEEKDAYS, 1)})
_FIELDS = (_SECONDS, _MINUTES, _HOURS, _DAYS_OF_MONTH, _MONTHS_OF_YEAR, _DAYS_OF_WEEK)


def _numbers(text: str, of: _Field) -> frozenset[int]:
    """Return the values that a list of values, ranges and steps speaks of."""
    return frozenset(one for part in text.split(",") for one in _part(part, of))


def _part(text: str, of: _Field) -> range:
    bounds, slash, step = text.partition("/")
    first, last = _range(bounds, of)
    if not slash:
        return range(first, last + 1)
    if not (step.isascii() and step.isdigit() and int(step[:9])):
        raise of.wrong(f"expected a step of 1 or more after '/', found '{step}'")
    if "-" not in bounds:
        last = of.last
    return range(first, last + 1, int(step[:9]))


def _range(text: str, of: _Field) -> tuple[int, int]:
    if text == "*":
        # Both 0 and 7 are Sunday: a step from the first day begins with Monday.
        return (1 if of is _DAYS_OF_WEEK else of.first), of.last
    low, dash, high = text.partition("-")
    if not dash:
        return (of.value(text),) * 2
    first, last = of.value(low), of.value(high)
    if of is _DAYS_OF_WEEK and first == _SUNDAY:
        first = 0
    if first > last:
        raise of.wrong(f"'{text}' ends before it begins")
    return first, last


# --- days --------------------------------------------------------------------------


def _rules(
    text: str, of: _Field, special: Callable[[str], DayRule | None]
) -> tuple[DayRule, ...]:
    if text == "?":
        text = "*"
    return tuple(special(part) or _plain(part, of) for part in text.split(","))


def _plain(part: str, of: _Field) -> DayRule:
    numbers = frozenset(_part(part, of))
    if of is _DAYS_OF_MONTH:
        return DaysOfMonth(numbers)
    return Weekdays(frozenset(one or _SUNDAY for one in numbers))


def _day_of_month(part: str) -> DayRule | None:
    of = _DAYS_OF_MONTH
    if part == "L":
        return LastDay()
    if part == "LW":
        return LastWorkday()
    if part.startswith("L-"):
        before = part.removeprefix("L-")
        if not (
            before.isascii() and before.isdigit() and 0 < int(before[:9]) < of.last
        ):
            raise of.wrong(f"expected 1 to 30 days after 'L-', found '{before}'")
        return LastDay(int(before))
    if part.endswith("W"):
        return NearestWorkday(of.value(part.removesuffix("W")))
    return None


def _day_of_week(part: str) -> DayRule | None:
    of = _DAYS_OF_WEEK
    if part.endswith("L"):
        return LastWeekday(of.value(part.removesuffix("L")) or _SUNDAY)
    weekday, hash_sign, number = part.partition("#")
    if not hash_sign:
        return None
    if number not in {"1", "2", "3", "4", "5"}:
        raise of.wrong(f"expected 1 to 5 after '#', found '{number}'")
    return NthWeekday(of.value(weekday) or _SUNDAY, int(number))
