"""From readings to moments: zones, and the hours they leave out or repeat."""

from datetime import datetime

import pytest

from podium.schedules.cron import parse_cron
from podium.schedules.times import next_time, zone_of


def runs(expression, zone, since, count):
    """Return the next runs as the zone's clocks show them, with their offsets."""
    cron, found_zone = parse_cron(expression), zone_of(zone)
    at = int(datetime.fromisoformat(since).timestamp() * 1000)
    shown = []
    for _ in range(count):
        at = next_time(cron, found_zone, at)
        moment = datetime.fromtimestamp(at / 1000, found_zone)
        shown.append(f"{moment:%d %H:%M %z}")
    return shown


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 30 2 * * *", ["27 02:30 +0100", "29 02:30 +0200"]),
        ("0 0 3 * * *", ["27 03:00 +0100", "28 03:00 +0200"]),
        ("0 0 2-3 * * SUN", ["28 03:00 +0200"]),
        ("0 0 * 28 * *", ["28 00:00 +0100", "28 01:00 +0100", "28 03:00 +0200"]),
        ("0 30 1/2 28 * *", ["28 01:30 +0100", "28 03:30 +0200"]),
    ],
)
def test_a_reading_that_spring_leaves_out_is_no_run(expression, expected):
    since = "2021-03-26T12:00:00+00:00"

    assert expected == runs(expression, "Europe/Berlin", since, len(expected))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 30 2 * * *", ["31 02:30 +0200", "01 02:30 +0100"]),
        (
            "0 30 * * * *",
            ["31 01:30 +0200", "31 02:30 +0200", "31 02:30 +0100", "31 03:30 +0100"],
        ),
        ("0 0 1-3 * * *", ["31 01:00 +0200", "31 02:00 +0200", "31 03:00 +0100"]),
        ("0 0 3 * * *", ["31 03:00 +0100"]),
    ],
)
def test_a_reading_that_autumn_repeats_is_a_run_again_for_what_runs_every_hour(
    expression, expected
):
    since = "2021-10-30T22:59:00+00:00"

    assert expected == runs(expression, "Europe/Berlin", since, len(expected))


def test_an_hour_repeated_across_midnight_is_not_lost():
    since = "2018-02-17T23:45:00-02:00"  # at midnight it is 23:00 again

    found = runs("0 30 * * * SAT", "America/Sao_Paulo", since, 1)
    assert ["17 23:30 -0300"] == found


def test_half_an_hour_may_be_repeated_too():
    since = "2021-04-03T14:20:00+00:00"

    found = runs("0 */20 * * * *", "Australia/Lord_Howe", since, 5)
    assert [
        "04 01:40 +1100",
        "04 01:40 +1030",
        "04 02:00 +1030",
        "04 02:20 +1030",
        "04 02:40 +1030",
    ] == found


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("UTC", "+0000"),
        ("Z", "+0000"),
        ("GMT", "+0000"),
        ("+02:00", "+0200"),
        ("UTC-5", "-0500"),
        ("GMT+0530", "+0530"),
        ("Asia/Kathmandu", "+0545"),
        ("Etc/GMT+3", "-0300"),
        ("EST5EDT", "-0500"),
    ],
)
def test_zones_are_names_and_offsets(text, offset):
    assert offset == f"{datetime(2026, 1, 1, tzinfo=zone_of(text)):%z}"


@pytest.mark.parametrize(
    "text", ["", "Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "+99:00"]
)
def test_what_is_no_zone_is_refused(text):
    with pytest.raises(ValueError, match="unknown time zone"):
        zone_of(text)


def test_runs_end_with_the_calendar():
    assert next_time(parse_cron("@daily"), zone_of("UTC"), 2**62) is None
    assert 0 < next_time(parse_cron("@daily"), zone_of("UTC"), -(2**62))
