"""The background of the embedded home: what queues and timers trigger on AWS.

Commands and wake-ups of one workflow run one after the other, those of different
workflows side by side.  Nothing is polled: the home says when there is something.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Generic, Protocol, TypeVar

from podium.adapters.sqlite.commands import ReceivedCommand
from podium.adapters.sqlite.home import SqliteHome
from podium.adapters.sqlite.timers import ArmedTimer
from podium.bootstrap import Podium
from podium.errors import PodiumError, Unavailable

logger = logging.getLogger(__name__)

THREADS = 4
SYSTEM_TASKS_AT_ONCE = 16
GRACE = 1.0
"""Seconds that a system task under way is given when the process ends."""
_RETRY_AFTER = 1_000
_RECEIVE_FOR = 60_000
_PAUSE_AFTER_TROUBLE = 1.0
_SHOWN = 500
_Thing = TypeVar("_Thing")
_Received = TypeVar("_Received")


class Pump:
    """Works off commands and timers."""

    def __init__(self, opened: SqliteHome, podium: Podium) -> None:
        self._commands = opened.commands
        self._timers = opened.timers
        self._clock = opened.home.clock
        self._podium = podium
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._is_stopping = False
        self._places = threading.Semaphore(THREADS)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="decider")
        self._thread = threading.Thread(target=self._run, name="pump")
        self._unwatch = [
            self._commands.watch(self._wanted.set),
            self._timers.watch(self._wanted.set),
        ]

    def start(self) -> None:
        """Begin, with whatever was left from before."""
        self._wanted.set()
        self._thread.start()

    def request_stop(self) -> None:
        """Take up nothing more."""
        self._is_stopping = True
        self._wanted.set()

    def join(self) -> None:
        """Finish what is under way and end the threads."""
        self._thread.join()
        self._pool.shutdown(wait=True)
        for unwatch in self._unwatch:
            unwatch()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._is_stopping:
                return
            try:
                while self._submit_due() and not self._is_stopping:
                    pass
            except Unavailable as failure:
                logger.warning("pump_waits", extra={"reason": failure.message})
                threading.Event().wait(_PAUSE_AFTER_TROUBLE)
                self._wanted.set()

    def _submit_due(self) -> bool:
        """Hand one thing that is due to a thread; False where there is none."""
        with self._lock:
            busy = frozenset(self._busy)
        for command in self._commands.receive(1, busy):
            self._submit(command.workflow_id, self._handle, command)
            return True
        for timer in self._timers.due(self._clock.now(), 1, busy):
            self._submit(timer.workflow_id, self._wake, timer)
            return True
        return False

    def _submit(
        self, workflow_id: str, work: Callable[[_Thing], None], thing: _Thing
    ) -> None:
        self._places.acquire()
        with self._lock:
            self._busy.add(workflow_id)

        def run() -> None:
            try:
                work(thing)
            finally:
                with self._lock:
                    self._busy.discard(workflow_id)
                self._places.release()
                self._wanted.set()

        self._pool.submit(run)

    def _handle(self, command: ReceivedCommand) -> None:
        try:
            self._podium.decider_queue.handle(command.workflow_id, command.command)
        except Exception:
            # A command that fails for whatever reason is tried again and then put
            # aside: it may not end the pump (design 9, a poisoned command).
            is_dead = self._commands.fail(command.receipt, _RETRY_AFTER)
            logger.exception(
                "command_failed",
                extra={"workflow_id": command.workflow_id, "given_up": is_dead},
            )
        else:
            self._commands.delete(command.receipt)

    def _wake(self, timer: ArmedTimer) -> None:
        try:
            self._podium.decider_queue.wake(timer.workflow_id)
        except PodiumError as failure:
            logger.exception("wake_failed", extra={"workflow_id": timer.workflow_id})
            if failure.retryable:
                self._timers.arm(timer.workflow_id, self._clock.now() + _RETRY_AFTER)
        self._timers.done([timer])


class Worked(Protocol[_Received]):
    """What has a queue to be worked off: system tasks, notifications."""

    def receive(self, queue: str, limit: int, wait: int) -> list[_Received]:
        """Return messages, waiting up to ``wait`` ms for the first."""
        ...

    def handle(self, queue: str, received: _Received) -> None:
        """Do what a message is about, and take it away."""
        ...


class QueuePump(Generic[_Received]):
    """Works off one queue: of a system task type, or of notifications.

    ``at_once`` is how many of its messages are handled side by side.

    Its threads are daemons, which end with the process: a call to a service that does
    not answer may take minutes, and nothing is lost where it is left, because the
    message is handed out again at the next start.
    """

    def __init__(
        self,
        worked: Worked[_Received],
        queue: str,
        at_once: int = SYSTEM_TASKS_AT_ONCE,
    ) -> None:
        self._worked = worked
        self._queue = queue
        self._is_stopping = False
        self._places = threading.Semaphore(at_once)
        self._idle = threading.Semaphore(0)
        self._received: SimpleQueue[_Received | None] = SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name=f"pump-{queue}")

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def request_stop(self) -> None:
        """Take up nothing more."""
        self._is_stopping = True

    def join(self) -> None:
        """Let what is under way finish if it soon does, and leave it if it does not.

        Whoever waits for a message must have been released before.
        """
        self._thread.join()
        deadline = time.monotonic() + GRACE
        for _ in self._workers:
            self._received.put(None)
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        left = sum(worker.is_alive() for worker in self._workers)
        if left:
            logger.info("messages_left", extra={"queue": self._queue, "count": left})

    def _run(self) -> None:
        while not self._is_stopping:
            self._places.acquire()
            try:
                received = self._worked.receive(self._queue, 1, _RECEIVE_FOR)
            except Unavailable as failure:
                if not self._is_stopping:
                    logger.warning("pump_waits", extra={"reason": failure.message})
                    threading.Event().wait(_PAUSE_AFTER_TROUBLE)
                received = []
            if received:
                self._submit(received[0])
            else:
                self._places.release()

    def _submit(self, message: _Received) -> None:
        """Hand a message to a thread that is idle, or to a new one."""
        if not self._idle.acquire(blocking=False):
            name = f"{self._queue}-{len(self._workers)}"
            worker = threading.Thread(target=self._work, name=name, daemon=True)
            self._workers.append(worker)
            worker.start()
        self._received.put(message)

    def _work(self) -> None:
        while (message := self._received.get()) is not None:
            self._handle(message)
            self._idle.release()
            self._places.release()

    def _handle(self, message: _Received) -> None:
        try:
            self._worked.handle(self._queue, message)
        except Exception:
            # The message comes again after its visibility; the log says why.
            about = repr(message)[:_SHOWN]
            logger.exception(
                "message_failed", extra={"queue": self._queue, "about": about}
            )
