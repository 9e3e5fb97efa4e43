"""The HTTP transport against a small real server on loopback."""

import datetime as dt
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from podium_sdk import HttpTransport, NotFound, PodiumClient, Timeouts, Unreachable
from podium_sdk.transport import Request

PING = Request("GET", "/ping", repeatable=True)


class _Server(ThreadingHTTPServer):
    """Answers /ping, and does what a test asks it to instead."""

    daemon_threads = True

    def __init__(self):
        self.connections = 0
        self.seen = []
        self.script = []
        self.open = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def drop_connections(self):
        """Close every connection, as a restarted server has."""
        for handler in self.open:
            handler.hang_up()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1
        self.server.open.append(self)

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(2)

    def answer(self, status, body, content_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, body, dict(self.headers)))
        if self.server.script:
            self.server.script.pop(0)(self)
        else:
            self.answer(200, b"pong", "text/plain")

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - http.server's names

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@contextmanager
def transport_to(url, **options):
    transport = HttpTransport(url, **options)
    yield transport
    transport.close()


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
def test_the_base_url_may_end_in_api_or_not(server, suffix):
    with transport_to(server.url + suffix) as transport:
        transport(PING)

    assert "/api/ping" == server.seen[0][1]


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://", ""])
def test_what_is_no_http_url_is_refused_at_once(url):
    with pytest.raises(ValueError, match="not an http"):
        HttpTransport(url)


def test_method_query_body_and_headers_arrive(server):
    request = Request(
        "POST", "/a%20b", (("q", "x&y"), ("q", "ü")), b"{}", {"Content-Type": "a/b"}
    )
    with transport_to(server.url, headers={"X-Authorization": "t"}) as transport:
        transport(request)

    method, path, body, headers = server.seen[0]
    assert ("POST", "/api/a%20b?q=x%26y&q=%C3%BC", b"{}") == (method, path, body)
    assert ("a/b", "t") == (headers["Content-Type"], headers["X-Authorization"])


def test_one_connection_serves_many_requests(server):
    with transport_to(server.url) as transport:
        answers = [transport(PING).text() for _ in range(3)]

    assert (["pong"] * 3, 1) == (answers, server.connections)


def test_threads_at_the_same_time_have_a_connection_each(server):
    both = threading.Barrier(2)

    def meet(handler):
        both.wait(5)
        handler.answer(200, b"met")

    server.script = [meet, meet]
    with transport_to(server.url) as transport:
        other = threading.Thread(target=transport, args=(PING,))
        other.start()
        transport(PING)
        other.join()
        transport(PING)

    assert 2 == server.connections


def test_a_connection_that_the_server_has_closed_is_not_used_again(server):
    with transport_to(server.url) as transport:
        transport(PING)
        server.drop_connections()
        answer = transport(Request("POST", "/workflow"))

    assert ("pong", 2) == (answer.text(), server.connections)


def test_a_connection_that_idled_too_long_is_not_used_again(server):
    with transport_to(server.url, timeouts=Timeouts(idle=0)) as transport:
        transport(PING)
        transport(PING)

    assert 2 == server.connections


def test_the_end_of_a_kept_connection_makes_a_repeatable_request_go_twice(server):
    with transport_to(server.url) as transport:
        transport(PING)
        server.script = [_Handler.hang_up]
        answer = transport(PING)

    assert ("pong", 3) == (answer.text(), len(server.seen))


def test_another_request_is_not_sent_twice(server):
    with transport_to(server.url) as transport:
        transport(PING)
        server.script = [_Handler.hang_up]
        with pytest.raises(Unreachable):
            transport(Request("POST", "/workflow"))

    assert 2 == len(server.seen)


def test_a_new_connection_that_ends_without_an_answer_is_not_tried_again(server):
    server.script = [_Handler.hang_up]
    with transport_to(server.url) as transport, pytest.raises(Unreachable):
        transport(PING)

    assert 1 == len(server.seen)


def test_an_answer_that_does_not_come_in_time_is_an_error_of_its_own(server):
    over = threading.Event()
    server.script = [lambda _: over.wait(5)]
    with (
        transport_to(server.url, timeouts=Timeouts(answer=0.05)) as transport,
        pytest.raises(Unreachable, match=r"GET http://127.0.0.1:\d+/api/ping: timed"),
    ):
        transport(PING)
    over.set()


def test_what_the_server_was_asked_to_hold_comes_on_top(server):
    def hold(handler):
        threading.Event().wait(0.1)
        handler.answer(200, b"held")

    server.script = [hold]
    request = Request("GET", "/poll", hold_seconds=5, repeatable=True)
    with transport_to(server.url, timeouts=Timeouts(answer=0.05)) as transport:
        assert "held" == transport(request).text()


def test_a_server_that_is_not_there_is_unreachable(server):
    url = server.url
    with _Server() as gone:
        url = gone.url
    with transport_to(url) as transport, pytest.raises(Unreachable, match="refused"):
        transport(PING)


def test_a_connection_that_the_server_ends_politely_is_closed(server):
    def farewell(handler):
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(b"bye")

    server.script = [farewell]
    with transport_to(server.url) as transport:
        assert ["bye", "pong"] == [transport(PING).text() for _ in range(2)]


def test_the_client_raises_what_the_servers_error_json_says(server):
    server.script = [lambda one: one.answer(404, b'{"message": "No such workflow"}')]
    with (
        PodiumClient(server.url) as client,
        pytest.raises(NotFound, match="404: No such workflow"),
    ):
        client.workflows.get("w")


def test_idle_connections_beyond_the_limit_are_closed(server):
    with transport_to(server.url, max_idle=0) as transport:
        transport(PING)
        transport(PING)

    assert 2 == server.connections


@pytest.fixture
def certificate(tmp_path):
    """A key and a certificate for the loopback address, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    today = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), serial_number=1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def https_server(server, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return f"https://127.0.0.1:{server.server_port}"


def test_https_keeps_its_connections_as_well(server, https_server, certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    with transport_to(https_server, ssl_context=trusting) as transport:
        answers = [transport(PING).text() for _ in range(3)]

    assert (["pong"] * 3, 1) == (answers, server.connections)


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(https_server):
    with (
        transport_to(https_server) as transport,
        pytest.raises(Unreachable, match="self-signed"),
    ):
        transport(PING)
