"""The contract of limits: places, and the line of those who wait."""

from dataclasses import replace

from podium.limits import Place, Waiter

PLACE = Place("limit", 0, "first", 1_000)
WAITER = Waiter("limit", "w", most=2, since=5, priority=0, queue="t")


def test_nobody_has_a_place_of_a_new_limit(home):
    assert [] == home.limits.places("limit")


def test_places_come_by_number_and_by_limit(home):
    others = [replace(PLACE, number=number) for number in (10, 2)]
    for place in (*others, PLACE, replace(PLACE, limit="another")):
        assert home.limits.occupy(place)

    assert [0, 2, 10] == [one.number for one in home.limits.places("limit")]
    assert PLACE == home.limits.places("limit")[0]


def test_a_place_that_somebody_has_is_not_to_be_had(home):
    home.limits.occupy(PLACE)

    assert not home.limits.occupy(replace(PLACE, holder="second"))
    assert [PLACE] == home.limits.places("limit")


def test_a_place_is_taken_over_as_it_was_read(home):
    home.limits.occupy(PLACE)
    taken = replace(PLACE, holder="second", until=2_000)

    assert home.limits.occupy(taken, PLACE)
    assert not home.limits.occupy(replace(taken, holder="third"), PLACE)
    assert [taken] == home.limits.places("limit")


def test_a_place_that_its_holder_keeps_longer_is_not_what_was_read(home):
    home.limits.occupy(PLACE)
    home.limits.occupy(replace(PLACE, until=2_000), PLACE)

    assert not home.limits.occupy(replace(PLACE, holder="second"), PLACE)
    assert not home.limits.vacate(PLACE)


def test_a_place_that_was_vacated_is_to_be_had_again(home):
    home.limits.occupy(PLACE)

    assert home.limits.vacate(PLACE)
    assert [] == home.limits.places("limit")
    assert home.limits.occupy(replace(PLACE, holder="second"))


def test_nobody_vacates_the_place_of_another(home):
    home.limits.occupy(replace(PLACE, holder="second"))

    assert not home.limits.vacate(PLACE)
    assert 1 == len(home.limits.places("limit"))


def test_nobody_takes_over_what_nobody_has(home):
    assert not home.limits.occupy(replace(PLACE, holder="second"), PLACE)
    assert [] == home.limits.places("limit")


def test_a_waiter_is_returned_as_he_came(home):
    waiter = replace(WAITER, priority=7)
    home.limits.wait(waiter)

    assert [waiter] == home.limits.waiting("limit", 10)


def test_in_line_a_higher_priority_comes_first_and_then_who_came_first(home):
    line = [("late", 9, 0), ("early", 8, 0), ("b", 7, 0), ("a", 7, 0), ("high", 10, 5)]
    for holder, since, priority in line:
        home.limits.wait(replace(WAITER, holder=holder, since=since, priority=priority))
    home.limits.wait(replace(WAITER, limit="another"))

    found = home.limits.waiting("limit", 10)

    assert ["high", "a", "b", "early", "late"] == [one.holder for one in found]
    assert found[:2] == home.limits.waiting("limit", 2)


def test_who_waits_already_waits_once(home):
    home.limits.wait(WAITER)
    home.limits.wait(WAITER)

    assert [WAITER] == home.limits.waiting("limit", 10)


def test_who_left_the_line_is_not_in_it(home):
    home.limits.wait(WAITER)
    home.limits.leave(WAITER)
    home.limits.leave(WAITER)

    assert [] == home.limits.waiting("limit", 10)


def test_places_and_line_do_not_meet(home):
    home.limits.occupy(PLACE)
    home.limits.wait(WAITER)

    assert [PLACE] == home.limits.places("limit")
    assert [WAITER] == home.limits.waiting("limit", 10)
