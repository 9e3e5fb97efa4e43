"""The HTTP server: clients that owe something, and requests that never end."""

import json
import socket
import threading

import pytest

from podium.clock import ManualClock
from podium_local import server as module
from podium_local.gateway import Gateway
from podium_local.server import MAX_HEAD, build_server, listen

SOON = 5
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n"
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"


@pytest.fixture(scope="module")
def address():
    """A server that answers everything with 200."""
    gateway = Gateway(lambda _event, _context: {"statusCode": 200}, ManualClock())
    server = build_server(gateway)
    opened = listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    yield opened.getsockname()
    server.stop()
    thread.join()
    gateway.close()


@pytest.fixture
def connect(address):
    """Connect to the server."""
    clients = []

    def connect():
        clients.append(socket.create_connection(address, SOON))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def received(client):
    """Return all that comes until the server ends the connection."""
    answer = b""
    while chunk := client.recv(65_536):
        answer += chunk
    return answer


@pytest.mark.parametrize("sent", [b"", b"GET / HT", ASK, HALF_A_BODY])
def test_who_owes_a_request_and_is_silent_is_sent_away(connect, monkeypatch, sent):
    monkeypatch.setattr(module, "MAX_SILENCE", 0.02)
    client = connect()
    client.sendall(sent)

    assert b"" == received(client)


def test_who_owes_the_rest_of_a_second_request_is_sent_away_too(connect, monkeypatch):
    monkeypatch.setattr(module, "MAX_SILENCE", 0.02)
    client = connect()
    client.sendall(ASK + b"\r\n")
    assert client.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    client.sendall(ASK)

    assert b"" == received(client)


def test_who_is_slow_has_all_the_time_he_needs(connect, monkeypatch):
    monkeypatch.setattr(module, "MAX_SILENCE", 1)
    client = connect()
    for byte in ASK + b"Connection: close\r\n\r\n":
        client.sendall(bytes([byte]))

    assert received(client).startswith(b"HTTP/1.1 200 OK")


def test_many_requests_ahead_are_no_head_that_is_too_large(connect):
    client = connect()
    client.sendall(ASK)
    ahead = (b"\r\n" + ASK) * 3_000
    sender = threading.Thread(
        target=send_all, args=(client, ahead + b"Connection: close\r\n\r\n")
    )
    sender.start()

    assert 3_001 == received(client).count(b"HTTP/1.1 200 OK")
    sender.join()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * MAX_HEAD,
        b"GET / HTTP/1.1\r\nX: " + b"y" * (MAX_HEAD + 1) + b"\r\n\r\n",
        b"GET /" + b"x" * MAX_HEAD + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["many headers", "a long header", "a long path"],
)
def test_a_head_that_is_too_large_is_refused_in_json(connect, head):
    client = connect()
    sender = threading.Thread(target=send_all, args=(client, head))
    sender.start()

    answer, _, error = received(client).partition(b"\r\n\r\n")
    sender.join()

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert 431 == json.loads(error)["status"]


def send_all(client, head):
    """Send as much as the server takes."""
    try:
        client.sendall(head)
    except OSError:
        return


def test_a_head_that_never_ends_is_refused_as_well(connect):
    client = connect()
    client.sendall(b"GET / HTTP/1.1\r\nX: y")
    sender = threading.Thread(target=send_all, args=(client, b"y" * 2_000_000))
    sender.start()

    assert received(client).startswith(b"HTTP/1.1 431 ")
    client.close()
    sender.join()
