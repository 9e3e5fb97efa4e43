"""How refusals become typed errors (reference 1.10)."""

import json

import pytest

from podium_sdk import errors
from podium_sdk.errors import refusal


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Unauthorized),
        (404, errors.NotFound),
        (405, errors.MethodNotAllowed),
        (409, errors.Conflict),
        (413, errors.PayloadTooLarge),
        (418, errors.ApiError),
        (429, errors.TooManyRequests),
        (500, errors.ServerError),
        (503, errors.ServerError),
    ],
)
def test_each_status_has_its_error(status, kind):
    error = refusal(status, b'{"message": "no"}')

    assert (kind, status, "no") == (type(error), error.status, error.message)


@pytest.mark.parametrize(
    ("status", "body", "retryable"),
    [
        (500, {"retryable": True}, True),
        (503, {"retryable": False}, False),
        (503, {}, True),
        (500, {}, False),
        (429, {}, True),
        (404, {"retryable": None}, False),
    ],
)
def test_the_server_knows_best_whether_to_try_again(status, body, retryable):
    assert retryable == refusal(status, json.dumps(body).encode()).retryable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"", "no reason given"),
        (b"[1, 2]", "[1, 2]"),
        (b'{"error": "EXPIRED_TOKEN"}', "EXPIRED_TOKEN"),
        (b'{"message": null}', "no reason given"),
        (b"\xff", "\ufffd"),
        (b"x" * 1000, "x" * 300),
    ],
)
def test_gateways_answer_in_their_own_words(body, message):
    assert message == refusal(502, body).message


def test_findings_of_another_shape_are_left_out():
    body = b'{"message": "no", "validationErrors": ["what", {"path": "a"}]}'

    assert ["a"] == [one.path for one in refusal(400, body).validation_errors]
    assert () == refusal(400, b'{"validationErrors": 3}').validation_errors
