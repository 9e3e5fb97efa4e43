"""``duration`` and ``until`` of a WAIT, as reference 3.8 has them."""

import pytest

from podium.expressions.durations import parse_duration, parse_until

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 days 3h 5m 10s", 2 * DAY + 3 * HOUR + 5 * MINUTE + 10 * SECOND),
        ("10 seconds", 10 * SECOND),
        ("1day", DAY),
        ("5D 5H 5M 5S", 5 * (DAY + HOUR + MINUTE + SECOND)),
        ("5hrs", 5 * HOUR),
        ("1 hour", HOUR),
        ("5 mins", 5 * MINUTE),
        ("5minutes", 5 * MINUTE),
        ("5secs", 5 * SECOND),
        (" 1m  1 s ", MINUTE + SECOND),
        ("1h30m", HOUR + 30 * MINUTE),
        ("0s", 0),
        ("", 0),
    ],
)
def test_3_8_duration(text, expected):
    assert expected == parse_duration(text)


NOON = 1_705_320_000_000  # 2024-01-15 12:00 UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-15 12:00", NOON),
        ("2024-01-15", NOON - 12 * HOUR),
        ("2024-1-5", NOON - 12 * HOUR - 10 * DAY),
        ("2024-01-15 12:00 UTC", NOON),
        ("2024-01-15 12:00 GMT", NOON),
        ("2024-01-15 12:00 Z", NOON),
        ("2024-01-15 12:00 PST", NOON + 8 * HOUR),
        ("2024-01-15 12:00 PDT", NOON + 7 * HOUR),
        ("2024-01-15 12:00 EST", NOON + 5 * HOUR),
        ("2024-01-15 12:00 IST", NOON - 5 * HOUR - 30 * MINUTE),
        ("2024-01-15 12:00 America/New_York", NOON + 5 * HOUR),
        ("2024-07-15 12:00 Europe/Paris", NOON + 182 * DAY - 2 * HOUR),
        ("2024-01-15 12:00 +01:00", NOON - HOUR),
        ("2024-01-15 12:00 -0330", NOON + 3 * HOUR + 30 * MINUTE),
        ("2024-01-15 12:00 GMT+2", NOON - 2 * HOUR),
        ("1969-12-31 23:59", -MINUTE),
    ],
)
def test_3_8_until(text, expected):
    assert expected == parse_until(text)
