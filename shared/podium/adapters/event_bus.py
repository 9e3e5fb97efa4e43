"""Status events as events of an EventBridge bus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from podium.adapters.aws_clients import answering
from podium.errors import Unavailable
from podium.sinks import StatusEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "podium"
WORKFLOW, TASK = "Workflow Status Change", "Task Status Change"
"""The ``detail-type`` of events, by which rules tell them apart."""

_AT_ONCE = 10


class EventBusStatusEvents:
    """The port ``StatusEvents``: ten events a request, in the order they are given."""

    is_heard = True

    def __init__(
        self, client: EventBridgeClient, bus: str, *, hears_of_tasks: bool
    ) -> None:
        self._client = client
        self._bus = bus
        self.hears_of_tasks = hears_of_tasks

    def publish(self, events: Sequence[StatusEvent]) -> None:
        """Put the events on the bus; Unavailable where it did not take them all."""
        for first in range(0, len(events), _AT_ONCE):
            entries = [self._entry(one) for one in events[first : first + _AT_ONCE]]
            with answering("EventBridge"):
                answer = self._client.put_events(Entries=entries)
            if answer["FailedEntryCount"]:
                codes = {one.get("ErrorCode", "") for one in answer["Entries"]} - {""}
                raise Unavailable(f"EventBridge refused: {', '.join(sorted(codes))}")

    def _entry(self, event: StatusEvent) -> PutEventsRequestEntryTypeDef:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": TASK if event.is_task else WORKFLOW,
            "Time": datetime.fromtimestamp(event.at / 1000, UTC),
            "Detail": event.detail.decode(),
        }
