"""Connections: HTTP/1.1 as it is spoken, and polls that are held.

Most requests here are bytes, because clients' libraries would not send them.
"""

import contextlib
import http.client
import json
import resource
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from podium_process import PATIENCE, wait_for
from world import simple, task

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def definition(module_server):
    waits = {"name": "waits", "version": 1, "tasks": [task("WAIT", "wait")]}
    module_server.ask("PUT", "/api/metadata/workflow", [waits])


# --- the protocol --------------------------------------------------------------------


def exchange(server, request):
    """Send bytes, and return all that comes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as opened:
        opened.sendall(request)
        received = b""
        while chunk := opened.recv(65_536):
            received += chunk
    return received


LAST = b"GET /api/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_a_connection_is_kept_and_takes_requests_ahead(server):
    request = b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"
    received = exchange(server, request * 3 + LAST)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 4


def test_a_body_in_chunks_is_a_body(server):
    head = b"POST /api/workflow/waits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
    chunks = b'\r\n\r\n5\r\n{"a":\r\n5\r\n "b"}\r\n0\r\n\r\n'
    started = exchange(server, head + chunks + LAST).split(b"\r\n\r\n")[1][:36].decode()
    assert server.ask("GET", f"/api/workflow/{started}")["input"] == {"a": "b"}


def test_twelve_megabytes_are_refused_in_json_and_the_connection_goes_on(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    large = b'{"a":"' + b"x" * 12 * 1024 * 1024 + b'"}'
    for _ in range(2):
        connection.request("POST", "/api/workflow/waits", large)
        answer = connection.getresponse()
        error = json.loads(answer.read())
        assert (answer.status, error["status"]) == (413, 413)
        assert "externalInputPayloadStoragePath" in error["message"]
        assert answer.getheader("content-type") == "application/json"
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("wish", [b"h2c", b"websocket", b"TLS/1.3"])
def test_a_wish_for_another_protocol_is_passed_over_and_its_body_kept(server, wish):
    """Java's own client sends ``Upgrade: h2c`` first on each connection."""
    head = (
        b"POST /api/workflow/waits HTTP/1.1\r\nHost: x\r\n"
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + wish + b"\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 9\r\n\r\n"
    )
    received = exchange(server, head + b'{"a":"b"}' + LAST)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
    started = received.split(b"\r\n\r\n")[1][:36].decode()
    assert server.ask("GET", f"/api/workflow/{started}")["input"] == {"a": "b"}


def test_head_is_get_without_the_body(server):
    got = server.request("GET", "/health")
    headers = server.request("HEAD", "/health")
    assert (headers.status, headers.data) == (200, b"")
    assert headers.headers["content-length"] == got.headers["content-length"]
    assert server.request("HEAD", "/api/tasks/poll/nobody").status == 204
    assert server.request("HEAD", "/nope").status == 404


def test_options_says_what_a_path_takes(server):
    answer = server.request("OPTIONS", "/api/metadata/workflow")
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["allow"] == "GET, POST, PUT, OPTIONS"
    assert server.request("OPTIONS", "/nope").status == 404


def test_a_request_that_is_none_ends_its_connection_alone(server):
    assert exchange(server, b"what is this?\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert server.request("GET", "/health").status == 200


def test_more_connections_than_a_shell_allows_keep_nobody_out(start):
    """Shells of macOS begin with 256 open files, those of Linux with 1,024."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, before[1]))
    try:
        server = start(":memory:")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with contextlib.ExitStack() as idle:
        for _ in range(200):
            address = ("127.0.0.1", server.port)
            idle.enter_context(socket.create_connection(address, PATIENCE))
        assert server.request("GET", "/health").status == 200


# --- held polls ----------------------------------------------------------------------


def wait_for_pollers(server, types):
    def all_poll():
        found = server.ask("GET", "/api/tasks/queue/polldata/all")
        return types <= {one["queueName"] for one in found}

    wait_for(all_poll)


def test_a_held_poll_returns_as_soon_as_there_is_a_task(server):
    name = "held_once"
    definition = {"name": name, "version": 1, "tasks": [simple("work", name)]}
    server.ask("PUT", "/api/metadata/workflow", definition)
    with ThreadPoolExecutor(1) as pool:
        path = f"/api/tasks/poll/batch/{name}?timeout=5000&count=5"
        poll = pool.submit(server.ask, "GET", path)
        wait_for_pollers(server, {name})
        assert not poll.done()
        started = server.ask("POST", f"/api/workflow/{name}", {})
        (found,) = poll.result(4)
    assert found["workflowInstanceId"] == started


def test_one_batch_poll_takes_all_that_is_there(server):
    name = "held_batch"
    definition = {"name": name, "version": 1, "tasks": [simple("work", name)]}
    server.ask("PUT", "/api/metadata/workflow", definition)
    started = {server.ask("POST", f"/api/workflow/{name}", {}) for _ in range(25)}
    polled = server.ask("GET", f"/api/tasks/poll/batch/{name}?count=30")
    assert {one["workflowInstanceId"] for one in polled} == started


def test_fifty_held_polls_and_waiting_calls_do_not_block_other_calls(server):
    types = {f"held_{number}" for number in range(50)}
    answered = threading.Event()

    def poll(task_type):
        path = f"/api/tasks/poll/batch/{task_type}?timeout=3000"
        assert server.ask("GET", path) == []
        return answered.is_set()

    def execute(_number):
        path = "/api/workflow/execute/waits/1?waitForSeconds=3"
        assert server.ask("POST", path, {"name": "waits"})["status"] == "RUNNING"
        return answered.is_set()

    with ThreadPoolExecutor(60) as pool:
        held = [pool.submit(poll, one) for one in types]
        held += [pool.submit(execute, number) for number in range(10)]
        wait_for_pollers(server, types)
        for _ in range(20):
            started = server.ask("POST", "/api/workflow/waits", {})
            server.ask("POST", f"/api/tasks/{started}/wait/COMPLETED", {})
            ended = server.ask("GET", f"/api/workflow/{started}/status")
            assert ended["status"] == "COMPLETED"
        answered.set()
        assert all(one.result() for one in held), "one was answered before the calls"
