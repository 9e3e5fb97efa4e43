"""The contract of the cache of task outputs."""

import random

NOW = 1_700_000_000_000
LATER = NOW + 60_000


def test_what_was_put_is_found_by_name_and_key(home):
    home.outputs.put("name", "key", b'{"n":1}', LATER)

    assert b'{"n":1}' == home.outputs.find("name", "key", NOW)


def test_what_was_not_put_is_not_found(home):
    home.outputs.put("name", "key", b"{}", LATER)

    assert home.outputs.find("name", "other", NOW) is None
    assert home.outputs.find("other", "key", NOW) is None


def test_names_and_keys_are_not_confused(home):
    home.outputs.put("a#b", "c", b"1", LATER)
    home.outputs.put("a", "b#c", b"2", LATER)

    assert b"1" == home.outputs.find("a#b", "c", NOW)
    assert b"2" == home.outputs.find("a", "b#c", NOW)


def test_a_new_output_takes_the_place_of_the_one_before(home):
    home.outputs.put("name", "key", b"1", LATER)
    home.outputs.put("name", "key", b"2", LATER + 60_000)

    assert b"2" == home.outputs.find("name", "key", LATER + 1_000)


def test_what_has_expired_is_not_found(home):
    home.outputs.put("name", "key", b"{}", LATER)

    assert home.outputs.find("name", "key", LATER - 1_000) is not None
    assert home.outputs.find("name", "key", LATER) is None


def test_a_long_key_is_like_any_other(home):
    long = "k" * 5_000
    home.outputs.put("name", long, b"1", LATER)

    assert b"1" == home.outputs.find("name", long, NOW)
    assert home.outputs.find("name", f"{long}2", NOW) is None


def test_an_output_that_is_too_large_for_the_store_is_forgotten_or_found_whole(home):
    large = random.Random(1).randbytes(1_000_000)
    home.outputs.put("name", "key", large, LATER)

    assert home.outputs.find("name", "key", NOW) in {None, large}
