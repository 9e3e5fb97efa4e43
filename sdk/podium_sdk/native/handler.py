"""A worker function as a Lambda function that SQS calls, with partial batch responses.

A message that is done with (its task executed and reported, or no longer to be had)
is removed by Lambda.  One that could not be begun is named in the answer, and comes
again when its queue's visibility timeout is over.

A task that has just been scheduled is begun without a lease: its message in flight
stands for it.  If the function dies, or its result cannot be reported, the message
comes again, and the task is executed once more.

A task that is worked on for long is leased meanwhile, and one that has waited for long,
or whose message came before, right before its function is called.  From then on it is
as with every other worker: the message that comes again finds the lease taken, and the
response timeout has the task retried.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from podium.model.task import Task
from podium.ports import ReceivedMessage
from podium.service.native import NativeWorkers
from podium_sdk.leases import LeaseKeeper
from podium_sdk.lifecycle import Lifecycle, Phase
from podium_sdk.native.deployment import open_native_workers
from podium_sdk.native.task_client import NativeTaskClient
from podium_sdk.reporter import Reporter
from podium_sdk.settings import RunnerSettings
from podium_sdk.timing import Backoff, SystemTiming, Timing
from podium_sdk.worker import WorkerTask, require_worker

_log = logging.getLogger(__name__)

RESERVE = 2.0
"""Seconds before the function's timeout in which no further task is begun."""

_REPORT_BACKOFF = Backoff(first=0.2, longest=2.0)
_REPORT_ATTEMPTS = 6


class InvocationContext(Protocol):
    """What is needed of Lambda's context."""

    log_stream_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long this invocation may still take."""
        ...


class LambdaWorker:
    """What Lambda calls: executes the tasks behind a batch of messages.

    The deployment is opened at the first event, so that a module that has a handler
    can be imported anywhere.
    """

    def __init__(
        self,
        worker: WorkerTask[..., Any],
        deployment: NativeWorkers | None = None,
        timing: Timing | None = None,
        *,
        strict_leases: bool = False,
    ) -> None:
        require_worker(worker)
        self.worker = worker
        self._deployment = deployment
        self._timing = timing or SystemTiming()
        self._strict = strict_leases

    def __call__(
        self, event: Mapping[str, Any], context: InvocationContext
    ) -> dict[str, Any]:
        """Handle one event; the answer names the messages that are to come again."""
        if self._deployment is None:
            self._deployment = open_native_workers()
        client = NativeTaskClient(
            self._deployment, timing=self._timing, strict_leases=self._strict
        )
        invocation = _Invocation(
            self.worker, self._deployment, client, self._timing, context
        )
        failed = invocation.handle_all(event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def lambda_worker(
    worker: WorkerTask[..., Any],
    deployment: NativeWorkers | None = None,
    *,
    strict_leases: bool = False,
) -> LambdaWorker:
    """Make a worker function a Lambda handler.

    One invocation executes as many of its batch's tasks at once as the worker's
    ``concurrency`` says.  With ``strict_leases`` every task has a lease before its
    function is called, as :class:`podium_sdk.native.NativeRunner` says.
    """
    return LambdaWorker(worker, deployment, strict_leases=strict_leases)


class _Invocation:
    """One event: its messages, and the time there is for them."""

    def __init__(
        self,
        worker: WorkerTask[..., Any],
        deployment: NativeWorkers,
        client: NativeTaskClient,
        timing: Timing,
        context: InvocationContext,
    ) -> None:
        self._worker = worker
        self._deployment = deployment
        self._timing = timing
        left = context.get_remaining_time_in_millis() / 1000
        self._deadline = timing.monotonic() + left - RESERVE
        self._settings = RunnerSettings(
            worker_id=context.log_stream_name,
            report_backoff=_REPORT_BACKOFF,
            report_attempts=_REPORT_ATTEMPTS,
        )
        self._lifecycle = Lifecycle(timing)
        self._client = client
        self._reporter = Reporter(client, self._lifecycle, self._settings)
        self._leases = LeaseKeeper(self._reporter, self._lifecycle)
        self._longest = 0.0

    def handle_all(self, records: list[Mapping[str, Any]]) -> list[str]:
        """Handle messages; return the ids of those that are to come again."""
        if not records:
            return []
        worker_id = self._settings.worker_id
        self._deployment.note(self._worker.task_type, self._worker.domain, worker_id)
        keeper = self._lifecycle.spawn("podium-leases", self._leases.run)
        slots = min(self._worker.concurrency, len(records))
        try:
            with ThreadPoolExecutor(slots, self._worker.task_type) as pool:
                done = list(pool.map(self._handle, records))
        finally:
            self._lifecycle.advance(Phase.OVER)
            keeper.join()
        if self._lifecycle.failure is not None:
            raise self._lifecycle.failure
        return [
            record["messageId"]
            for record, is_done in zip(records, done, strict=True)
            if not is_done
        ]

    def _handle(self, record: Mapping[str, Any]) -> bool:
        """Handle one message; False where it is to come again."""
        started = self._timing.monotonic()
        if started + self._longest > self._deadline:
            _log.warning("No time is left for message %s", record["messageId"])
            return False
        try:
            task = self._take(record)
        except Exception:  # noqa: BLE001 - whatever it is, no other comes along
            _log.exception("Message %s was not handled", record["messageId"])
            return False
        if task is None:
            return True
        self._work_on(task)
        self._longest = max(self._longest, self._timing.monotonic() - started)
        return not self._client.is_held(task)

    def _take(self, record: Mapping[str, Any]) -> Task | None:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        received = ReceivedMessage(
            self._deployment.read(record["body"]),
            record["receiptHandle"],
            came_again=receives > 1,
        )
        taken = self._client.take(
            received, self._worker.task_type, self._settings.worker_id
        )
        if taken is None:
            return None
        if not taken.is_leased:
            self._client.hold(taken.task)
        return taken.task

    def _work_on(self, task: Task) -> None:
        """Execute a task and report; it is held still where neither came about."""
        with self._leases.hold(task):
            result = self._worker.execute(task, self._timing.now)
            self._reporter.report(task, result)
