"""Handing tasks to workers: receive, judge, lease, hand out (4.7, design 6)."""

from __future__ import annotations

import logging

from podium import ids
from podium.decider.effects import queue_name
from podium.decider.state import TaskState, WorkflowState
from podium.errors import InvalidInput, Unavailable
from podium.model.task import TaskStatus
from podium.ports import Home, Lease, Poll, ReceivedMessage, TaskMessage
from podium.service.execution_view import JsonObject, Owner, node_of, task_json
from podium.service.journals import Journals
from podium.service.snapshots import Snapshots

logger = logging.getLogger(__name__)

VISIBILITY = 60_000
MAX_BATCH = 10
MAX_TIMEOUT = 5_000


class Polling:
    """Gives workers their tasks.

    A poll that finds nothing is held for at least ``hold`` milliseconds, whatever it
    asked for: a worker that asks again at once costs as many requests as the answers
    are fast.
    """

    def __init__(
        self, home: Home, journals: Journals, snapshots: Snapshots, hold: int = 0
    ) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots
        self._hold = hold

    def poll(
        self,
        task_type: str,
        worker_id: str | None,
        domain: str | None,
        count: int = 1,
        timeout: int = 0,
    ) -> list[JsonObject]:
        """Return up to ``count`` tasks, waiting up to ``timeout`` ms for the first.

        Receives until it has what was asked for or the queue is empty.
        """
        if timeout > MAX_TIMEOUT:
            raise InvalidInput("Long Poll Timeout value cannot be more than 5 seconds")
        if count < 1:
            raise InvalidInput(f"count: {count} must be at least 1")
        queue = queue_name(task_type, domain)
        worker = worker_id or ""
        self.note(task_type, worker, domain)
        handed: list[JsonObject] = []
        deadline = self._home.clock.now() + max(timeout, self._hold)
        while len(handed) < count:
            wait = 0 if handed else max(0, deadline - self._home.clock.now())
            limit = min(MAX_BATCH, count - len(handed))
            messages = self._home.queues.receive(queue, limit, wait, VISIBILITY)
            if not messages:
                break
            handed += self._hand_out(queue, messages, worker)
        return handed

    def note(self, task_type: str, worker_id: str, domain: str | None) -> None:
        """Remember that a worker asked for tasks, whether it got any or not."""
        now = self._home.clock.now()
        self._home.polls.record(Poll(task_type, domain, worker_id, now))

    def _hand_out(
        self, queue: str, messages: list[ReceivedMessage], worker: str
    ) -> list[JsonObject]:
        """Lease what can be leased; messages of anything else are dropped."""
        offered = [self.offered(received.message) for received in messages]
        leased: list[tuple[WorkflowState, Lease]] = []
        with self._home.atomic():
            for found in offered:
                if found is not None:
                    state, task = found
                    lease = self.lease(state, task, worker)
                    if self.take(state, lease):
                        leased.append((state, lease))
            self._forget(queue, messages)
        return [self.show(state, lease) for state, lease in leased]

    def _forget(self, queue: str, messages: list[ReceivedMessage]) -> None:
        """Delete messages whose tasks are leased, or gone.

        A message that stays comes again and finds its lease taken; a task that is
        leased and not handed out would wait for its timeout.
        """
        try:
            self._home.queues.delete(queue, [one.receipt for one in messages])
        except Unavailable as failure:
            logger.warning(
                "messages_not_deleted",
                extra={"queue": queue, "reason": failure.message},
            )

    def offered(self, message: TaskMessage) -> tuple[WorkflowState, TaskState] | None:
        """Return the task behind a message if it still is as the message says."""
        state = self._journals.find(ids.workflow_of(message.task_id))
        if state is None or state.status.is_terminal:
            return None
        task = state.task_of(ids.sequence_of(message.task_id))
        if (
            task is None
            or task.status is not TaskStatus.SCHEDULED
            or task.delivery != message.delivery
        ):
            return None
        return state, task

    def lease(self, state: WorkflowState, task: TaskState, worker: str) -> Lease:
        """Return the lease that a worker would have on a task from now on."""
        now = self._home.clock.now()
        return Lease(state.workflow_id, task.seq, task.delivery, worker, now, now)

    def take(self, state: WorkflowState, lease: Lease) -> bool:
        """Write the lease if there is none; False where a second delivery loses."""
        expires = self._journals.expires(state, lease.started_at)
        return self._home.leases.take(lease, expires)

    def show(self, state: WorkflowState, lease: Lease) -> JsonObject:
        """Return the Task object that a worker gets with its lease."""
        task = state.task_of(lease.seq)
        if task is None:
            raise LookupError(f"{state.workflow_id} has no task {lease.seq}")
        owner = Owner(
            state.workflow_id, state.name, state.correlation_id, state.priority
        )
        record = self._journals.record(state, task)
        node = node_of(self._journals, self._snapshots, state, task)
        return task_json(owner, record, node, lease, self._home.clock.now())
