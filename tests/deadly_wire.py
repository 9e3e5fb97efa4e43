"""A wire from functions to the emulator of AWS, on which their processes die.

Each function has an address of its own, by which the wire knows it, and Lambda's trace
tells its invocations apart.  Whoever asks may be killed before his request is passed
on, or once it is carried out and before he has the answer.
"""

import os
import signal
import threading
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import urllib3

from aws_calls import is_write, name_of

BEFORE, AFTER = "before", "after"
"""When a process dies: its request was not carried out, or it was."""
NOTHING = "nothing"
"""What an invocation has changed at first."""
_HOPS = ("connection", "content-length", "keep-alive", "transfer-encoding")


class DeadlyWire:
    """Passes requests on, unless ``fate(function, wrote, call, is_first=)`` says no.

    ``wrote`` is what the invocation has changed last, and ``is_first`` tells whether it
    begins with this call.  ``untraced`` counts requests of which that is not known,
    ``failures`` are of the wire itself.
    """

    def __init__(self, url, fate):
        self.killed = 0
        self.untraced = Counter()
        self.failures = []
        self._url = url
        self._fate = fate
        self._http = urllib3.PoolManager(maxsize=64, retries=False)
        self._wrote = {}
        self._lock = threading.Lock()
        self._servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_raised):
        for server, thread in self._servers:
            server.shutdown()
            thread.join()
            server.server_close()
        self._http.clear()

    def address_for(self, function):
        """Return where a function finds AWS."""
        server = _Address(self, function)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self._servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    def fate_of(self, function, trace, call):
        """Return when, if at all, who sent the request dies of it."""
        with self._lock:
            if trace is None:
                self.untraced[function, call] += 1
            is_first = trace not in self._wrote
            wrote = self._wrote.setdefault(trace, NOTHING)
            if is_write(call):
                self._wrote[trace] = call
            return self._fate(function, wrote, call, is_first=is_first)

    def pass_on(self, method, path, headers, body):
        """Send a request to the emulator; return its answer."""
        kept = {key: one for key, one in headers if key.lower() not in _HOPS}
        return self._http.request(
            method,
            f"{self._url}{path}",
            body=body,
            headers=kept,
            redirect=False,
            decode_content=False,
        )

    def kill(self, port):
        """Kill the function's process that has this port, if it is still there.

        Another request of its may have been its last meanwhile.
        """
        pid = _owner_of(port, functions_of(self._url))
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.killed += 1


class _Address(ThreadingHTTPServer):
    """Where one function asks."""

    def __init__(self, wire, function):
        super().__init__(("127.0.0.1", 0), _Line)
        self.wire = wire
        self.function = function


class _Line(BaseHTTPRequestHandler):
    """A connection of one of its processes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self):
        # Whoever asks may be killed by another of his requests meanwhile.
        with suppress(ConnectionError):
            super().handle()

    def carry(self):
        try:
            self._carry()
        except ConnectionError:
            raise
        except Exception as failure:
            asked = f"{self.server.function} {self.requestline}"
            self.server.wire.failures.append(f"{asked}: {failure!r}")
            raise

    def _carry(self):
        wire, body = self.server.wire, self._body()
        target = self.headers.get("X-Amz-Target")
        call = name_of(self.command, self.path, target, body)
        trace = self.headers.get("X-Amzn-Trace-Id")
        fate = wire.fate_of(self.server.function, trace, call)
        if fate != BEFORE:
            headers = self.headers.items()
            answer = wire.pass_on(self.command, self.path, headers, body)
        if fate is None:
            self._answer(answer)
        else:
            wire.kill(self.client_address[1])
            self.close_connection = True

    def _body(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("killed while it was asking")
        return body

    def _answer(self, answer):
        self.send_response_only(answer.status)
        for key, one in answer.headers.items():
            if key.lower() not in _HOPS:
                self.send_header(key, one)
        self.send_header("Content-Length", str(len(answer.data)))
        self.end_headers()
        self.wfile.write(answer.data)

    def log_message(self, *_):
        """The test's output is no access log."""


for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
    setattr(_Line, f"do_{method}", _Line.carry)


# --- whose request it is -------------------------------------------------------------


def functions_of(url):
    """Return the processes whose program lies where an emulator unpacks functions."""
    place = f"/emulator-{url.rpartition(':')[2]}-".encode()
    return [pid for pid, words in _processes() if any(place in one for one in words)]


def _processes():
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                yield int(process.name), words[1:]


def _owner_of(port, pids):
    """Return which of the processes has the socket with a port of the loopback."""
    sockets = _sockets_with(port)
    owners = (pid for pid in pids if not sockets.isdisjoint(_opened_by(pid)))
    return next(owners, None)


def _sockets_with(port):
    """Return the socket that has a port, as processes have it among their files."""
    with Path("/proc/net/tcp").open() as lines:
        rows = [line.split() for line in lines]
    return {f"socket:[{row[9]}]" for row in rows if row[1] == f"0100007F:{port:04X}"}


def _opened_by(pid):
    """Yield what a process has open; nothing where it has ended."""
    with suppress(OSError):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(one.readlink())
