"""Handing tasks to workers: receive, judge, lease, hand out (4.7, design 6)."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import compress

from podium import ids
from podium.decider.effects import queue_name
from podium.decider.state import TaskState, WorkflowState
from podium.errors import InvalidInput, Unavailable
from podium.model.task import TaskStatus
from podium.ports import Home, Lease, Poll, ReceivedMessage, TaskMessage
from podium.service.announcer import NOTIFICATIONS
from podium.service.environment import Environment
from podium.service.execution_view import JsonObject, Owner, node_of, task_json
from podium.service.external_payloads import ExternalPayloads
from podium.service.fresh_offers import FreshOffers
from podium.service.journals import Journals
from podium.service.offers import Offer
from podium.service.parallel import map_each
from podium.service.snapshots import Snapshots
from podium.service.task_limits import TaskLimits
from podium.service.task_starts import TaskStarts

logger = logging.getLogger(__name__)

VISIBILITY = 60_000
MAX_BATCH = 10
MAX_TIMEOUT = 5_000
MAX_HELD_BACK = 20
LONGEST = 20_000
"""Milliseconds after which a poll hands out what it has.

API Gateway and the function behind it give up after thirty seconds, and tasks that were
leased for nobody wait for their response timeouts.
"""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A message, and its task: by a fresh offer, or as the journal has it."""

    message: TaskMessage
    offer: Offer | None = None
    found: tuple[WorkflowState, TaskState] | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """The task that a message brought, or the milliseconds it is held back for.

    With a ``failure`` nobody has leased it, and the message comes again.
    """

    task: JsonObject | None = None
    delay: int = 0
    failure: Unavailable | None = None


