"""Telling those who listen: webhooks, queues, ``onStateChange`` (reference 5.2, 4.11).

A message says which entry of which workflow has something to be told.  It is told at
least once, and each thing has an id by which it is known.  Where a listener does not
answer, the entry is told again, at growing intervals, for a day.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

import msgspec

from podium import ids
from podium.decider import events as ev
from podium.decider.definition import Definition
from podium.decider.state import WorkflowState
from podium.errors import NotFound, PodiumError
from podium.eventing import (
    INTERNAL,
    EventMessage,
    EventSink,
    Listeners,
    OutgoingEvent,
    SinkRefused,
    provider_of,
)
from podium.ports import Home, ReceivedMessage, TaskMessage
from podium.service.announcer import wants_queue, wants_webhook
from podium.service.entries import read_entry
from podium.service.journals import Journals
from podium.service.searching import summary_of
from podium.service.snapshots import Snapshots
from podium.service.status_changes import StatusChanges
from podium.service.task_search import summary_of_task
from podium.service.workflows import Workflows
from podium.sinks import StatusEvent
from podium.tasks.webhooks import Webhooks

logger = logging.getLogger(__name__)

Publish: TypeAlias = Callable[[str, EventMessage], None]

VISIBILITY = 5 * 60 * 1000
FIRST_PAUSE, LONGEST_PAUSE = 2_000, 15 * 60 * 1000
GIVEN_UP_AFTER = 24 * 60 * 60 * 1000
ENDED_WELL, ENDED_BADLY = "_callbackSuccessQueue", "_callbackFailureQueue"
FINALIZED = "_callbackFinalizeQueue"
"""Conductor's names of the queues for workflows that ended."""


class Postponed(PodiumError):
    """A listener did not answer; the entry is to be told again after a pause."""

    retryable = True

    def __init__(self, pause: int, message: str) -> None:
        super().__init__(message)
        self.pause = pause


