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
from podium_local.ending import end

logger = logging.getLogger(__name__)

THREADS = 4
SYSTEM_TASKS_AT_ONCE = 16
GRACE = 1.0
"""Seconds that a system task under way is given when the process ends."""
_RETRY_AFTER = 1_000
_MISTAKE_AGAIN_AFTER = 60_000
"""Milliseconds until a workflow is woken again whose waking met a mistake of ours."""
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
        self._stopping = threading.Event()
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
        self._stopping.set()
        self._wanted.set()

    def join(self) -> None:
        """Let what is under way finish if it soon does, and leave it if it does not."""
        self._thread.join()
        for unwatch in self._unwatch:
            unwatch()
        end(self._pool)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopping.is_set():
                return
            try:
                while self._submit_due() and not self._stopping.is_set():
                    pass
            except Unavailable as failure:
                self._wait_out(failure)
                self._wanted.set()

    def _wait_out(self, trouble: Unavailable) -> None:
        """Pause where nothing can be written, instead of failing again at once."""
        logger.warning("pump_waits", extra={"reason": trouble.message})
        self._stopping.wait(_PAUSE_AFTER_TROUBLE)

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
        while not self._places.acquire(timeout=_PAUSE_AFTER_TROUBLE):
            if self._stopping.is_set():
                return
        with self._lock:
            self._busy.add(workflow_id)

        def run() -> None:
            try:
                work(thing)
            except Unavailable as failure:
                # Not even that it failed could be written: it is as it was before.
                self._wait_out(failure)
            finally:
                with self._lock:
                    self._busy.discard(workflow_id)
                self._places.release()
                self._wanted.set()

        self._pool.submit(run)

    def _handle(self, command: ReceivedCommand) -> None:
        about = {"workflow_id": command.workflow_id}
        try:
            self._podium.decider_queue.handle(command.workflow_id, command.command)
        except Unavailable as failure:
            # The store is to blame, for however long: that is not a poisoned command.
            extra = {**about, "reason": failure.message}
            logger.warning("command_postponed", extra=extra)
            self._commands.postpone(command.receipt, _RETRY_AFTER)
        except Exception:
            # A command that fails for whatever reason is tried again and then put
            # aside: it may not end the pump (design 9, a poisoned command).
            is_dead = self._commands.fail(command.receipt, _RETRY_AFTER)
            logger.exception("command_failed", extra={**about, "given_up": is_dead})
        else:
            self._commands.delete(command.receipt)

    def _wake(self, timer: ArmedTimer) -> None:
        again = self._try_to_wake(timer.workflow_id)
        if again is not None:
            self._timers.arm(timer.workflow_id, self._clock.now() + again)
        self._timers.done([timer])

    def _try_to_wake(self, workflow_id: str) -> int | None:
        """Wake a workflow; return after how many ms to try again, None: not at all."""
        about = {"workflow_id": workflow_id}
        try:
            self._podium.decider_queue.wake(workflow_id)
        except Unavailable as failure:
            extra = {**about, "reason": failure.message}
            logger.warning("wake_postponed", extra=extra)
            return _RETRY_AFTER
        except PodiumError as failure:
            logger.exception("wake_failed", extra=about)
            return _RETRY_AFTER if failure.retryable else None
        except Exception:
            # A mistake of ours: the others' timers go on, and this one is not lost.
            logger.exception("wake_failed", extra=about)
            return _MISTAKE_AGAIN_AFTER
        return None


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

    ``at_once`` is how many of its messages are handled side by side.  ``put_back`` has
    a message come again soon whose handling met trouble with the store; without it the
    message does so by itself, when it has been hidden for long enough.

    Its threads are daemons, which end with the process: a call to a service that does
    not answer may take minutes, and nothing is lost where it is left, because the
    message is handed out again at the next start.
    """

    def __init__(
        self,
        worked: Worked[_Received],
        queue: str,
        at_once: int = SYSTEM_TASKS_AT_ONCE,
        put_back: Callable[[str, _Received], None] | None = None,
    ) -> None:
        self._worked = worked
        self._queue = queue
        self._put_back = put_back
        self._stopping = threading.Event()
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
        self._stopping.set()

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
        while not self._stopping.is_set():
            self._places.acquire()
            try:
                received = self._worked.receive(self._queue, 1, _RECEIVE_FOR)
            except Unavailable as failure:
                if not self._stopping.is_set():
                    self._wait_out(failure)
                received = []
            if received:
                self._submit(received[0])
            else:
                self._places.release()

    def _wait_out(self, trouble: Unavailable) -> None:
        about = {"queue": self._queue, "reason": trouble.message}
        logger.warning("pump_waits", extra=about)
        self._stopping.wait(_PAUSE_AFTER_TROUBLE)

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
        except Unavailable as failure:
            self._wait_out(failure)
            if self._put_back is not None:
                self._return(self._put_back, message)
        except Exception:
            # The message comes again after its visibility; the log says why.
            about = repr(message)[:_SHOWN]
            logger.exception(
                "message_failed", extra={"queue": self._queue, "about": about}
            )

    def _return(
        self, put_back: Callable[[str, _Received], None], message: _Received
    ) -> None:
        """Put a message back as soon as that can be written."""
        while not self._stopping.is_set():
            try:
                put_back(self._queue, message)
            except Unavailable as failure:
                self._wait_out(failure)
            else:
                return
