"""Access keys: drawn, kept, compared, and never shown."""

import hmac
import logging

import pytest

from access_stores import LIFETIME, refusal
from podium.access import applications
from podium.access.applications import Application, new_key
from podium.access.authentication import APPLICATIONS_KEPT
from podium.access.roles import Caller, Role
from podium.access.tokens import LEEWAY
from podium.errors import Unauthenticated

# --- keys ----------------------------------------------------------------------------


def test_a_secret_is_256_bits_of_what_was_drawn():
    asked = []

    def draw(bits):
        asked.append(bits)
        return (1 << bits) - 1

    _, credentials = new_key("billing", 0, draw)

    assert 256 in asked
    assert f"podium_{'_' * 42}8" == credentials.secret
    assert f"billing.{'f' * 24}" == credentials.key_id


def test_what_is_kept_does_not_have_the_secret(access):
    credentials = access.key_for("billing")

    kept = access.home.applications.find("billing").encode()

    assert credentials.secret.encode() not in kept
    assert credentials.secret.removeprefix("podium_").encode() not in kept


def test_equal_secrets_are_kept_differently(access):
    one, two = (applications._digest(salt, "same") for salt in (b"1", b"2"))

    assert one != two


def test_secrets_show_in_no_representation(access):
    credentials = access.key_for("billing")
    application = access.home.applications.find("billing")
    [key] = application.keys

    shown = f"{credentials!r} {credentials} {application!r} {key!r}"

    assert credentials.secret not in shown
    assert repr(key.digest) not in shown
    assert repr(key.salt) not in shown


def test_secrets_and_signatures_are_compared_in_constant_time(access, monkeypatch):
    credentials = access.key_for("billing")
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return hmac.compare_digest.__wrapped__(one, other)

    compare_digest = hmac.compare_digest
    compare.__wrapped__ = compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    process = access.process()

    refusal(process.issue, credentials.key_id, "wrong")
    token = process.issue(credentials.key_id, credentials.secret)
    assert 2 == len(compared)
    process.authenticate(token)
    refusal(process.authenticate, token + "x")
    assert 4 == len(compared)


def test_nothing_of_a_key_is_logged(access, caplog):
    caplog.set_level(logging.DEBUG)
    credentials = access.key_for("billing")
    process = access.process()

    process.authenticate(process.issue(credentials.key_id, credentials.secret))
    refusal(process.issue, credentials.key_id, "wrong-secret")

    assert [] == caplog.records


def test_an_application_is_read_as_it_was_written(access):
    access.key_for("billing", Role.WORKER, Role.READ_ONLY)
    found = access.home.applications.find("billing")

    assert found == Application.decode(found.encode())


# --- tokens for keys -----------------------------------------------------------------


def test_a_key_gets_a_token_and_the_token_its_roles(access):
    credentials = access.key_for("billing", Role.WORKER, Role.READ_ONLY)
    process = access.process()

    token = process.issue(credentials.key_id, credentials.secret)

    expected = Caller("billing", frozenset({Role.WORKER, Role.READ_ONLY}))
    assert expected == process.authenticate(token)
    assert expected == access.process().authenticate(token)


@pytest.mark.parametrize(
    ("key_id", "secret"),
    [
        ("{key}", "wrong"),
        ("{key}", ""),
        ("{key}", "é"),
        ("billing.000000000000000000000000", "{secret}"),
        ("nobody.000000000000000000000000", "{secret}"),
        ("billing", "{secret}"),
        ("", ""),
        ("{key}0", "{secret}"),
        ("../{key}", "{secret}"),
    ],
)
def test_anything_but_key_and_secret_is_refused_in_the_same_words(
    access, key_id, secret
):
    key = access.key_for("billing")
    known = {"key": key.key_id, "secret": key.secret}

    with pytest.raises(Unauthenticated, match="key or its secret is wrong") as refused:
        access.process().issue(key_id.format(**known), secret.format(**known))

    # With INVALID_TOKEN clients would ask for a token to ask for a token with.
    assert "INVALID_CREDENTIALS" == refused.value.error


def test_a_key_of_another_application_does_not_open_this_one(access):
    one, other = access.key_for("one"), access.key_for("other")

    assert "INVALID_CREDENTIALS" == refusal(
        access.process().issue, one.key_id, other.secret
    )


@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_without_a_token_nobody_is_known(access, token):
    access.key_for("billing")

    assert "INVALID_TOKEN" == refusal(access.process().authenticate, token)


def test_a_token_ends(access):
    key = access.key_for("billing")
    process = access.process()
    token = process.issue(key.key_id, key.secret)

    access.clock.advance(LIFETIME + LEEWAY)

    assert "EXPIRED_TOKEN" == refusal(process.authenticate, token)


@pytest.mark.parametrize("what", ["billing", "{key}"])
def test_what_is_revoked_ends_everywhere_within_half_a_minute(access, what):
    key = access.key_for("billing")
    process = access.process()
    token = process.issue(key.key_id, key.secret)
    process.authenticate(token)

    access.operator.revoke(what.format(key=key.key_id))

    assert "INVALID_CREDENTIALS" == refusal(process.issue, key.key_id, key.secret)
    assert "INVALID_TOKEN" == refusal(access.process().authenticate, token)
    access.clock.advance(APPLICATIONS_KEPT)
    assert "INVALID_TOKEN" == refusal(process.authenticate, token)


def test_other_keys_of_an_application_outlive_the_one_revoked(access):
    one, other = access.key_for("billing"), access.operator.create_key("billing")
    process = access.process()
    token = process.issue(other.key_id, other.secret)

    access.operator.revoke(one.key_id)
    access.clock.advance(APPLICATIONS_KEPT)

    assert "billing" == process.authenticate(token).name


def test_a_new_application_of_an_old_name_has_none_of_its_tokens(access):
    key = access.key_for("billing")
    token = access.process().issue(key.key_id, key.secret)
    access.operator.revoke("billing")
    access.key_for("billing", Role.ADMIN)

    assert "INVALID_TOKEN" == refusal(access.process().authenticate, token)


def test_a_new_key_works_at_once_in_every_process(access):
    first = access.key_for("billing")
    process = access.process()
    process.authenticate(process.issue(first.key_id, first.secret))

    second = access.operator.create_key("billing")

    process.authenticate(process.issue(second.key_id, second.secret))


def test_a_process_reads_little_for_many_requests(access):
    key = access.key_for("billing")
    process = access.process()
    token = process.issue(key.key_id, key.secret)
    process.authenticate(token)
    reads = []
    process._applications = process._signing_keys = _Counted(reads)

    for _ in range(100):
        process.authenticate(token)

    assert [] == reads


class _Counted:
    def __init__(self, reads):
        self._reads = reads

    def __getattr__(self, name):
        return lambda *_: self._reads.append(name)
