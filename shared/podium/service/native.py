"""Native workers: tasks straight from their queues, reports straight to the decider's.

What :mod:`podium.service.polling` and :mod:`podium.service.tasks` do for workers that
speak REST, for workers that run in the deployment and call no API (design 6).  The
rules are the same; the ways differ:

- A fresh offer is taken without a lease (see :mod:`podium.service.offers`): as long as
  its message is in flight nobody else has it.  If the worker dies the message comes
  again, and whoever gets it then has the task at once.
- Work that lasts gets a lease, and what is not fresh has one from the first moment.
  Once its task is leased, or gone, the message is removed.  From then on the response
  timeout alone watches over the worker: one that dies is not heard of, and the task is
  retried by its definition, exactly as with REST.
- A report is a message to the decider.  It says which delivery it is about, so one
  that comes twice, or after somebody else's, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from podium.decider.commands import ReportedLease
from podium.decider.effects import queue_name
from podium.decider.state import TaskState, WorkflowState
from podium.errors import InvalidInput, PayloadTooLarge
from podium.model.task import Task
from podium.model.task_result import TaskResult
from podium.ports import Home, Lease, ReceivedMessage, TaskMessage
from podium.service.begun import Begun
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.offers import FRESH_FOR, LEASE_AFTER
from podium.service.polling import MAX_BATCH, VISIBILITY, Polling
from podium.service.reports import lines_of, update_of

NOTED_EVERY = 60_000
"""Milliseconds between two records of who polls a queue without a domain.

With a domain each poll counts: tasks go where somebody polled just now (4.10).
"""
MAX_REPORT = 10_240 * 1024
"""Bytes of a report: what a task's output may have at most (reference 4.13)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A task that a worker has; without a lease its message has to stay in flight."""

    task: Task
    is_leased: bool


class NativeWorkers:
    """What native workers do in a home.

    ``read`` makes a task's message of the text that its queue carries.
    """

    lease_after = LEASE_AFTER
    """Milliseconds of work after which a task needs its lease."""

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
        self._begun = Begun(FRESH_FOR)
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
        """Have messages removed whose tasks are leased, reported, or gone.

        One that comes once more all the same finds its task so.
        """
        if receipts:
            self._home.queues.forget(queue_name(task_type, domain), receipts)

    # --- leases ----------------------------------------------------------------

    def take(
        self,
        received: ReceivedMessage,
        task_type: str,
        worker_id: str,
        *,
        always_lease: bool = False,
    ) -> Taken | None:
        """Take the task behind a message; None where it is not to be had now.

        A fresh offer is taken without a lease, unless one is wanted ``always``.
        """
        message = received.message
        offer = None if always_lease else self._polling.offers.find(received)
        if offer is not None and offer.scheduled is not None:
            _check_type(message, offer.scheduled.type, task_type)
            lease = self._polling.lease_of(message, worker_id)
            shown = Task.from_json(self._polling.offers.show(message, offer, lease))
            return Taken(shown, is_leased=False) if self._begin(message) else None
        found = self._polling.offered(message, came_again=received.came_again)
        if found is None:
            return None
        state, task = found
        _check_type(message, task.type, task_type)
        lease = self._polling.lease_of(message, worker_id)
        if offer is not None:
            self._polling.tell_start(state, task.seq)
            shown = Task.from_json(self._polling.show(state, lease, whole=True))
            return Taken(shown, is_leased=False) if self._begin(message) else None
        return self._lease(message, state, task, lease)

    def _begin(self, message: TaskMessage) -> bool:
        """Tell whether this process has not begun with a delivery before."""
        return self._begun.add(message, self._home.clock.now())

    def _lease(
        self,
        message: TaskMessage,
        state: WorkflowState,
        task: TaskState,
        lease: Lease,
    ) -> Taken | None:
        """Take a task by writing its lease.

        One that its limits hold back comes with another message, so that it is of no
        account how often this one was received.

        Whatever may fail comes before the lease: a task that is leased and not handed
        out would wait for its timeout.
        """
        queue = queue_name(task.type, task.domain)
        delay = self._polling.hold_back(state, task, queue)
        if delay:
            self._home.queues.send_again(queue, [replace(message, delay=delay)])
            return None
        shown = Task.from_json(self._polling.show(state, lease, whole=True))
        is_ours = self._polling.take(state, lease)
        return Taken(shown, is_leased=True) if is_ours else None

    def lease(self, task: Task) -> bool:
        """Write the lease of a task that was taken without one.

        False where there is nothing to lease any more, or somebody else has it.
        """
        message = TaskMessage(task.task_id, task.poll_count)
        found = self._polling.offered(message, came_again=True)
        if found is None:
            return False
        now = self._home.clock.now()
        lease = replace(_lease_of(task), renewed_at=now)
        if self._polling.take(found[0], lease):
            return True
        held = self._home.leases.find(lease.workflow_id, lease.seq, lease.delivery)
        return held is not None and replace(held, renewed_at=now) == lease

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
            command = update_of(
                result, lease.seq, reported, self._home.payloads, lease.delivery
            )
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
        lines = lines_of(task.task_id, result.logs, now)
        self._home.logs.append(lines, self._journals.expires(state, now))


def _check_type(message: TaskMessage, actual: str, wanted: str) -> None:
    if actual != wanted:
        raise InvalidInput(
            f"Task {message.task_id} is a {actual}, not a {wanted}: "
            "the worker receives from another type's queue"
        )


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