class Polling:
    """Gives workers their tasks.

    A poll that finds nothing is held for at least ``hold`` milliseconds, whatever it
    asked for: a worker that asks again at once costs as many requests as the answers
    are fast.
    """

    def __init__(
        self,
        home: Home,
        journals: Journals,
        snapshots: Snapshots,
        hold: int = 0,
        environment: Environment | None = None,
    ) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots
        self._hold = hold
        self.environment = environment or Environment(home)
        self._external = ExternalPayloads(home)
        self.offers = FreshOffers(home.clock, snapshots, self.environment)
        self._limits = TaskLimits(home, journals)
        self._starts = TaskStarts(home, journals, snapshots)

    def poll(
        self,
        task_type: str,
        worker_id: str | None,
        domain: str | None,
        count: int = 1,
        timeout: int = 0,
    ) -> list[JsonObject]:
        """Return up to ``count`` tasks, waiting up to ``timeout`` ms for the first.

        Receives until it has what was asked for or the queue is empty, so many were
        held back by their limits that the next would be as well, or it took too long.
        """
        if timeout > MAX_TIMEOUT:
            raise InvalidInput("Long Poll Timeout value cannot be more than 5 seconds")
        queue = queue_name(task_type, domain)
        if queue == NOTIFICATIONS:
            raise InvalidInput(f"{queue} is the queue of notifications, not of tasks")
        worker = worker_id or ""
        self.note(task_type, worker, domain)
        handed: list[JsonObject] = []
        held_back = 0
        began = self._home.clock.now()
        deadline = began + max(timeout, self._hold)
        while len(handed) < count and held_back < MAX_HELD_BACK:
            wait = 0 if handed else max(0, deadline - self._home.clock.now())
            limit = min(MAX_BATCH, count - len(handed))
            try:
                messages = self._home.queues.receive(queue, limit, wait, VISIBILITY)
                more, delays = self._hand_out(queue, messages, worker)
            except Unavailable as failure:
                if not handed:
                    raise
                self._note_failure("poll_cut_short", failure, queue=queue)
                break
            if not messages:
                break
            handed += more
            held_back += len(delays)
            if self._home.clock.now() >= began + LONGEST:
                break
        return handed

    def note(self, task_type: str, worker_id: str, domain: str | None) -> None:
        """Remember that a worker asked for tasks, whether it got any or not."""
        now = self._home.clock.now()
        self._home.polls.record(Poll(task_type, domain, worker_id, now))

    def _hand_out(
        self, queue: str, messages: list[ReceivedMessage], worker: str
    ) -> tuple[list[JsonObject], dict[str, int]]:
        """Lease what can be leased; messages of anything else are dropped.

        Returns the tasks, and the receipts of what its limits hold back, each with for
        how long: those messages come again.
        """
        candidates = map_each(self._home, self._look_up, messages)
        with self._home.atomic():
            give = partial(self._try_to_give, queue, worker)
            given = map_each(self._home, give, candidates)
            held_back = {
                one.receipt: what.delay
                for one, what in zip(messages, given, strict=True)
                if what.delay
            }
            self._put_back(queue, held_back)
            is_over = [not (what.delay or what.failure) for what in given]
            self._forget(queue, list(compress(messages, is_over)))
        tasks = [one.task for one in given if one.task is not None]
        failures = [one.failure for one in given if one.failure is not None]
        if failures and not tasks:
            raise failures[0]
        return tasks, held_back

    def _try_to_give(self, queue: str, worker: str, candidate: _Candidate) -> _Given:
        """Give a task; one whose part does not answer leaves the others theirs."""
        try:
            return self._give(queue, worker, candidate)
        except Unavailable as failure:
            task_id = candidate.message.task_id
            self._note_failure("task_not_handed_out", failure, task_id=task_id)
            return _Given(failure=failure)

    def _note_failure(self, event: str, failure: Unavailable, **what: str) -> None:
        logger.warning(event, extra={**what, "reason": failure.message})

    def _look_up(self, received: ReceivedMessage) -> _Candidate:
        message = received.message
        offer = self.offers.find(received)
        if offer is not None and offer.scheduled is not None:
            return _Candidate(message, offer=offer)
        found = self.offered(message, came_again=received.came_again)
        return _Candidate(message, found=found)

    def _give(self, queue: str, worker: str, candidate: _Candidate) -> _Given:
        """Write a task's lease, unless limits hold it back, or somebody else has it.

        Whatever may fail comes before the lease: a task that is leased and not handed
        out would wait for its timeout.
        """
        if candidate.offer is not None:
            return self._give_offered(candidate.message, candidate.offer, worker)
        found = candidate.found
        if found is not None and found[1].quota is not None:
            # It would take a slot that counts, so how it was a moment ago won't do.
            found = self._offered(candidate.message, may_lag=False)
        if found is None:
            return _Given()
        state, task = found
        delay = self.hold_back(state, task, queue)
        if delay:
            return _Given(delay=delay)
        lease = self.lease_of(candidate.message, worker)
        shown = self.show(state, lease)
        return _Given(shown) if self.take(state, lease) else _Given()

    def _give_offered(self, message: TaskMessage, offer: Offer, worker: str) -> _Given:
        """Write the lease of a fresh offer: it is taken where the delivery is over."""
        lease = self.lease_of(message, worker)
        shown = self._external.lay_aside_task(self.offers.show(message, offer, lease))
        expires = self._journals.expires(offer, lease.started_at)
        return _Given(shown) if self._home.leases.take(lease, expires) else _Given()

    def hold_back(self, state: WorkflowState, task: TaskState, queue: str) -> int:
        """Return for how many milliseconds limits hold a task back; 0: not at all."""
        return self._limits.hold_back(state, task, queue, VISIBILITY)

    def _put_back(self, queue: str, delays: dict[str, int]) -> None:
        """Have messages come again; where that fails they do so by themselves."""
        receipts: dict[int, list[str]] = defaultdict(list)
        for receipt, delay in delays.items():
            receipts[delay].append(receipt)
        for delay, some in receipts.items():
            try:
                self._home.queues.release(queue, some, delay)
            except Unavailable as failure:
                logger.warning(
                    "messages_not_put_back",
                    extra={"queue": queue, "reason": failure.message},
                )

    def _forget(self, queue: str, messages: list[ReceivedMessage]) -> None:
        """Have messages deleted whose tasks are leased, or gone.

        A message that stays comes again and finds its lease taken; a task that is
        leased and not handed out would wait for its timeout.
        """
        try:
            self._home.queues.forget(queue, [one.receipt for one in messages])
        except Unavailable as failure:
            logger.warning(
                "messages_not_deleted",
                extra={"queue": queue, "reason": failure.message},
            )

    def offered(
        self, message: TaskMessage, *, came_again: bool = False
    ) -> tuple[WorkflowState, TaskState] | None:
        """Return the task behind a message if it still is as the message says.

        The first look may lag, and miss that the task was taken back a moment ago, as
        the worker itself would.  It takes a second one to have a message dropped.

        What ``came_again`` a native worker may have done without a lease, so there the
        state alone can say it.
        """
        found = None if came_again else self._offered(message, may_lag=True)
        return found or self._offered(message, may_lag=False)

    def _offered(
        self, message: TaskMessage, *, may_lag: bool
    ) -> tuple[WorkflowState, TaskState] | None:
        workflow_id = ids.workflow_of(message.task_id)
        state = self._journals.find(workflow_id, may_lag=may_lag)
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

    def lease_of(self, message: TaskMessage, worker: str) -> Lease:
        """Return the lease that a worker would have on a delivery from now on."""
        now = self._home.clock.now()
        return Lease(
            workflow_id=ids.workflow_of(message.task_id),
            seq=ids.sequence_of(message.task_id),
            delivery=message.delivery,
            worker_id=worker,
            started_at=now,
            renewed_at=now,
        )

    def take(self, state: WorkflowState, lease: Lease) -> bool:
        """Write the lease if there is none; False where a second delivery loses."""
        self.tell_start(state, lease.seq)
        expires = self._journals.expires(state, lease.started_at)
        return self._home.leases.take(lease, expires)

    def tell_start(self, state: WorkflowState, seq: int) -> None:
        """Tell that a task is taken, where its definition wants that told."""
        task = state.task_of(seq)
        if task is not None:
            self._starts.tell(state, task)

    def show(
        self, state: WorkflowState, lease: Lease, *, whole: bool = False
    ) -> JsonObject:
        """Return the Task object that a worker gets with its lease.

        Unless he wants the ``whole``, what is too large for an answer is a path in it;
        that has the secrets of its input as they are written.
        """
        return self._show(state, lease.seq, lease, whole=whole)

    def show_handed(self, state: WorkflowState, seq: int) -> JsonObject:
        """Return the Task object of one that a decision handed to its worker."""
        return self._show(state, seq, None)

    def _show(
        self,
        state: WorkflowState,
        seq: int,
        lease: Lease | None,
        *,
        whole: bool = False,
    ) -> JsonObject:
        task = state.task_of(seq)
        if task is None:
            raise LookupError(f"{state.workflow_id} has no task {seq}")
        owner = Owner(
            state.workflow_id, state.name, state.correlation_id, state.priority
        )
        record = self._journals.record(state, task)
        node = node_of(self._journals, self._snapshots, state, task)
        shown = task_json(owner, record, node, lease, self._home.clock.now())
        if not whole:
            shown = self._external.lay_aside_task(shown)
        return self.environment.complete(shown, node, task.root)
