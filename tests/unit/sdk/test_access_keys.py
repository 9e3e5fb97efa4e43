"""A client with an access key: tokens are fetched, sent along and renewed."""

import pytest

from podium_sdk import AccessKey, PodiumClient, Unauthorized, UnreadableAnswer
from podium_sdk.testing import ScriptedTransport
from podium_sdk.transport import Response

KEY = AccessKey("key-1", "a secret")
VERSION = ("GET", "/version")
TOKEN = ("POST", "/token")


def refusing(error):
    return Response.of_json({"status": 401, "message": "no", "error": error}, 401)


@pytest.fixture
def server():
    return ScriptedTransport().on(*TOKEN, {"token": "t1"}, {"token": "t2"})


@pytest.fixture
def client(server):
    return PodiumClient(transport=server, access_key=KEY)


def tokens(server):
    return [one.headers.get("X-Authorization") for one in server.sent(*VERSION)]


def test_the_first_request_fetches_a_token_and_later_ones_use_it(server, client):
    server.on(*VERSION, "1")
    client.version()
    client.version()

    [asked] = server.sent(*TOKEN)
    assert {"keyId": "key-1", "keySecret": "a secret"} == asked.json()
    assert ["t1", "t1"] == tokens(server)


@pytest.mark.parametrize("error", ["EXPIRED_TOKEN", "INVALID_TOKEN"])
def test_a_token_that_is_no_longer_good_is_renewed_once(server, client, error):
    server.on(*VERSION, refusing(error), "1")

    assert "1" == client.version()
    assert ["t1", "t2"] == tokens(server)


def test_a_second_refusal_is_the_answer(server, client):
    server.on(*VERSION, refusing("EXPIRED_TOKEN"))

    with pytest.raises(Unauthorized):
        client.version()
    assert ["t1", "t2"] == tokens(server)


def test_what_the_role_does_not_allow_is_not_asked_again(server, client):
    server.on(*VERSION, refusing("FORBIDDEN"))

    with pytest.raises(Unauthorized):
        client.version()
    assert ["t1"] == tokens(server)


def test_a_server_without_tokens_gets_none_and_is_asked_once(server, client):
    server.on(*TOKEN, Response.of_json({"status": 404}, 404))
    server.on(*VERSION, "1")
    client.version()
    client.version()

    assert [None, None] == tokens(server)
    assert 1 == len(server.sent(*TOKEN))


def test_a_wrong_key_is_said_so(server, client):
    server.on(*TOKEN, refusing("INVALID_TOKEN"))

    with pytest.raises(Unauthorized):
        client.version()


def test_an_answer_without_a_token_is_not_taken_for_one(server, client):
    server.on(*TOKEN, {"tok": "t"})

    with pytest.raises(UnreadableAnswer):
        client.version()


def test_a_key_is_read_from_the_environment_and_keeps_its_secret():
    given = {"CONDUCTOR_AUTH_KEY": "key-1", "CONDUCTOR_AUTH_SECRET": "a secret"}

    assert KEY == AccessKey.from_environment(given)
    assert "a secret" not in repr(KEY)
    with pytest.raises(ValueError, match="CONDUCTOR_AUTH_SECRET not set"):
        AccessKey.from_environment({"CONDUCTOR_AUTH_KEY": "key-1"})
