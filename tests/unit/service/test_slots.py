"""Slots and rates: who has one, who is next, and what a crash leaves."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.clock import ManualClock
from podium.errors import Unavailable
from podium.limits import Place, Waiter
from podium.service.rates import Rate, Rates
from podium.service.slots import HANDED_OVER_FOR, LOOKED_AFTER_EVERY, Slots

HOLD = 60_000
LIMIT = "limit"


class Everybody:
    """Holders of whom it is known who is alive, and who was called."""

    def __init__(self):
        self.gone = set()
        self.called = []
        self.looked_at = Counter()

    def is_held(self, holder):
        self.looked_at[holder] += 1
        return holder not in self.gone

    def is_waiting(self, waiter):
        return waiter.holder not in self.gone

    def call(self, waiter):
        self.called.append(waiter.holder)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def home(clock):
    opened = open_home(IN_MEMORY, clock=clock, draw=random.Random(1).getrandbits)
    yield opened.home
    opened.close()


@pytest.fixture
def holders():
    return Everybody()


@pytest.fixture
def slots(home, holders):
    return Slots(home, holders)


def waiter(holder, most=1, since=0, priority=0):
    return Waiter(LIMIT, holder, most, since, priority)


def held_by(home):
    return sorted(one.holder for one in home.limits.places(LIMIT))


def line(home):
    return [one.holder for one in home.limits.waiting(LIMIT, 99)]


def test_a_slot_is_taken_once_by_its_holder(slots, home):
    assert slots.take(waiter("a", 2), HOLD)
    assert slots.take(waiter("a", 2), HOLD)
    assert slots.take(waiter("b", 2), HOLD)
    assert not slots.take(waiter("c", 2), HOLD)

    assert ["a", "b"] == held_by(home)
    assert ["c"] == line(home)


def test_who_only_asks_does_not_stand_in_line(slots, home):
    slots.take(waiter("a"), HOLD)

    assert not slots.take_now(waiter("b"), HOLD)
    assert [] == line(home)


def test_a_slot_that_is_freed_goes_to_the_first_in_line(slots, home, holders):
    for holder in ("a", "b", "c"):
        slots.take(waiter(holder), HOLD)

    slots.free(LIMIT, ["a"])

    assert (["b"], ["c"], ["b"]) == (held_by(home), line(home), holders.called)
    assert slots.take(waiter("b"), HOLD)
    assert not slots.take(waiter("c"), HOLD)


def test_freeing_twice_is_freeing_once(slots, home):
    for holder in ("a", "b", "c"):
        slots.take(waiter(holder), HOLD)

    for _ in range(2):
        slots.free(LIMIT, ["a"])

    assert ["b"] == held_by(home)


def test_several_slots_are_freed_at_once(slots, home, holders):
    for holder in ("a", "b", "c", "d"):
        slots.take(waiter(holder, 2), HOLD)

    slots.free(LIMIT, ["a", "b", "nobody"])

    assert (["c", "d"], ["c", "d"]) == (held_by(home), sorted(holders.called))


def test_who_no_longer_waits_is_passed_over(slots, home, holders):
    for holder in ("a", *(f"gone {n:02}" for n in range(25)), "zealous"):
        slots.take(waiter(holder), HOLD)
    holders.gone = {one for one in line(home) if one.startswith("gone")}

    slots.free(LIMIT, ["a"])

    assert (["zealous"], []) == (held_by(home), line(home))


def test_without_anybody_in_line_the_slot_is_free(slots, home):
    slots.take(waiter("a"), HOLD)
    slots.free(LIMIT, ["a"])

    assert [] == held_by(home)
    assert slots.take(waiter("b"), HOLD)


def test_a_limit_that_was_lowered_is_come_down_to(slots, home, holders):
    for holder in ("a", "b", "c"):
        slots.take(waiter(holder, 3), HOLD)
    slots.take(waiter("d", 1), HOLD)

    slots.free(LIMIT, ["a"])
    slots.free(LIMIT, ["b"])
    assert ["c"] == held_by(home)
    slots.free(LIMIT, ["c"])

    assert (["d"], ["d"]) == (held_by(home), holders.called)


# --- what a crash left -------------------------------------------------------------


def test_who_is_gone_is_found_by_who_needs_his_slot(slots, home, holders, clock):
    slots.take(waiter("a"), HOLD)
    holders.gone = {"a"}
    clock.advance(HOLD - 1)
    assert not slots.take(waiter("b"), HOLD)
    assert not holders.looked_at

    clock.advance(1)

    assert slots.take(waiter("c", since=9), HOLD) is False, "b stands before him"
    assert ["b"] == held_by(home)
    assert slots.take(waiter("b"), HOLD)


def test_who_is_there_is_looked_after_once_in_a_minute(slots, home, holders, clock):
    slots.take(waiter("a"), HOLD)
    for _ in range(2 * LOOKED_AFTER_EVERY // 1_000 + 1):
        slots.take(waiter("b"), HOLD)
        clock.advance(1_000)

    assert {"a": 2} == holders.looked_at
    assert ["a"] == held_by(home)


def test_who_was_called_and_does_not_come_loses_the_slot(slots, home, holders, clock):
    for holder in ("a", "b", "c"):
        slots.take(waiter(holder), HOLD)
    slots.free(LIMIT, ["a"])
    holders.gone = {"b"}
    clock.advance(HANDED_OVER_FOR)

    assert slots.take(waiter("c"), HOLD)
    assert ["c"] == held_by(home)


def test_a_limit_whose_places_never_stand_still_is_busy(slots, home, monkeypatch):
    limits = type(home.limits)
    monkeypatch.setattr(limits, "occupy", lambda *_: False)

    with pytest.raises(Unavailable):
        slots.take(waiter("a"), HOLD)
    with pytest.raises(Unavailable):
        Rates(home).begin(Rate(LIMIT, 1, 1), "a")


# --- many at once ------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 3])
def test_many_threads_never_have_more_slots_than_there_are(home, holders, most):
    slots = Slots(home, holders)
    most_at_once, served = [], []

    def work(name):
        with home.atomic():
            if not slots.take(waiter(name, most), HOLD):
                return False
        most_at_once.append(len(held_by(home)))
        served.append(name)
        with home.atomic():
            slots.free(LIMIT, [name])
        return True

    left = [f"w{number:02}" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        while left:
            done = list(pool.map(work, left))
            left = [one for one, is_done in zip(left, done, strict=True) if not is_done]

    assert most >= max(most_at_once)
    assert sorted(served) == [f"w{number:02}" for number in range(60)]
    assert ([], []) == (held_by(home), line(home))


# --- rates -------------------------------------------------------------------------


def test_a_rate_lets_so_many_begin_within_any_window(home, clock):
    rates, rate = Rates(home), Rate(LIMIT, 3, 10_000)
    begun = []
    draw = random.Random(3)
    for number in range(400):
        if not rates.begin(rate, str(number)):
            begun.append(clock.now())
        clock.advance(draw.randrange(3_000))

    windows = [
        sum(start <= one < start + rate.window for one in begun) for start in begun
    ]
    assert 3 == max(windows)
    assert len(begun) > 100


def test_a_rate_says_to_the_millisecond_when_the_next_may_begin(home, clock):
    rates, rate = Rates(home), Rate(LIMIT, 2, 10_000)
    first = clock.now()
    rates.begin(rate, "a")
    clock.advance(3_000)
    rates.begin(rate, "b")

    assert first + 10_000 == rates.begin(rate, "c") == rates.next_free(rate)
    clock.advance(7_000)
    assert 0 == rates.next_free(rate)
    assert 0 == rates.begin(rate, "c")
    assert first + 13_000 == rates.begin(rate, "d")


def test_who_has_begun_is_not_counted_twice(home):
    rates, rate = Rates(home), Rate(LIMIT, 2, 10_000)
    for _ in range(5):
        assert 0 == rates.begin(rate, "a")

    assert 0 == rates.begin(rate, "b")


def test_a_rate_that_was_lowered_waits_for_enough_to_be_over(home, clock):
    rates, now = Rates(home), clock.now()
    for number, until in enumerate((5_000, 1_000, 3_000)):
        home.limits.occupy(Place(LIMIT, number, str(number), now + until))

    assert now + 5_000 == rates.next_free(Rate(LIMIT, 1, 10_000))
    assert now + 3_000 == rates.next_free(Rate(LIMIT, 2, 10_000))
