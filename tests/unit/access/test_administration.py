"""What an operator does: signing keys, names, and changes made at once."""

import pytest

from access_stores import LIFETIME, refusal
from podium.access.administration import HANDOVER
from podium.access.authentication import SIGNING_KEYS_KEPT
from podium.access.roles import Role
from podium.access.tokens import _decode, _Header
from podium.errors import (
    AlreadyExists,
    Conflict,
    IllegalState,
    InvalidInput,
    NotFound,
)

# --- signing keys --------------------------------------------------------------------


def test_without_a_signing_key_the_operator_is_told(access):
    key = access.key_for("billing")
    for one in access.operator.signing_keys():
        access.home.signing_keys.remove(one.kid)

    with pytest.raises(IllegalState, match="rotate-signing-key"):
        access.process().issue(key.key_id, key.secret)


def test_a_rotation_interrupts_nobody(access):
    """Every token is good in every process, however stale, all the way through."""
    key = access.key_for("billing")
    processes = [access.process() for _ in range(3)]
    tokens = []

    def work():
        now = access.clock.now()
        tokens.extend((now, one.issue(key.key_id, key.secret)) for one in processes)
        for issued, token in tokens:
            if access.clock.now() < issued + LIFETIME:
                for process in processes:
                    assert "billing" == process.authenticate(token).name

    work()
    made = access.operator.rotate_signing_key()
    assert 2 == len(access.operator.signing_keys())
    for _ in range(30):
        access.clock.advance(SIGNING_KEYS_KEPT - 1)
        work()

    assert made.kid == access.operator.signing_keys()[-1].kid


def test_a_new_signing_key_is_used_when_every_process_knows_it(access):
    key = access.key_for("billing")
    [before] = access.operator.signing_keys()
    after = access.operator.rotate_signing_key()
    process = access.process()

    assert before.kid == _kid(process.issue(key.key_id, key.secret))
    access.clock.advance(HANDOVER)
    assert after.kid == _kid(process.issue(key.key_id, key.secret))


def _kid(token):
    return _decode(token.split(".")[0], _Header).kid


def test_keys_whose_last_token_has_ended_are_removed_at_the_next_rotation(access):
    access.key_for("billing")
    first = access.operator.signing_keys()[0]
    access.operator.rotate_signing_key()
    access.clock.advance(2 * 24 * 3_600_000)

    access.operator.rotate_signing_key()

    left = [one.kid for one in access.operator.signing_keys()]
    assert 2 == len(left)
    assert first.kid not in left


def test_a_leaked_signing_key_is_of_no_use_any_more(access):
    key = access.key_for("billing")
    process = access.process()
    token = process.issue(key.key_id, key.secret)

    made = access.operator.rotate_signing_key(at_once=True)

    assert [made] == access.operator.signing_keys()
    assert "INVALID_TOKEN" == refusal(access.process().authenticate, token)
    access.clock.advance(SIGNING_KEYS_KEPT)
    assert "INVALID_TOKEN" == refusal(process.authenticate, token)
    process.authenticate(process.issue(key.key_id, key.secret))


# --- the operator's mistakes ---------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a.b", "a b", "-a", "é", "a" * 65, "a\n", "a#"])
def test_a_name_must_do_for_a_key_id(access, name):
    with pytest.raises(InvalidInput, match="name: expected"):
        access.operator.create_application(name, frozenset({Role.ADMIN}))


def test_an_application_without_a_role_is_refused(access):
    with pytest.raises(InvalidInput, match="role"):
        access.operator.create_application("a", frozenset())


def test_a_taken_name_is_refused_and_keeps_its_keys(access):
    key = access.key_for("billing")

    with pytest.raises(AlreadyExists):
        access.operator.create_application("billing", frozenset({Role.ADMIN}))

    access.process().issue(key.key_id, key.secret)


def test_what_is_not_there_cannot_be_changed(access):
    key = access.key_for("billing")
    access.operator.revoke(key.key_id)

    for missing in (key.key_id, "nobody", f"nobody.{'0' * 24}", "no.such"):
        with pytest.raises(NotFound):
            access.operator.revoke(missing)
    with pytest.raises(NotFound):
        access.operator.create_key("nobody")


def test_of_two_operators_at_once_one_is_told_to_try_again(access, monkeypatch):
    access.key_for("billing")
    applications_ = access.home.applications
    read = applications_.find("billing")
    access.operator.create_key("billing")
    monkeypatch.setattr(applications_, "find", lambda _: read)

    with pytest.raises(Conflict, match="try again"):
        access.operator.create_key("billing")
