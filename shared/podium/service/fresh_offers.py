"""Reading offers: what a native worker may have without a look at its workflow.

See :mod:`podium.service.offers` for what an offer is, and why it is fresh for a while.
"""

from __future__ import annotations

from podium import ids
from podium.clock import Clock
from podium.decider.definition import Node
from podium.decider.events import ON_START
from podium.ports import Lease, ReceivedMessage, TaskMessage
from podium.service.environment import Environment
from podium.service.execution_view import JsonObject, Owner, task_json
from podium.service.offers import Offer, decode_offer
from podium.service.snapshots import Snapshots


class FreshOffers:
    """Reads the offers of messages."""

    def __init__(
        self, clock: Clock, snapshots: Snapshots, environment: Environment
    ) -> None:
        self._clock = clock
        self._snapshots = snapshots
        self._environment = environment

    def find(self, received: ReceivedMessage) -> Offer | None:
        """Return a message's offer, if nobody else can have the task.

        None where the start is to be told: who tells it writes a lease too.
        """
        data = received.message.offer
        if data is None or received.came_again:
            return None
        offer = decode_offer(data)
        if self._clock.now() >= offer.fresh_until:
            return None
        node = self._node(offer)
        return None if node is not None and ON_START in node.state_changes else offer

    def _node(self, offer: Offer) -> Node | None:
        """Return the definition of the task that an offer carries."""
        if offer.scheduled is None:
            return None
        graph = self._snapshots.load(offer.definition).graph
        return graph.nodes.get(offer.scheduled.ref)

    def show(self, message: TaskMessage, offer: Offer, lease: Lease) -> JsonObject:
        """Return the Task object of an offer as it is for who has that lease of it."""
        workflow_id = ids.workflow_of(message.task_id)
        owner = Owner(
            workflow_id, offer.workflow, offer.correlation_id, message.priority
        )
        node = self._node(offer)
        shown = task_json(owner, offer.record(), node, lease, lease.started_at)
        return self._environment.complete(shown, node)
