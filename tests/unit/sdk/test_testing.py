"""The scripted transport that tests of clients and workers use."""

import pytest

from podium_sdk import NotFound, PodiumClient, Unreachable
from podium_sdk.testing import ScriptedTransport
from podium_sdk.transport import Request, Response

GET = Request("GET", "/a/b")


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (None, 204, b""),
        ("text", 200, b"text"),
        ({"a": 1}, 200, b'{"a":1}'),
        (Response(500, b"x"), 500, b"x"),
        (lambda request: request.path, 200, b"/a/b"),
    ],
)
def test_answers_are_what_they_look_like(answer, status, body):
    response = ScriptedTransport().on("GET", "/a/*", answer)(GET)

    assert (status, body) == (response.status, response.body)


def test_answers_come_one_after_the_other_and_the_last_one_stays():
    transport = ScriptedTransport().on("GET", "/a/b", "1", "2")

    assert ["1", "2", "2"] == [transport(GET).text() for _ in range(3)]


def test_exceptions_are_raised():
    with pytest.raises(Unreachable, match="away"):
        ScriptedTransport().on("GET", "*", Unreachable("away"))(GET)


def test_what_is_told_later_counts():
    transport = ScriptedTransport().on("GET", "/a/b", "1").on("GET", "*", "2")
    assert "2" == transport(GET).text()

    transport.on("GET", "/a/b", "3")
    assert "3" == transport(GET).text()


def test_a_request_that_nobody_spoke_of_has_no_route():
    with pytest.raises(NotFound, match="No answer is prepared for GET /version"):
        PodiumClient(transport=ScriptedTransport()).version()


def test_requests_are_remembered():
    transport = ScriptedTransport().on("GET", "*", None)
    transport(GET)

    assert [GET] == transport.sent("GET", "/a/*") == transport.wait_for("GET", "/a/b")
    assert [] == transport.sent("POST", "*")


def test_a_route_needs_an_answer():
    with pytest.raises(ValueError, match="at least one"):
        ScriptedTransport().on("GET", "*")
