"""Cron expressions, and what Spring itself answers to two hundred of them."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from podium.schedules.cron import parse_cron
from podium.schedules.times import next_time, zone_of

_SPRING = Path(__file__).parent / "spring.tsv"
"""Expression, zone, a moment, and Spring 6.1's next run, ``never`` or ``refused``."""


def next_reading(expression, since="2026-01-01T00:00:00"):
    """Return the first reading of an expression since then, weekday first."""
    found = parse_cron(expression).first_from(datetime.fromisoformat(since))
    return found and f"{found:%a %Y-%m-%d %H:%M:%S}"


def test_two_hundred_expressions_mean_what_they_mean_to_spring():
    told = [line.split("\t") for line in _SPRING.read_text().splitlines()]
    wrong = [
        (expression, zone, after, expected, found)
        for expression, zone, after, expected in told
        if (found := _answer(expression, zone, int(after))) != expected
    ]

    assert 200 < len(told)
    assert [] == wrong


def _answer(expression, zone, after):
    try:
        found = next_time(parse_cron(expression), zone_of(zone), after)
    except ValueError:
        return "refused"
    return "never" if found is None else str(found)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * * *", "Thu 2026-01-01 00:00:00"),
        ("30 15 9 * * ?", "Thu 2026-01-01 09:15:30"),
        ("0 0 9 * * mon-fri", "Thu 2026-01-01 09:00:00"),
        ("0 0 0 ? * SUN", "Sun 2026-01-04 00:00:00"),
        ("0 0 0 ? * 0", "Sun 2026-01-04 00:00:00"),
        ("0 0 0 ? * 7", "Sun 2026-01-04 00:00:00"),
        ("0 0 0 ? * SUN-TUE", "Sun 2026-01-04 00:00:00"),
        ("5/20 * * * * *", "Thu 2026-01-01 00:00:05"),
        ("0 10-40/15 3,4 * * *", "Thu 2026-01-01 03:10:00"),
        ("0 0 0 31 * *", "Sat 2026-01-31 00:00:00"),
        ("0 0 0 13 * FRI", "Fri 2026-02-13 00:00:00"),
        ("0 0 0 29 2 ?", "Tue 2028-02-29 00:00:00"),
        ("0 0 0 29 FEB MON", "Mon 2044-02-29 00:00:00"),
        ("0 0 0 30 2 ?", None),
        ("0 0 0 L * ?", "Sat 2026-01-31 00:00:00"),
        ("0 0 0 L-3 2 ?", "Wed 2026-02-25 00:00:00"),
        ("0 0 0 LW * ?", "Fri 2026-01-30 00:00:00"),
        ("0 0 0 10W * ?", "Fri 2026-01-09 00:00:00"),
        ("0 0 0 1W 8 ?", "Mon 2026-08-03 00:00:00"),
        ("0 0 0 31W 5 ?", "Fri 2026-05-29 00:00:00"),
        ("0 0 0 1,15W * ?", "Thu 2026-01-01 00:00:00"),
        ("0 0 0 ? * FRIL", "Fri 2026-01-30 00:00:00"),
        ("0 0 0 ? * MON#1", "Mon 2026-01-05 00:00:00"),
        ("0 0 0 ? * 1#5", "Mon 2026-03-30 00:00:00"),
        ("@daily", "Thu 2026-01-01 00:00:00"),
        ("@Midnight", "Thu 2026-01-01 00:00:00"),
        ("@weekly", "Sun 2026-01-04 00:00:00"),
        ("@monthly", "Thu 2026-01-01 00:00:00"),
        ("@yearly", "Thu 2026-01-01 00:00:00"),
        ("@annually", "Thu 2026-01-01 00:00:00"),
        ("@hourly", "Thu 2026-01-01 00:00:00"),
    ],
)
def test_the_first_reading_of_2026(expression, expected):
    assert expected == next_reading(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "expected 6 fields (second, minute, hour, day of month, month, day of"),
        ("* * * * *", "found 5 in '* * * * *'"),
        ("@often", "found 1 in '@often'"),
        ("60 * * * * *", "second: expected 0 to 59, found '60'"),
        ("* -1 * * * *", "minute: expected 0 to 59, found ''"),
        ("* * x * * *", "hour: expected 0 to 23, found 'X'"),
        ("* * ? * * *", "hour: expected 0 to 23, found '?'"),
        ("* * ٣ * * *", "hour: expected 0 to 23, found '٣'"),
        ("* * * 0 * *", "day of month: expected 1 to 31, found '0'"),
        ("* * * L-31 * *", "day of month: expected 1 to 30 days after 'L-'"),
        ("* * * W * *", "day of month: expected 1 to 31, found ''"),
        ("* * * * JANUARY *", "month: expected 1 to 12, found 'JANUARY'"),
        ("* * * * * FRI-MON", "day of week: 'FRI-MON' ends before it begins"),
        ("* * * * * L", "day of week: expected 0 to 7, found ''"),
        ("* * * * * MON#6", "day of week: expected 1 to 5 after '#', found '6'"),
        ("*/0 * * * * *", "second: expected a step of 1 or more after '/', found '0'"),
        ("*/ * * * * *", "second: expected a step of 1 or more after '/', found ''"),
        ("1,,2 * * * * *", "second: expected 0 to 59, found ''"),
    ],
)
def test_what_cannot_be_read_says_which_field_and_why(expression, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_cron(expression)
