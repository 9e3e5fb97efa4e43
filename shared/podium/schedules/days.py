"""The days of a month that a cron expression speaks of: by number, by weekday, L, W, #.

Weekdays are Spring's: Monday is 1, Sunday 7.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias, assert_never

_FRIDAY, _SATURDAY, _SUNDAY = 5, 6, 7


@dataclass(frozen=True, slots=True)
class DaysOfMonth:
    """``1,15-20``: days by their numbers."""

    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class LastDay:
    """``L`` and ``L-3``: the last day of the month, or so many days before it."""

    days_before: int = 0


@dataclass(frozen=True, slots=True)
class LastWorkday:
    """``LW``: the last day from Monday to Friday."""


@dataclass(frozen=True, slots=True)
class NearestWorkday:
    """``15W``: the day from Monday to Friday that is nearest, in the same month."""

    number: int


@dataclass(frozen=True, slots=True)
class Weekdays:
    """``MON-FRI``: days by their weekdays."""

    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class LastWeekday:
    """``FRIL``: the last such weekday of the month."""

    weekday: int


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """``MON#2``: the first, second... such weekday; a month may have no fifth one."""

    weekday: int
    number: int


DayRule: TypeAlias = (
    DaysOfMonth
    | LastDay
    | LastWorkday
    | NearestWorkday
    | Weekdays
    | LastWeekday
    | NthWeekday
)


def is_day_of(rule: DayRule, day: date) -> bool:
    """Tell whether a rule speaks of a day."""
    last = monthrange(day.year, day.month)[1]
    match rule:
        case DaysOfMonth(numbers):
            return day.day in numbers
        case LastDay(days_before):
            return day.day == last - days_before
        case LastWorkday():
            return day == _nearest_workday(day.replace(day=last))
        case NearestWorkday(number):
            return number <= last and day == _nearest_workday(day.replace(day=number))
        case Weekdays(numbers):
            return day.isoweekday() in numbers
        case LastWeekday(weekday):
            return day.isoweekday() == weekday and day.day > last - 7
        case NthWeekday(weekday, number):
            return day.isoweekday() == weekday and (day.day - 1) // 7 + 1 == number
        case _:
            assert_never(rule)


def _nearest_workday(day: date) -> date:
    """Return the day, or from Saturday the Friday and from Sunday the Monday.

    Where that is in another month, the nearest one on the other side.
    """
    moves = {_SATURDAY: (-1, 2), _SUNDAY: (1, -2)}.get(day.isoweekday(), (0, 0))
    moved = [day + timedelta(days=days) for days in moves]
    return moved[0] if moved[0].month == day.month else moved[1]
