"""HTTP requests become the events that API Gateway would make of them."""

import asyncio
import base64
import json
import threading

import pytest

from podium.adapters.sqlite.askers import present_asker
from podium.clock import ManualClock
from podium_local import gateway as module
from podium_local.gateway import MAX_BODY, Gateway
from podium_local.pages import refuse_none, refuse_strange_names


class _Recorder:
    """A handler that keeps the last event and answers what it is told to."""

    def __init__(self, answer=None):
        self.answer = answer or {"statusCode": 200, "headers": {}, "body": "ok"}
        self.event = None

    def __call__(self, event, _context):
        self.event = event
        return self.answer


def _serve(recorder, *chunks, refuse=refuse_none, **scope):
    gateway = Gateway(recorder, ManualClock(5), refuse)
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks or (b"",))
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    given = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 4711),
    }
    asyncio.run(gateway(given | scope, receive, send))
    gateway.close()
    return sent


def test_an_event_is_of_payload_format_2():
    recorder = _Recorder()

    _serve(
        recorder,
        b'{"a":1}',
        method="POST",
        path="/api/workflow",
        query_string=b"a=1&a=2&b=",
        headers=[(b"host", b"here"), (b"x-a", b"1"), (b"x-a", b"2")],
    )

    event = recorder.event
    assert "2.0" == event["version"]
    assert "/api/workflow" == event["rawPath"]
    assert "a=1&a=2&b=" == event["rawQueryString"]
    assert {"a": "1,2", "b": ""} == event["queryStringParameters"]
    assert {"host": "here", "x-a": "1,2"} == event["headers"]
    assert '{"a":1}' == event["body"]
    assert not event["isBase64Encoded"]
    assert "POST" == event["requestContext"]["http"]["method"]
    assert "127.0.0.1" == event["requestContext"]["http"]["sourceIp"]
    assert 5 == event["requestContext"]["timeEpoch"]


def test_without_query_and_body_their_keys_are_absent():
    recorder = _Recorder()

    _serve(recorder)

    assert "queryStringParameters" not in recorder.event
    assert "body" not in recorder.event


def test_a_body_in_chunks_is_one_body():
    recorder = _Recorder()

    _serve(recorder, b"one ", b"two ", b"three", method="POST")

    assert "one two three" == recorder.event["body"]


def test_a_body_that_is_no_text_travels_as_base64():
    recorder = _Recorder()

    _serve(recorder, b"\xff\x00", method="POST")

    assert recorder.event["isBase64Encoded"]
    assert b"\xff\x00" == base64.b64decode(recorder.event["body"])


def test_a_response_keeps_status_headers_and_body():
    answer = {"statusCode": 404, "headers": {"X-One": "1"}, "body": '{"a":1}'}

    start, body = _serve(_Recorder(answer))

    assert 404 == start["status"]
    assert [(b"x-one", b"1"), (b"content-length", b"7")] == start["headers"]
    assert b'{"a":1}' == body["body"]


def test_a_204_has_neither_body_nor_length():
    start, body = _serve(_Recorder({"statusCode": 204, "headers": {}, "body": ""}))

    assert [] == start["headers"]
    assert b"" == body["body"]


@pytest.mark.parametrize("parts", [1, 4])
def test_a_body_over_the_limit_is_refused_without_the_handler(parts):
    recorder = _Recorder()
    chunk = b"x" * ((MAX_BODY + parts) // parts)

    start, body = _serve(recorder, *[chunk] * parts, method="POST")

    assert recorder.event is None
    assert 413 == start["status"]
    assert "externalInputPayloadStoragePath" in json.loads(body["body"])["message"]


def test_a_page_under_a_strange_name_does_not_reach_the_handler():
    recorder = _Recorder()
    headers = [(b"host", b"evil.example:8080")]

    start, body = _serve(recorder, refuse=refuse_strange_names, headers=headers)

    assert recorder.event is None
    assert 403 == start["status"]
    assert "Host: evil.example:8080" in json.loads(body["body"])["message"]


# --- polls ---------------------------------------------------------------------------


class _Client:
    """A client of one poll, who stays until he is told to go."""

    def __init__(self, task_type="a"):
        self.path = f"/api/tasks/poll/batch/{task_type}"
        self.going = asyncio.Event()
        self.sent = []
        self._has_asked = False

    async def receive(self):
        if self._has_asked:
            await self.going.wait()
            return {"type": "http.disconnect"}
        self._has_asked = True
        return {"type": "http.request", "body": b""}

    async def send(self, message):
        self.sent.append(message)

    def call(self, gateway):
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": self.path,
            "query_string": b"",
            "headers": [],
        }
        return asyncio.ensure_future(gateway(scope, self.receive, self.send))


class _Held:
    """A handler that holds every poll until its asker is to be answered."""

    def __init__(self):
        self.began = threading.Semaphore(0)
        self.ended = []

    def __call__(self, event, _context):
        asker, bell = present_asker(), threading.Event()
        if event["rawPath"].startswith("/api/tasks/poll"):
            with asker.waking(bell.set):
                self.began.release()
                assert bell.wait(5)
        self.ended.append((event["rawPath"][-1], asker.is_gone))
        return {"statusCode": 204}


async def _begin(handler, calls):
    for _ in calls:
        await asyncio.to_thread(handler.began.acquire, timeout=5)


def test_a_poll_whose_client_goes_away_is_held_for_nobody():
    async def scene():
        handler = _Held()
        gateway, client = Gateway(handler, ManualClock()), _Client()
        call = client.call(gateway)
        await _begin(handler, [call])
        client.going.set()
        await call
        gateway.close()
        return handler.ended

    assert [("a", True)] == asyncio.run(scene())


def test_however_many_polls_are_held_other_calls_go_on(monkeypatch):
    """The poll that is held longest is answered where there is no thread for more."""
    monkeypatch.setattr(module, "MAX_POLLS", 2)

    async def scene():
        handler = _Held()
        gateway = Gateway(handler, ManualClock())
        clients = [_Client(one) for one in "abc"]
        calls = []
        for client in clients:
            calls.append(client.call(gateway))
            await _begin(handler, [calls[-1]])
        other = _Client()
        other.path = "/health"
        await other.call(gateway)
        await calls[0]
        ended = list(handler.ended)
        for client in clients:
            client.going.set()
        await asyncio.gather(*calls)
        gateway.close()
        return ended

    assert {("a", False), ("h", False)} == set(asyncio.run(scene()))
