"""Events: handlers, and what they do when an event comes (reference 5.1).

The conductor queue has no queue: an EVENT task's message is handled by the one who
publishes it.  A message may come again, so what an action starts has an id derived from
the message, and a task that has ended ignores a second end.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from typing import Any

from podium import ids
from podium.errors import (
    AlreadyExists,
    ExpressionFailed,
    InvalidInput,
    NotFound,
    PodiumError,
    ValidationFailed,
)
from podium.expressions.evaluators import EVALUATORS, evaluate_with
from podium.expressions.javascript import evaluate, is_truthy
from podium.expressions.template import compile_template
from podium.model.event_handler import Action, ActionType, EventHandler, TaskDetails
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from podium.model.validation import check_event_handler
from podium.ports import Home
from podium.service.starting import Origin, Starter
from podium.service.tasks import Tasks

logger = logging.getLogger(__name__)

_RUNNABLE = {
    ActionType.START_WORKFLOW,
    ActionType.COMPLETE_TASK,
    ActionType.FAIL_TASK,
}


class EventHandlers:
    """The API noun ``event``, and the processing of messages."""

    def __init__(self, home: Home, starter: Starter, tasks: Tasks) -> None:
        self._home = home
        self._starter = starter
        self._tasks = tasks

    # --- handlers --------------------------------------------------------------

    def add(self, handler: EventHandler) -> None:
        """Store a new handler; its name must be free."""
        self._check(handler, "addEventHandler.eventHandler")
        if not self._home.metadata.put_handler(handler, overwrite=False):
            raise AlreadyExists(
                f"EventHandler with name {handler.name} already exists!"
            )

    def update(self, handler: EventHandler) -> None:
        """Replace a handler that exists."""
        self._check(handler, "updateEventHandler.eventHandler")
        if not self._home.metadata.put_handler(handler, overwrite=True):
            raise NotFound(f"EventHandler with name {handler.name} not found!")

    def remove(self, name: str) -> None:
        """Remove a handler."""
        if not self._home.metadata.delete_handler(name):
            raise NotFound(f"EventHandler with name {name} not found!")

    def find(
        self, event: str | None = None, *, active_only: bool = False
    ) -> list[EventHandler]:
        """Return all handlers (of one event, the active ones)."""
        found = self._home.metadata.list_handlers(event)
        return [one for one in found if one.active or not active_only]

    def _check(self, handler: EventHandler, at: str) -> None:
        findings = check_event_handler(handler, at=at)
        if findings:
            raise ValidationFailed(findings)
        for action in handler.actions:
            if action.action not in _RUNNABLE:
                known = ", ".join(sorted(_RUNNABLE))
                raise InvalidInput(f"actions: {action.action} is not one of {known}")

    # --- messages --------------------------------------------------------------

    def publish(self, event: str, message_id: str, payload: Mapping[str, Any]) -> None:
        """Run the actions of every active handler of the event.

        An action that fails for good is logged and the others go on; what may help to
        try again is raised, so that the whole message comes again.
        """
        for handler in self.find(event, active_only=True):
            if not _applies(handler, payload):
                continue
            for number, action in enumerate(handler.actions):
                try:
                    self._run(action, handler, number, message_id, payload)
                except PodiumError as failure:
                    if failure.retryable:
                        raise
                    logger.exception(
                        "event_action_failed",
                        extra={
                            "handler": handler.name,
                            "event": event,
                            "message_id": message_id,
                            "action": action.action,
                        },
                    )

    def _run(
        self,
        action: Action,
        handler: EventHandler,
        number: int,
        message_id: str,
        payload: Mapping[str, Any],
    ) -> None:
        document = expand(payload) if action.expand_inline_json else payload
        origin = {
            "conductor.event.messageId": message_id,
            "conductor.event.name": handler.event,
        }
        if action.action is ActionType.START_WORKFLOW:
            chosen = ids.derived_workflow_id(
                ids.milliseconds_of(message_id), message_id, handler.name, str(number)
            )
            self._start(action, handler.event, chosen, document, origin)
            return
        details, status = action.fail_task, TaskStatus.FAILED
        if action.action is ActionType.COMPLETE_TASK:
            details, status = action.complete_task, TaskStatus.COMPLETED
        self._end(details, status, f"{handler.name}#{number}", document, origin)

    def _start(
        self,
        action: Action,
        event: str,
        workflow_id: str,
        document: Mapping[str, Any],
        origin: Mapping[str, Any],
    ) -> None:
        given = action.start_workflow
        if given is None:
            raise InvalidInput("start_workflow: expected an object with a name")
        domains = given.task_to_domain or document.get("taskToDomain") or {}
        request = StartWorkflowRequest.from_json(
            {
                "name": given.name,
                "version": given.version,
                "correlationId": _resolve(given.correlation_id, document),
                "input": {**_resolve(given.input, document), **origin},
                "taskToDomain": domains,
            }
        )
        self._starter.start(request, Origin(workflow_id=workflow_id, event=event))

    def _end(
        self,
        details: TaskDetails | None,
        status: TaskStatus,
        action: str,
        document: Mapping[str, Any],
        origin: Mapping[str, Any],
    ) -> None:
        if details is None:
            raise InvalidInput("expected an object with workflowId and taskRefName")
        target = _resolve(
            {
                "workflowId": details.workflow_id,
                "taskId": details.task_id,
                "taskRefName": details.task_ref_name,
                "reasonForIncompletion": details.reason_for_incompletion,
            },
            document,
        )
        output = {**target, **_resolve(details.output, document), **origin}
        reason = target["reasonForIncompletion"]
        task_id = target["taskId"]
        if not task_id:
            where = target["workflowId"], target["taskRefName"]
            # Once a reference has led a message to a task it always does: that of a
            # loop's next iteration is none of its business.
            message_id = origin["conductor.event.messageId"]
            found = self._tasks.open_task_id(*where)
            task_id = self._home.keys.reserve(action, message_id, found)
        self._tasks.update_by_event(
            task_id, status, output, None if reason is None else str(reason)
        )


class _Document:
    """A :class:`podium.expressions.template.Source` over an event's payload."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self._payload = payload

    def names(self) -> Collection[str]:
        """Return every name a path may begin with."""
        return list(self._payload)

    def lookup(self, name: str, field: str, _key: str | None = None) -> Any:
        """Return ``name``, or its ``field`` where one is named."""
        value = self._payload.get(name)
        if not field:
            return value
        return value.get(field) if isinstance(value, Mapping) else None


def _resolve(value: Any, document: Mapping[str, Any]) -> Any:
    return compile_template(value).resolve(_Document(document))


def _applies(handler: EventHandler, payload: Mapping[str, Any]) -> bool:
    """Tell whether the handler's condition holds; a broken one does not."""
    if not handler.condition:
        return True
    document = dict(expand(payload))
    try:
        if handler.evaluator_type in EVALUATORS:
            found = evaluate_with(handler.evaluator_type, handler.condition, document)
        else:
            found = evaluate(handler.condition, document)
    except ExpressionFailed as failure:
        logger.exception(
            "event_condition_failed",
            extra={"handler": handler.name, "reason": failure.message},
        )
        return False
    return is_truthy(found)


def expand(value: Any) -> Any:
    """Return the value with every text that is a JSON object or array opened."""
    if isinstance(value, Mapping):
        return {key: expand(one) for key, one in value.items()}
    if isinstance(value, list):
        return [expand(one) for one in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return expand(json.loads(value))
        except ValueError:
            return value
    return value
