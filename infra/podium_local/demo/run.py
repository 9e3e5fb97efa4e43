"""The demo beside the server: definitions, workers, one order, and what to try next."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from textwrap import indent
from types import FrameType
from typing import TextIO

from podium.clock import SystemClock
from podium_functions.routes.documentation import PAGE
from podium_local.demo.definitions import WORKFLOW, register
from podium_local.demo.progress import rows, sub_workflow_ids
from podium_local.demo.screen import Plain, Screen, Terminal, is_terminal, style_of
from podium_local.logs import held_back_logs
from podium_sdk import PodiumClient, SdkError, Workflow

INTERVAL = 0.1
"""Seconds between two looks at the workflow."""
PATIENCE = 5.0
"""Seconds that the workers get to finish what they are at."""
ORDER = {"orderId": "order-1001", "shippingMethod": "express"}
NEXT_ORDER = {"orderId": "order-1002", "shippingMethod": "standard"}

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WorkersEnded(Exception):
    """The demo's workers ended by themselves, so nobody fulfils the order."""


@contextmanager
def demo(url: str) -> Iterator[None]:
    """Run the demo against the server at this URL, which the block lets serve.

    A signal that would end the server ends the demo's workers first, so that they can
    still report what they have done.
    """
    with _workers_for(url) as workers:
        order = Demo(url, workers, sys.stdout, os.environ)
        order.start()
        try:
            with _before_signals(order.stop):
                yield
        finally:
            order.stop()


def _workers_for(url: str) -> subprocess.Popen[bytes]:
    """Start the workers: in a session of their own, where Ctrl-C does not reach them.

    Through the pipe they learn of this process' end, however it comes.
    """
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "podium_local.demo.workers", url],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


class Demo:
    """One order, and the workers that fulfil it and those that come after."""

    def __init__(
        self,
        url: str,
        workers: subprocess.Popen[bytes],
        out: TextIO,
        environment: Mapping[str, str],
    ) -> None:
        self._url = url
        self._workers = workers
        self._out = out
        self._environment = environment
        self._clock = SystemClock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo")

    def start(self) -> None:
        """Send the order and show its progress, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the show and the workers; more than once is once."""
        self._stopping.set()
        self._thread.join()
        self._workers.terminate()
        try:
            self._workers.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._workers.kill()
            self._workers.wait()

    def _run(self) -> None:
        try:
            with PodiumClient(self._url) as client:
                self._fulfil_one_order(client)
        except (SdkError, WorkersEnded) as failure:
            if not self._stopping.is_set():
                self._say(f"\nThe demo ends, the server goes on: {failure}\n")

    def _fulfil_one_order(self, client: PodiumClient) -> None:
        register(client)
        workflow_id = client.workflows.start(WORKFLOW, ORDER)
        self._say(f"\nPodium serves {self._url}.  An order comes in:\n\n")
        with _screen_for(self._out, self._environment) as screen:
            workflow = self._follow(client, workflow_id, screen)
        if workflow is not None:
            self._say(closing_words(workflow, self._url))

    def _follow(
        self, client: PodiumClient, workflow_id: str, screen: Screen
    ) -> Workflow | None:
        """Show the workflow until it ends; None where its end is not awaited."""
        while True:
            workflow = client.workflows.get(workflow_id)
            now = self._clock.now()
            screen.show(rows(workflow, _descendants(client, workflow), now), now)
            if workflow.status.is_terminal:
                return workflow
            if self._stopping.wait(INTERVAL):
                return None
            status = self._workers.poll()
            if status is not None:
                raise WorkersEnded(f"its workers ended with status {status}")

    def _say(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def closing_words(workflow: Workflow, url: str) -> str:
    """Return how the order ended, and what to try next."""
    output = json.dumps(workflow.output, indent=2)
    body = shlex.quote(json.dumps(NEXT_ORDER))
    return f"""
The workflow's output:

{indent(output, "  ")}

Podium and its workers go on until Ctrl-C.  Try next:

  Send another order, the slower way
    curl -H 'Content-Type: application/json' -d {body} {url}/api/workflow/{WORKFLOW}

  See all of the order above: its tasks, their inputs and outputs
    curl {url}/api/workflow/{workflow.workflow_id}

  Browse the API
    {url}{PAGE}

"""


def _descendants(client: PodiumClient, workflow: Workflow) -> dict[str, Workflow]:
    """Return the sub-workflows of a workflow and theirs, by id."""
    found: dict[str, Workflow] = {}
    wanted = sub_workflow_ids(workflow)
    while wanted:
        child = client.workflows.get(wanted.pop())
        found[child.workflow_id] = child
        wanted += sub_workflow_ids(child)
    return found


@contextmanager
def _screen_for(out: TextIO, environment: Mapping[str, str]) -> Iterator[Screen]:
    """Return the screen that suits a stream; logs do not tear what it draws."""
    if is_terminal(out, environment):
        with held_back_logs(), Terminal(out, style_of(out, environment)) as screen:
            yield screen
    else:
        yield Plain(out)


@contextmanager
def _before_signals(finish: Callable[[], None]) -> Iterator[None]:
    """Do something before SIGINT and SIGTERM mean what they mean now.

    A second signal does not wait for that.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def pass_on(number: int) -> None:
        finish()
        os.kill(os.getpid(), number)

    def take(number: int, _frame: FrameType | None) -> None:
        restore()
        threading.Thread(target=pass_on, args=(number,), name="farewell").start()

    for number in _SIGNALS:
        signal.signal(number, take)
    try:
        yield
    finally:
        restore()
