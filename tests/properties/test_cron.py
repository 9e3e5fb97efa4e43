"""Laws of cron: whatever the expression, the zone and the moment."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from podium.schedules.cron import parse_cron
from podium.schedules.times import next_time, zone_of

SECOND = 1_000
DAY = 24 * 3_600
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)


def _values(first, last):
    value = st.integers(first, last)
    ranges = st.tuples(value, value).map(sorted)
    part = st.one_of(
        value.map(str),
        ranges.map(lambda both: f"{both[0]}-{both[1]}"),
        st.tuples(value, st.integers(1, last)).map(lambda two: f"{two[0]}/{two[1]}"),
        st.integers(1, last).map(lambda step: f"*/{step}"),
    )
    lists = st.lists(part, min_size=1, max_size=2).map(",".join)
    return st.one_of(st.just("*"), lists)


_DAYS = st.sampled_from(["?", "L", "LW", "15W", "1W", "31W", "L-2", "1-7"])
_WEEKDAYS = st.sampled_from(["?", "MON-FRI", "FRIL", "SUN#1", "MON#5", "0", "7"])
EXPRESSIONS = st.tuples(
    _values(0, 59),
    _values(0, 59),
    _values(0, 23),
    st.one_of(st.just("*"), _values(1, 31), _DAYS),
    _values(1, 12),
    st.one_of(st.just("*"), _values(0, 7), _WEEKDAYS),
).map(" ".join)
MOMENTS = st.one_of(
    st.integers(1_000_000_000, 2_500_000_000),
    # around changes of the clocks: Berlin, New York, Havana, Lord Howe, Sao Paulo
    st.tuples(
        st.sampled_from(
            [
                1_616_893_200,
                1_635_642_000,
                1_615_705_200,
                1_636_264_800,
                1_636_261_200,
                1_617_462_000,
                1_518_919_200,
            ]
        ),
        st.integers(-2 * 3_600, 2 * 3_600),
    ).map(sum),
)


def _reading(zone, second):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(
        zone
    )


@given(EXPRESSIONS, st.sampled_from(ZONES), MOMENTS, st.integers(0, 999))
@settings(max_examples=400)
def test_the_next_run_is_later_and_the_clocks_read_what_it_says(
    expression, name, second, millisecond
):
    cron, zone = parse_cron(expression), zone_of(name)
    after = second * SECOND + millisecond

    found = next_time(cron, zone, after)

    if found is not None:
        assert found > after
        assert 0 == found % SECOND
        assert cron.has(_reading(zone, found // SECOND).replace(tzinfo=None, fold=0))


@given(EXPRESSIONS, st.sampled_from(ZONES), MOMENTS)
@example("0 30 1 * * *", "America/New_York", 1_636_264_800)
@example("0 30 * * * SAT", "America/Sao_Paulo", 1_518_918_300)
@settings(max_examples=60, deadline=None)
def test_no_run_is_left_out(expression, name, second):
    """Every second up to the next run, for an hour and a half, is looked at."""
    cron, zone = parse_cron(expression), zone_of(name)
    found = next_time(cron, zone, second * SECOND)

    end = second + 5_400
    last = end if found is None else min(found // SECOND, end)
    for one in range(second + 1, last):
        reading = _reading(zone, one)
        if cron.has(reading.replace(tzinfo=None, fold=0)):
            assert reading.fold
            assert not cron.runs_every_hour


@given(EXPRESSIONS, st.sampled_from(ZONES), MOMENTS, st.integers(0, 400 * DAY))
@settings(max_examples=200)
def test_asking_later_never_answers_earlier(expression, name, second, later):
    cron, zone = parse_cron(expression), zone_of(name)
    first = next_time(cron, zone, second * SECOND)
    following = next_time(cron, zone, (second + later) * SECOND)

    if following is not None:
        assert first is not None
        assert first <= following
        if first > (second + later) * SECOND:
            assert first == following