class Notifications:
    """Takes messages about entries and tells what they have to tell."""

    def __init__(
        self,
        home: Home,
        journals: Journals,
        workflows: Workflows,
        listeners: Listeners,
        publish: Publish,
        sinks: Mapping[str, EventSink],
    ) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = Snapshots(home.metadata)
        self._workflows = workflows
        self._listeners = listeners
        self._publish = publish
        self._sinks = sinks
        self._webhooks = Webhooks()

    # --- messages --------------------------------------------------------------

    def receive(self, queue: str, limit: int, wait: int) -> list[ReceivedMessage]:
        """Return messages, waiting up to ``wait`` ms for the first."""
        return self._home.queues.receive(queue, limit, wait, VISIBILITY)

    def handle(self, queue: str, received: ReceivedMessage) -> None:
        """Tell what a message is about, and take it away or put it back."""
        try:
            self.run(received.message)
        except Postponed as failure:
            self._home.queues.release(queue, [received.receipt], failure.pause)
            return
        self._home.queues.delete(queue, [received.receipt])

    def run(self, message: TaskMessage) -> None:
        """Tell what an entry has to tell; Postponed where somebody does not answer."""
        workflow_id, version = message.task_id, message.delivery
        state = self._journals.find(workflow_id)
        stored = self._home.journal.read_versions(workflow_id, [version])
        if state is None or not stored:
            return  # removed meanwhile
        entry = read_entry(stored[0].data, self._home.payloads)
        failures = []
        for tell in self._told_of(state, version, entry):
            try:
                tell()
            except PodiumError as failure:
                # Whoever else listens is told all the same.
                failures.append(failure.message)
        if failures:
            self._postpone(workflow_id, entry.at, "; ".join(failures))

    def _postpone(self, workflow_id: str, since: int, why: str) -> None:
        age = self._home.clock.now() - since
        extra = {"workflow_id": workflow_id, "reason": why}
        if age >= GIVEN_UP_AFTER:
            logger.error("notification_given_up", extra=extra)
            return
        logger.warning("notification_postponed", extra=extra)
        raise Postponed(min(max(FIRST_PAUSE, age), LONGEST_PAUSE), why)

    # --- what there is to tell -------------------------------------------------

    def _told_of(
        self, state: WorkflowState, version: int, entry: ev.Entry
    ) -> Iterator[Callable[[], None]]:
        """Yield what is to be done for an entry."""
        definition = self._snapshots.load(state.definition)
        with_tasks = self._listeners.task_webhook is not None
        changes = StatusChanges(state, definition)
        for change in changes.of_entry(version, entry, with_tasks=with_tasks):
            number = int(change.event_id.rpartition(":")[2])
            event = entry.events[number]
            yield from self._of_change(change, event, definition)
        for number, event in enumerate(entry.events):
            if isinstance(event, ev.StateChanged):
                event_id = f"{state.workflow_id}:{version}:{number}"
                yield self._of_task(state, event, event_id, entry.at)

    def _of_change(
        self, change: StatusEvent, event: ev.Event, definition: Definition
    ) -> Iterator[Callable[[], None]]:
        listeners, source = self._listeners, definition.source
        if change.is_task:
            if listeners.task_webhook is not None:
                yield partial(self._post_task, listeners.task_webhook, change)
            return
        if listeners.workflow_webhook is not None and wants_webhook(event, source):
            yield partial(self._post_workflow, listeners.workflow_webhook, change)
        if listeners.queue is not None and wants_queue(event, source):
            ended_well = change.change == "COMPLETED"
            for queue in (ENDED_WELL if ended_well else ENDED_BADLY, FINALIZED):
                yield partial(self._queue, change, queue)

    def _post_workflow(self, url: str, change: StatusEvent) -> None:
        self._webhooks.post(url, self._workflow(change))

    def _post_task(self, url: str, change: StatusEvent) -> None:
        self._webhooks.post(url, self._task(change))

    def _of_task(
        self, state: WorkflowState, event: ev.StateChanged, event_id: str, at: int
    ) -> Callable[[], None]:
        """Return the telling of an ``onStateChange``: an event of its type's name.

        What its payload does not say itself it says of the task and its workflow.
        """
        task = state.task_of(event.seq)
        payload = {
            "workflowInstanceId": state.workflow_id,
            "workflowType": state.name,
            "workflowVersion": state.definition_version,
            "correlationId": state.correlation_id,
            "taskId": ids.task_id(state.workflow_id, event.seq),
            "taskRefName": task.full_ref if task is not None else None,
            "stateChange": event.on,
            **msgspec.json.decode(event.payload),
        }
        message = EventMessage(event_id, at, payload)
        return partial(self._publish, f"{INTERNAL}:{event.type}", message)

    def _queue(self, change: StatusEvent, queue: str) -> None:
        """Put a workflow that ended into one of Conductor's queues, or a sink.

        A sink gets it once: whether it ended well is in the document.
        """
        provider, name = provider_of(self._listeners.queue or "")
        document = self._workflow(change)
        if provider == INTERNAL:
            payload = msgspec.json.decode(document)
            message = EventMessage(change.event_id, change.at, payload)
            self._publish(f"{INTERNAL}:{queue}", message)
        elif queue != FINALIZED:
            sink = self._sinks.get(provider)
            if sink is None:
                raise SinkRefused(f"there is no sink {self._listeners.queue} here")
            workflow_id = change.event_id.partition(":")[0]
            event = OutgoingEvent(change.event_id, workflow_id, document, change.at)
            sink.publish(name, event)

    # --- documents -------------------------------------------------------------

    def _workflow(self, change: StatusEvent) -> bytes:
        """Return Conductor's WorkflowSummary, of what the event says where they differ.

        The event is of its moment, the summary of now.
        """
        told: dict[str, Any] = msgspec.json.decode(change.detail)
        workflow_id = told["workflowId"]
        row = self._home.index.find([workflow_id]).get(workflow_id)
        summary = {} if row is None else summary_of(row).to_json()
        return _document(summary, told)

    def _task(self, change: StatusEvent) -> bytes:
        """Return Conductor's TaskSummary with what a task notification adds to it."""
        told: dict[str, Any] = msgspec.json.decode(change.detail)
        try:
            task = self._workflows.find_task(told["taskId"])
        except NotFound:
            return _document({}, told)
        definition = task.get("workflowTask") or {}
        added = {
            "referenceTaskName": task["referenceTaskName"],
            "retryCount": task["retryCount"],
            "workflowTaskType": definition.get("type"),
            "taskDescription": definition.get("description"),
        }
        return _document({**summary_of_task(task).to_json(), **added}, told)


_OF_THE_EVENT = ("eventId", "eventType", "time", "status")


def _document(summary: Mapping[str, Any], told: Mapping[str, Any]) -> bytes:
    if not summary:
        return msgspec.json.encode(told)
    ours = {key: told[key] for key in _OF_THE_EVENT}
    return msgspec.json.encode({**summary, **ours})
