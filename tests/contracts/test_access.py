"""The contract of applications and signing keys."""

import pytest

from podium.access.applications import AccessKey, Application
from podium.access.roles import Role
from podium.access.tokens import SigningKey

KEY = AccessKey("billing.1", 5, b"salt\x00", b"digest\xff")
FIRST = Application("billing", frozenset({Role.WORKER, Role.READ_ONLY}), 3)


def test_an_application_is_found_as_it_was_stored(home):
    second = FIRST.with_keys((KEY,))

    assert home.applications.put(FIRST)
    assert FIRST == home.applications.find("billing")
    assert home.applications.put(second)
    assert second == home.applications.find("billing")


def test_what_was_never_stored_is_not_found(home):
    assert home.applications.find("billing") is None
    assert [] == home.applications.all()
    assert not home.applications.remove("billing")


def test_a_taken_name_is_refused(home):
    home.applications.put(FIRST)

    other = Application("billing", frozenset({Role.ADMIN}), 9)
    assert not home.applications.put(other)
    assert FIRST == home.applications.find("billing")


def test_of_two_changes_to_one_revision_the_second_is_refused(home):
    home.applications.put(FIRST)
    one, other = FIRST.with_keys((KEY,)), FIRST.with_keys(())

    assert home.applications.put(one)
    assert not home.applications.put(other)
    assert one == home.applications.find("billing")


def test_a_removed_application_is_not_made_again_by_a_change(home):
    home.applications.put(FIRST)
    assert home.applications.remove("billing")

    assert not home.applications.put(FIRST.with_keys((KEY,)))
    assert home.applications.find("billing") is None
    assert home.applications.put(FIRST)


@pytest.mark.parametrize("names", [("b", "a-1", "a", "a_1", "B")])
def test_applications_are_listed_by_name(home, names):
    for name in names:
        home.applications.put(Application(name, frozenset({Role.ADMIN}), 0))

    assert sorted(names) == [one.name for one in home.applications.all()]


def test_signing_keys_are_listed_in_the_order_of_their_time(home):
    keys = [SigningKey(kid, at, kid.encode() * 32) for kid, at in (("a", 9), ("b", 5))]
    for key in keys:
        home.signing_keys.add(key)

    assert keys[::-1] == home.signing_keys.all()


def test_a_removed_signing_key_is_gone(home):
    home.signing_keys.add(SigningKey("a", 1, b"\x00\xff"))
    home.signing_keys.add(SigningKey("b", 2, b""))

    home.signing_keys.remove("a")
    home.signing_keys.remove("never")

    assert ["b"] == [key.kid for key in home.signing_keys.all()]
