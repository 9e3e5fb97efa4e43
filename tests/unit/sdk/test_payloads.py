"""Inputs that a server has laid aside: read before a worker sees the task."""

import json

import pytest

from http_site import serving
from podium_sdk.api import Api
from podium_sdk.errors import Unreachable, UnreadableAnswer
from podium_sdk.tasks import Tasks
from podium_sdk.transport import Response

PATH = "task/input/1.json"
ASIDE = {"taskId": "1", "externalInputPayloadStoragePath": PATH}


def _server(uri, asked):
    """Return a transport: a poll has one task, whose input lies at ``uri``."""

    def answer(request):
        asked.append((request.path, dict(request.query)))
        if request.path == "/tasks/externalstoragelocation":
            return Response.of_json({"uri": uri, "path": PATH})
        return Response.of_json([ASIDE] if "batch" in request.path else ASIDE)

    return answer


def test_a_worker_gets_the_input_that_was_laid_aside():
    asked = []
    with serving() as site:
        site.body = json.dumps({"x": 1}).encode()
        tasks = Tasks(Api(_server(site.uri, asked)))
        alone = tasks.poll("t", worker_id="me")
        found = [alone, *tasks.poll_batch("t", worker_id="me")]

    assert [{"x": 1}, {"x": 1}] == [one.input_data for one in found]
    query = {"path": PATH, "operation": "READ", "payloadType": "TASK_INPUT"}
    assert ("/tasks/externalstoragelocation", query) == asked[1]


@pytest.mark.parametrize(
    ("uri", "error"),
    [("http://127.0.0.1:1/x?token=s", Unreachable), ("file:///x", UnreadableAnswer)],
)
def test_what_cannot_be_read_is_an_error_that_does_not_tell_the_link(uri, error):
    tasks = Tasks(Api(_server(uri, [])))

    with pytest.raises(error) as failed:
        tasks.poll("t", worker_id="me")

    assert "token" not in str(failed.value)
