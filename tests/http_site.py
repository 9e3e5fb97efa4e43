"""A small HTTP server on the loopback, and names for it: for tests of callers."""

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


@dataclass
class Site:
    """A server that answers as the test says and remembers what it was asked."""

    port: int = 0
    status: int = 200
    body: bytes = b"{}"
    headers: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.port}/path?q=1"


def _handler_of(site):
    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            site.requests.append((self.command, self.path, self.headers, body))
            self.send_response(site.status)
            for name, value in site.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(site.body)))
            self.end_headers()
            self.wfile.write(site.body)

        def log_message(self, *_):
            pass

    for method in METHODS:
        setattr(Handler, f"do_{method}", Handler.answer)
    return Handler


@contextmanager
def serving(context=None):
    """Open a site; with an ``ssl`` context it speaks TLS."""
    opened = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(opened))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    opened.port = server.server_port
    with running(server):
        yield opened


@contextmanager
def running(server):
    """Have a server serve, in a thread of its own; close it in the end."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def dripping(status=200, pause=0.02):
    """Open a site whose body never ends, a byte at a time; yield its address.

    With the status of a redirect it leads to itself, each time after a pause.
    """
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            closed.wait(pause)
            self.send_response(status)
            if status != HTTPStatus.OK:
                self.send_header("Location", self.path)
            self.end_headers()
            while status == HTTPStatus.OK and not closed.wait(pause):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            closed.set()


class Names:
    """A resolver with its own names; each answer in turn, the last one for ever."""

    def __init__(self, **known):
        self._known = {name.replace("_", "."): list(one) for name, one in known.items()}
        self.asked = []

    def __call__(self, host, port, **options):
        self.asked.append(host)
        answers = self._known.get(host)
        if answers is None:
            return socket.getaddrinfo(host, port, **options)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, 1, 6, "", (one, port)) for one in answer.split()]
