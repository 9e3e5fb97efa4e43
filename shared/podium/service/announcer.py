"""Which journal entries have something to be told, and noting them (reference 5.2).

What is to be told stands in the journal.  So all that is queued is which entry of which
workflow; embedded in the transaction of the decision, on AWS by the projector.  Telling
is the business of :mod:`podium.service.notifications`, and no decision waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from podium.decider import events as ev
from podium.decider.state import WorkflowState
from podium.eventing import Listeners
from podium.model.workflow_definition import WorkflowDef
from podium.ports import Home, TaskMessage
from podium.service.snapshots import Snapshots
from podium.service.status_changes import is_of_workflow

NOTIFICATIONS = "_notifications"
"""The queue of entries that have something to be told."""


class Announcer:
    """Queues entries for those who listen."""

    def __init__(self, home: Home, snapshots: Snapshots, listeners: Listeners) -> None:
        self._home = home
        self._snapshots = snapshots
        self._listeners = listeners

    def follow(
        self, state: WorkflowState, versions: Iterable[int], events: Iterable[ev.Event]
    ) -> None:
        """Queue the entries that hold these events, if any of them is to be told."""
        may_be_told = filter(self._may_be_told, events)
        if any(self._is_told(event, state.definition) for event in may_be_told):
            messages = [TaskMessage(state.workflow_id, version) for version in versions]
            self._home.queues.send(NOTIFICATIONS, messages)

    def may_tell(self, events: Iterable[ev.Event]) -> bool:
        """Tell whether any of these may have to be told, whatever the definition says.

        Asks nobody.
        """
        return any(map(self._may_be_told, events))

    def _may_be_told(self, event: ev.Event) -> bool:
        listeners = self._listeners
        match event:
            case ev.StateChanged():
                return True
            case ev.TaskScheduled() | ev.TaskUpdated():
                return listeners.task_webhook is not None
        is_heard = listeners.workflow_webhook is not None or listeners.queue is not None
        return is_heard and is_of_workflow(event)

    def _is_told(self, event: ev.Event, digest: str) -> bool:
        """Tell whether an event that may be told is: of a workflow, by definition."""
        if not is_of_workflow(event):
            return True
        definition = self._snapshots.load(digest).source
        return wants_webhook(event, definition) or wants_queue(event, definition)


def wants_webhook(event: ev.Event, definition: WorkflowDef) -> bool:
    """Tell whether a change of a workflow is posted.

    Conductor posts every end, and all else where the definition has
    ``workflowStatusListenerEnabled``.
    """
    is_end = isinstance(event, ev.WorkflowEnded)
    return is_end or definition.workflow_status_listener_enabled


def wants_queue(event: ev.Event, definition: WorkflowDef) -> bool:
    """Tell whether a change of a workflow goes to the queue: ends, where enabled."""
    is_end = isinstance(event, ev.WorkflowEnded)
    return is_end and definition.workflow_status_listener_enabled
