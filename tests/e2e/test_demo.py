"""`podium dev --demo`: an order is fulfilled, and nothing is left running after it."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress

import pytest
import urllib3

from podium_process import COMMAND, PATIENCE

pytestmark = pytest.mark.e2e

_SERVES = re.compile(r"Podium serves (http://\S+?)\. ")


class DemoProcess:
    """A running demo, and the text that it shows."""

    def __init__(self, folder, stdout, port=0):
        self._errors = (folder / "errors").open("a+")
        self._process = subprocess.Popen(
            [
                *(*COMMAND, "dev", "--demo", "--port", str(port)),
                *("--db", str(folder / "podium.sqlite3")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=self._errors,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        )
        self.text = ""
        self._changed = threading.Condition()

    def read_from(self, descriptor):
        """Gather what comes from there, in a thread."""
        threading.Thread(target=self._read, args=(descriptor,), daemon=True).start()

    def _read(self, descriptor):
        with suppress(OSError):  # a terminal's end without its other end is an error
            while chunk := os.read(descriptor, 65_536):
                with self._changed:
                    self.text += chunk.decode()
                    self._changed.notify_all()

    def wait_for(self, text):
        """Wait until the demo has shown this; return what it has shown so far."""
        with self._changed:
            came = self._changed.wait_for(lambda: text in self.text, PATIENCE)
        assert came, f"no {text!r} in:\n{self.text}\n{self.errors()}"
        return self.text

    @property
    def url(self):
        return _SERVES.search(self.text)[1]

    def get(self, path):
        answer = urllib3.request("GET", self.url + path, timeout=PATIENCE)
        assert 200 == answer.status, answer.data
        return json.loads(answer.data)

    def errors(self):
        """Return what it has logged."""
        self._errors.seek(0)
        return self._errors.read()

    def end(self, number):
        """Send a signal and return the exit status."""
        self._process.send_signal(number)
        return self._process.wait(PATIENCE)

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE)
        self._errors.close()


@pytest.fixture
def start(tmp_path):
    """Start the demo with its output in a pipe, or on a terminal."""
    opened, started = [], []

    def start_demo(*, on_terminal=False, port=0):
        readable, writable = pty.openpty() if on_terminal else os.pipe()
        opened.append(readable)
        try:
            demo = DemoProcess(tmp_path, writable, port)
        finally:
            os.close(writable)
        started.append(demo)
        demo.read_from(readable)
        return demo

    yield start_demo
    for demo in started:
        demo.close()
    for descriptor in opened:
        os.close(descriptor)


def worker_pid(workflow):
    """Return the process that did the workflow's first task."""
    return int(workflow["tasks"][0]["workerId"].rpartition("-")[2])


def has_ended(pid):
    """Whether a process is no more, after a moment for its end."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        command = ["ps", "-o", "stat=", "-p", str(pid)]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        if shown.stdout.strip()[:1] in {"", "Z"}:  # a zombie has only to be buried
            return True
        time.sleep(0.02)
    return False


def workflow_of(demo):
    """Return the workflow whose id the demo shows first."""
    workflow_id = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", demo.text)[0]
    return demo.get(f"/api/workflow/{workflow_id}")


def test_an_order_is_fulfilled_line_by_line_and_the_end_leaves_nothing(start):
    demo = start()

    text = demo.wait_for("Browse the API")
    workflow = workflow_of(demo)

    assert "COMPLETED" == workflow["status"]
    for line in (
        r"COMPLETED    validate_order\n",
        r"COMPLETED    prepare/reserve_item_3\n",
        r"COMPLETED    shipping_method  express\n",
        r"FAILED       ship/book_courier  ConnectionError: the courier does not ans",
        r"COMPLETED    ship/book_courier  attempt 2\n",
        r"COMPLETED    ship/wait_for_courier\n",
        r"COMPLETED    order_fulfilment  \S+\n\nThe workflow's output:\n",
    ):
        assert re.search(rf"^ *\d+\.\d\d s  {line}", text, re.MULTILINE), line
    assert {
        "orderId": "order-1001",
        "paid": "60.50 EUR",
        "paymentId": "pay-738386",
        "reserved": [
            "1 teapot, shelf A-11",
            "4 cup, shelf A-26",
            "2 earl-grey, shelf A-27",
        ],
        "courier": "Swift Express",
        "trackingNumber": "TRK-738386",
    } == workflow["output"]
    assert "\x1b" not in text
    assert 0 == demo.end(signal.SIGTERM)
    assert has_ended(worker_pid(workflow))
    assert ["podium_listens", "podium_stopped"] == [
        json.loads(line)["message"] for line in demo.errors().splitlines()
    ]


def test_a_second_run_goes_on_with_what_a_killed_one_has_left(start):
    killed = start()
    killed.wait_for("FAILED       ship/book_courier")
    left = workflow_of(killed)
    killed.end(signal.SIGKILL)
    assert has_ended(worker_pid(left))

    demo = start()
    demo.wait_for("Browse the API")

    statuses = [
        demo.get(f"/api/workflow/{one['workflowId']}")["status"]
        for one in (left, workflow_of(demo))
    ]
    assert ["COMPLETED", "COMPLETED"] == statuses
    assert 0 == demo.end(signal.SIGTERM)


def test_on_a_terminal_the_tree_is_redrawn_and_ctrl_c_ends_all_of_it(start):
    demo = start(on_terminal=True)
    demo.wait_for("attempt 2")
    workflow = workflow_of(demo)

    assert 0 == demo.end(signal.SIGINT)
    text = demo.wait_for("\x1b[?25h")
    assert has_ended(worker_pid(workflow))
    assert "├─ \x1b[0m\x1b[32m✓ \x1b[0mvalidate_order" in text
    assert re.search(r"\r\x1b\[\d+A\x1b\[2K", text)
    assert "The workflow's output" not in text


def test_the_end_of_its_workers_ends_the_demo_but_not_the_server(start):
    demo = start()
    demo.wait_for("IN_PROGRESS  prepare/charge_payment")
    os.kill(worker_pid(workflow_of(demo)), signal.SIGKILL)

    demo.wait_for("the server goes on: its workers ended with status -9\n")

    assert "RUNNING" == workflow_of(demo)["status"]
    assert 0 == demo.end(signal.SIGTERM)


def test_a_port_that_is_taken_is_the_end_before_anything_is_started(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo = start(port=taken.getsockname()[1])
        status = demo.end(0)

    assert (1, "") == (status, demo.text)
    assert re.fullmatch(
        r"podium: --port: cannot listen on .* Address already in use.*\n",
        demo.errors(),
    )
