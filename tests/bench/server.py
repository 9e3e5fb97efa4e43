"""`podium dev` as a process of its own, on one core, with a database that goes."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path


class Server:
    """A running server: where it is, how fast it came up, what it holds."""

    def __init__(self, process, port, seconds_to_start):
        self.process = process
        self.port = port
        self.seconds_to_start = seconds_to_start

    @property
    def memory_mb(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    @property
    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(core=0):
    """Start a server pinned to one core; the caller keeps to the others."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        started = time.perf_counter()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "podium_local", "dev", "--port", str(port)),
                *("--db", f"{folder}/podium.sqlite3"),
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
                os.sched_setaffinity(process.pid, {core})
            _wait_for(f"http://127.0.0.1:{port}/health", process)
            yield Server(process, port, time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait(30)


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        if process.poll() is not None:
            raise RuntimeError(f"podium dev ended with {process.returncode}")
        time.sleep(0.01)
    raise TimeoutError(url)
