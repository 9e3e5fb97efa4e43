"""`podium dev` as a process of its own, for tests that need a real one."""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import urllib3

PATIENCE = 30
"""Seconds after which a process that does nothing has failed its test."""
COMMAND = (sys.executable, "-m", "podium_local")


def wait_for(what, patience=PATIENCE, otherwise=lambda: "it never came to that"):
    """Ask again and again until the answer is true; return it.

    ``otherwise`` tells what to say of it where that takes too long.
    """
    deadline = time.monotonic() + patience
    while not (answer := what()):
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)
    return answer


class PodiumProcess:
    """A running server, what it logs, and one HTTP client for it."""

    def __init__(self, database, *, port=0, options=(), environment=None):
        self._process = subprocess.Popen(
            [
                *(*COMMAND, "dev", "--port", str(port)),
                *(() if database is None else ("--db", str(database))),
                *options,
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.log = []
        self.url = None
        self._spoke = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._http = urllib3.PoolManager(maxsize=64, retries=False)

    def _read(self):
        for line in self._process.stderr:
            self.log.append(line)
            if self.url is None and '"podium_listens"' in line:
                self.url = json.loads(line)["url"]
                self._spoke.set()
        self._spoke.set()

    @property
    def pid(self):
        return self._process.pid

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    @property
    def status(self):
        """The exit status, None while it runs."""
        return self._process.poll()

    def wait_until_it_listens(self):
        assert self._spoke.wait(PATIENCE), "podium dev says nothing"
        if self.url is None:
            raise RuntimeError("podium dev ended at once:\n" + "".join(self.log))
        return self

    # --- HTTP ------------------------------------------------------------------

    def request(self, method, path, body=None, **headers):
        """Send a request: JSON unless the body is bytes; the answer is urllib3's."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("content_type", "application/json")
        return self._http.request(
            method,
            self.url + path,
            body=body,
            headers={name.replace("_", "-"): one for name, one in headers.items()},
            redirect=False,
            timeout=PATIENCE,
        )

    def ask(self, method, path, body=None):
        """Send a request that must succeed; return its JSON, text, or None."""
        answer = self.request(method, path, body)
        text = answer.data.decode()
        assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
        if answer.headers.get("content-type", "").startswith("application/json"):
            return json.loads(text)
        return text or None

    # --- the end ---------------------------------------------------------------

    def send(self, signal):
        self._process.send_signal(signal)

    def wait(self):
        """Wait for the end; return the exit status."""
        status = self._process.wait(PATIENCE)
        self._close()
        return status

    def kill(self):
        """End it as a crash would."""
        self._process.kill()
        return self.wait()

    def stop(self):
        """End it in whatever state it is."""
        if self.status is None:
            self._process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _close(self):
        self._reader.join(PATIENCE)
        self._process.stderr.close()
        self._http.clear()


@contextmanager
def running(database, **options):
    """Start a server, wait until it listens, and stop it in the end."""
    server = PodiumProcess(database, **options)
    try:
        yield server.wait_until_it_listens()
    finally:
        server.stop()


def client_environment():
    """What the user's shell says about Conductor and proxies is not meant for tests."""
    kept = {key: one for key, one in os.environ.items() if "CONDUCTOR" not in key}
    return {**kept, "NO_PROXY": "127.0.0.1"}
