"""What is no duration and no moment, and how that is said."""

import pytest

from podium.errors import InvalidInput
from podium.expressions.durations import parse_duration, parse_until


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "s",
        "5.0s",
        "5s 5m",
        "-5s",
        "5 weeks",
        "PT5S",
        "x",
        "2147483648s",
        "\u0665s",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(InvalidInput) as refusal:
        parse_duration(text)

    assert (
        f"Not valid duration: {text}. Expected days, hours, minutes and seconds, in "
        "this order, such as '2 days 3h 5m 10s'"
    ) == refusal.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2024-13-01",
        "2024-02-30",
        "0-1-1",
        "2024-01-01 25:00",
        "2024-01-01 10:00:00",
        "2024-01-01T10:00",
        "2024-01-01 10:00 Nowhere/Town",
        "2024-01-01 10:00 Europe",
        "2024-01-01 10:00 ../../etc/passwd",
        "2024-01-01 10:00 +24:00",
        "2024-01-01 10:00 +10:60",
    ],
)
def test_what_is_no_moment_is_refused_with_the_formats(text):
    with pytest.raises(InvalidInput) as refusal:
        parse_until(text)

    assert refusal.value.message.startswith(
        f"Invalid/Unsupported Wait Until format.  Provided: {text}. Expected "
        "'yyyy-MM-dd HH:mm', 'yyyy-MM-dd HH:mm z' or 'yyyy-MM-dd'"
    )


def test_a_moment_in_the_hour_that_is_skipped_is_the_one_after_it():
    skipped = parse_until("2024-03-31 02:30 Europe/Berlin")

    assert parse_until("2024-03-31 01:30 UTC") == skipped
