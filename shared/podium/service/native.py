"""Native workers: tasks straight from their queues, reports straight to the decider's.

What :mod:`podium.service.polling` and :mod:`podium.service.tasks` do for workers that
speak REST, for workers that run in the deployment and call no API (design 6).  The
rules are the same; the ways differ:

- A task's message is removed once its task is leased, or gone.  From then on the
  response timeout alone watches over the worker: one that dies is not heard of, and
  the task is retried by its definition, exactly as with REST.
- A report is a message to the decider.  It says which delivery it is about, so one
  that comes twice, or after somebody else's, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from podium.decider.commands import ReportedLease
from podium.decider.effects import queue_name
from podium.errors import InvalidInput, PayloadTooLarge
from podium.model.task import Task
from podium.model.task_result import TaskResult
from podium.ports import Home, Lease, ReceivedMessage, TaskLog, TaskMessage
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.polling import MAX_BATCH, VISIBILITY, Polling
from podium.service.reports import update_of

NOTED_EVERY = 60_000
"""Milliseconds between two records of who polls a queue without a domain.

With a domain each poll counts: tasks go where somebody polled just now (4.10).
"""
MAX_REPORT = 10_240 * 1024
"""Bytes of a report: what a task's output may have at most (reference 4.13)."""


class NativeWorkers:
    """What native workers do in a home.

    ``read`` makes a task's message of the text that its queue carries.
    """

    def __init__(
        self,
        home: Home,
        journals: Journals,
        polling: Polling,
        read: Callable[[str], TaskMessage],
    ) -> None:
        self._home = home
        self._journals = journals
        self._polling = polling
        self._noted: dict[tuple[str, str | None], int] = {}
        self.read = read

    # --- messages --------------------------------------------------------------

    def receive(
        self, task_type: str, domain: str | None, limit: int, wait: int
    ) -> list[ReceivedMessage]:
        """Return up to ten messages, waiting up to ``wait`` ms for the first."""
        queue = queue_name(task_type, domain)
        return self._home.queues.receive(queue, min(limit, MAX_BATCH), wait, VISIBILITY)

    def note(self, task_type: str, domain: str | None, worker_id: str) -> None:
        """Remember that a worker is there."""
        key = (task_type, domain)
        now = self._home.clock.now()
        noted = self._noted.get(key)
        if noted is None or domain or now - noted >= NOTED_EVERY:
            self._noted[key] = now
            self._polling.note(task_type, worker_id, domain)

    def forget(
        self, task_type: str, domain: str | None, receipts: Sequence[str]
    ) -> None:
        """Remove messages whose tasks are leased, or gone."""
        if receipts:
            self._home.queues.delete(queue_name(task_type, domain), receipts)

    # --- leases ----------------------------------------------------------------

    def take(self, message: TaskMessage, task_type: str, worker_id: str) -> Task | None:
        """Lease the task behind a message; None where it is no longer to be had.

        Whatever may fail comes before the lease: a task that is leased and not handed
        out would wait for its timeout.
        """
        found = self._polling.offered(message)
        if found is None:
            return None
        state, task = found
        if task.type != task_type:
            raise InvalidInput(
                f"Task {message.task_id} is a {task.type}, not a {task_type}: "
                "the worker receives from another type's queue"
            )
        lease = self._polling.lease(state, task, worker_id)
        shown = Task.from_json(self._polling.show(state, lease))
        return shown if self._polling.take(state, lease) else None

    def renew(self, task: Task) -> bool:
        """Extend the lease of a task that was taken; False where there is none."""
        lease = _lease_of(task)
        return self._home.leases.renew(
            lease.workflow_id, lease.seq, lease.delivery, self._home.clock.now()
        )

    # --- reports ---------------------------------------------------------------

    def report_of(self, task: Task, result: TaskResult) -> tuple[str, bytes]:
        """Return the report on a task that was taken, for :meth:`send`.

        PayloadTooLarge and InvalidInput where the decider would not take it.
        """
        lease = _lease_of(task)
        reported = ReportedLease(lease.started_at, lease.delivery)
        try:
            command = update_of(result, lease.seq, reported, lease.delivery)
        except UnicodeEncodeError as error:
            raise InvalidInput(f"outputData: {error}") from error
        message = encode_message(RunCommand(command=command))
        if len(message) > MAX_REPORT:
            raise PayloadTooLarge(
                f"{len(message)} bytes are over the limit of {MAX_REPORT}"
            )
        return lease.workflow_id, message

    def send(self, reports: Sequence[tuple[str, bytes]]) -> None:
        """Give reports to the decider."""
        self._home.commands.send_each(reports)

    def log(self, task: Task, result: TaskResult) -> None:
        """Keep what a worker logged."""
        if not result.logs:
            return
        state = self._journals.find(task.workflow_instance_id)
        if state is None:
            return
        now = self._home.clock.now()
        lines = [TaskLog(task.task_id, now, one.log or "") for one in result.logs]
        self._home.logs.append(lines, self._journals.expires(state, now))


def _lease_of(task: Task) -> Lease:
    """Return the lease that a task was handed out with.

    A task that is taken shows its delivery as its poll count.
    """
    return Lease(
        workflow_id=task.workflow_instance_id,
        seq=task.seq,
        delivery=task.poll_count,
        worker_id=task.worker_id or "",
        started_at=task.start_time,
        renewed_at=task.update_time,
    )
