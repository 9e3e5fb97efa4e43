"""Offers: what a message carries so that a native worker can begin without asking.

The first message of a delivery is its offer.  While it is *fresh* nobody else can have
the task, so the message in flight is lease enough, and the event that scheduled the
task shows all there is of it: nothing is read and nothing written.  These durations
make it safe (docs/decisions/0024-a-message-in-flight-is-a-lease.md):

- an offer is fresh for :data:`FRESH_FOR` after its task was due;
- whoever took it has a lease written once he has worked for :data:`LEASE_AFTER`, while
  the message is still invisible (:data:`podium.service.polling.VISIBILITY`);
- nobody offers a task again before it has been due for :data:`OFFERED_AGAIN_AFTER`, by
  when whoever took it has a lease, has reported, or is gone; and whoever does so waits
  in the decider's queue behind the reports of the workflow.

The rest of :data:`OFFERED_AGAIN_AFTER` is for clocks that differ and writes that take
long.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import msgspec

from podium.decider.effects import Enqueue, Withdraw
from podium.decider.events import TaskScheduled
from podium.decider.history import History, TaskRecord
from podium.decider.state import TaskState, WorkflowState
from podium.decider.task_types import SYSTEM
from podium.errors import Unavailable
from podium.ports import Home, Lease
from podium.service.journals import Journals
from podium.service.parallel import map_each

logger = logging.getLogger(__name__)

FRESH_FOR = 30_000
LEASE_AFTER = 15_000
OFFERED_AGAIN_AFTER = 60_000
WITHHELD_FOR = 60 * 60 * 1000
"""Milliseconds."""

MAX_OFFER = 6_000
"""Bytes of an offer: ten are less than the 64 KB that SQS bills as one request."""
_SHORT = 60
"""Seconds below which a timeout needs to know at once who has a task since when."""


class Offer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A delivery that nobody can have had before; times in epoch milliseconds.

    ``definition`` is the digest of the workflow's snapshot.  Without ``scheduled`` the
    task is to be read from the journal.
    """

    fresh_until: int
    scheduled_at: int
    workflow: str
    definition: str
    correlation_id: str | None = None
    scheduled: TaskScheduled | None = None

    def record(self) -> TaskRecord:
        """Return the task as it was scheduled; LookupError where it is not here."""
        if self.scheduled is None:
            raise LookupError("the offer does not carry its task")
        history = History()
        history.add([self.scheduled], self.scheduled_at)
        return history.records[self.scheduled.seq]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Offer)


def decode_offer(data: bytes) -> Offer:
    """Return the offer that :func:`offer_of` made."""
    return _decoder.decode(data)


def offer_of(journals: Journals, state: WorkflowState, task: TaskState) -> bytes | None:
    """Return the offer of a task's delivery, for its first message.

    None where the task needs a lease from its first moment.
    """
    if not _bears_a_late_lease(task):
        return None
    scheduled = _scheduled(journals, state, task)
    offer = Offer(
        fresh_until=task.due + FRESH_FOR,
        scheduled_at=task.scheduled_at,
        workflow=state.name,
        definition=state.definition,
        correlation_id=state.correlation_id,
        scheduled=scheduled,
    )
    data = _encoder.encode(offer)
    if len(data) <= MAX_OFFER:
        return data
    return _encoder.encode(msgspec.structs.replace(offer, scheduled=None))


def withhold(
    home: Home,
    state: WorkflowState,
    deliveries: Iterable[Withdraw | Enqueue],
) -> None:
    """Have nobody begin with deliveries that are over, though their offers are fresh.

    Who goes by an offer takes its lease without a look at the workflow: it is taken.
    A lease that somebody has stays his, and what is older is looked at anyway.  Where
    that fails somebody may work in vain: his report is on what is over.
    """
    now = home.clock.now()

    def is_on_offer(effect: Withdraw | Enqueue) -> bool:
        task = state.task_of(effect.seq)
        return task is None or now < task.due + FRESH_FOR

    def take(effect: Withdraw | Enqueue) -> None:
        place = Lease.withheld(state.workflow_id, effect.seq, effect.delivery)
        try:
            home.leases.take(place, now + WITHHELD_FOR)
        except Unavailable as failure:
            logger.warning(
                "offer_not_withheld",
                extra={"workflow": state.workflow_id, "reason": failure.message},
            )

    if home.offers_travel:
        map_each(home, take, [one for one in deliveries if is_on_offer(one)])


def _bears_a_late_lease(task: TaskState) -> bool:
    """Tell whether nothing is amiss while only the worker knows that he has the task.

    Limits count leases, and short timeouts run from them.
    """
    if task.type in SYSTEM or task.quota is not None:
        return False
    limits = task.limits
    if limits is None:
        return True
    exact = (limits.response, limits.task)
    return not limits.poll and not any(0 < one < _SHORT for one in exact)


def _scheduled(
    journals: Journals, state: WorkflowState, task: TaskState
) -> TaskScheduled | None:
    """Return the event that made the task, where that says all and is at hand.

    A later delivery has an output by now; the definition of a dynamic task lies with
    what forked it.
    """
    if task.delivery != 1 or task.root is not None:
        return None
    known = journals.known_events(state.workflow_id, task.scheduled_in) or ()
    for event in known:
        if isinstance(event, TaskScheduled) and event.seq == task.seq:
            return event if len(memoryview(event.input)) <= MAX_OFFER else None
    return None
