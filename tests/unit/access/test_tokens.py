"""Tokens: what is believed of one, and what never is."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.access.roles import Role
from podium.access.tokens import (
    LEEWAY,
    Claims,
    SigningKey,
    _signature,
    read,
    sign,
    signing_key,
    valid_keys,
)
from podium.errors import Unauthenticated

NOW = 1_700_000_000_000
MINUTE = 60_000
KEY = SigningKey("k1", NOW - MINUTE, b"s" * 32)
OTHER = SigningKey("k2", NOW - MINUTE, b"o" * 32)
KEYS = {"k1": KEY}
CLAIMS = Claims("billing", "billing.1", frozenset({Role.WORKER}), NOW, NOW + MINUTE)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def signed(header, body):
    """Return a token with a good signature, whatever it says."""
    text = f"{encoded(header)}.{encoded(body)}"
    return f"{text}.{_signature(text, KEY)}"


def error_of(token, keys=KEYS, now=NOW):
    with pytest.raises(Unauthenticated) as refusal:
        read(token, keys, now)
    return refusal.value.error


def test_what_was_signed_is_read():
    assert CLAIMS == read(sign(CLAIMS, KEY), KEYS, NOW)


def test_a_token_is_a_jwt_that_others_can_read():
    header, body, _ = map(str, sign(CLAIMS, KEY).split("."))

    assert {"alg": "HS256", "kid": "k1", "typ": "JWT"} == decoded(header)
    assert {
        "sub": "billing",
        "key": "billing.1",
        "roles": ["worker"],
        "iat": NOW // 1000,
        "exp": (NOW + MINUTE) // 1000,
    } == decoded(body)


def test_the_signature_is_that_of_rfc_7515_appendix_a_1():
    """The standard's own example, an implementation other than ours."""
    text = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
        "c19yb290Ijp0cnVlfQ"
    )
    secret = base64.urlsafe_b64decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1"
        "Z9CAow=="
    )

    assert "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" == _signature(
        text, SigningKey("k", 0, secret)
    )


@given(st.data())
def test_a_token_with_any_other_character_is_invalid(data):
    token = sign(CLAIMS, KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(ALPHABET + ".=+/ é\ud800"))
    changed = token[:at] + other + token[at + 1 :]

    if changed != token:
        assert "INVALID_TOKEN" == error_of(changed)


@given(st.text(max_size=60))
def test_what_is_no_token_is_invalid(text):
    assert "INVALID_TOKEN" == error_of(text)


def test_a_token_of_any_length_is_refused_quickly():
    assert "INVALID_TOKEN" == error_of("a" * 10_000_000)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "k1", "typ": "JWT"},
        {"alg": "HS512", "kid": "k1", "typ": "JWT"},
        {"alg": "hs256", "kid": "k1", "typ": "JWT"},
        {"alg": "RS256", "kid": "k1", "typ": "JWT"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "HS256", "kid": "k2", "typ": "JWT"},
        {"alg": "HS256", "kid": 1, "typ": "JWT"},
        {"alg": "HS256", "kid": "k1", "typ": "JWT", "crit": ["b64"], "b64": False},
        {"alg": "HS256", "kid": "k1", "typ": "JWT", "jwk": {"k": "AA"}},
        [],
        b"{",
    ],
)
def test_a_header_of_another_form_is_invalid_even_if_signed(header):
    assert "INVALID_TOKEN" == error_of(signed(header, decoded(_body_of(CLAIMS))))


def _body_of(claims):
    return sign(claims, KEY).split(".")[1]


@pytest.mark.parametrize(
    "change",
    [
        {"sub": None},
        {"key": 7},
        {"roles": "admin"},
        {"roles": ["root"]},
        {"iat": "now"},
        {"exp": None},
        {"exp": 1e300},
    ],
)
def test_claims_of_another_form_are_invalid_even_if_signed(change):
    header = {"alg": "HS256", "kid": "k1", "typ": "JWT"}
    body = decoded(_body_of(CLAIMS)) | change

    assert "INVALID_TOKEN" == error_of(signed(header, body))


def test_an_unsigned_token_is_invalid():
    header, body, _ = sign(CLAIMS, KEY).split(".")

    assert "INVALID_TOKEN" == error_of(f"{header}.{body}.")
    assert "INVALID_TOKEN" == error_of(f"{header}.{body}")


def test_a_token_of_another_key_is_invalid():
    assert "INVALID_TOKEN" == error_of(sign(CLAIMS, OTHER))
    forged = replace(OTHER, kid="k1")
    assert "INVALID_TOKEN" == error_of(sign(CLAIMS, forged))


def test_a_token_ends_at_its_time_and_a_leeway_later():
    token = sign(CLAIMS, KEY)

    assert CLAIMS == read(token, KEYS, NOW + MINUTE + LEEWAY - 1)
    assert "EXPIRED_TOKEN" == error_of(token, now=NOW + MINUTE + LEEWAY)


def test_a_token_may_come_from_a_clock_that_is_a_leeway_ahead():
    token = sign(CLAIMS, KEY)

    assert CLAIMS == read(token, KEYS, NOW - LEEWAY)
    assert "INVALID_TOKEN" == error_of(token, now=NOW - LEEWAY - 1)


def test_an_expired_token_that_is_forged_is_invalid():
    assert "INVALID_TOKEN" == error_of(sign(CLAIMS, OTHER), now=NOW + 10 * MINUTE)


# --- signing keys --------------------------------------------------------------------


def keys_from(*minutes):
    return [SigningKey(str(one), NOW + one * MINUTE, b"") for one in minutes]


@pytest.mark.parametrize(
    ("active", "signer"), [([], None), ([1], None), ([-2, 0, 1], "0"), ([0, -1], "0")]
)
def test_the_newest_active_key_signs(active, signer):
    found = signing_key(keys_from(*active), NOW)

    assert signer == (found and found.kid)


@pytest.mark.parametrize(
    ("active", "valid"),
    [
        ([-100], {"-100"}),
        ([-100, 2], {"-100", "2"}),
        ([-100, -9], {"-100", "-9"}),
        ([-100, -11], {"-11"}),
        ([-100, -50, -9], {"-50", "-9"}),
    ],
)
def test_a_key_is_good_until_its_last_token_has_ended(active, valid):
    assert valid == set(valid_keys(keys_from(*active), NOW, 10 * MINUTE))


def test_a_signing_key_shows_its_secret_nowhere():
    assert "ssss" not in f"{KEY!r} {KEY}"
