"""What an event handler's actions do (reference 5.1).

Each bears repetition: what an action starts has an id derived from the message, a task
that has ended ignores a second end, and variables that were set by an attempt which
died are found in the journal.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from podium import ids
from podium.decider.commands import Terminate, UpdateVariables
from podium.errors import InvalidInput, NotFound
from podium.eventing import EventMessage
from podium.expressions.template import compile_template
from podium.model.event_handler import Action, ActionType, TaskDetails
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from podium.ports import Home
from podium.service.engine import Engine
from podium.service.entries import read_entry
from podium.service.reports import encode
from podium.service.start_requests import Origin
from podium.service.starting import Starter
from podium.service.tasks import Tasks

RUNNABLE = frozenset(ActionType) - {ActionType.START_AGENT}
_NOBODY = "-"
"""What a message is bound to that leads to no task."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One action of a handler on one message; ``is_repeated`` after one that died."""

    action: Action
    handler: str
    number: int
    event: str
    message: EventMessage
    is_repeated: bool = False

    @property
    def document(self) -> Any:
        """What ``${...}`` reads: the payload, opened where the action wants it."""
        payload = self.message.payload
        return expand(payload) if self.action.expand_inline_json else payload

    @property
    def origin(self) -> dict[str, str]:
        """What the action tells of where it comes from."""
        return {
            "conductor.event.messageId": self.message.message_id,
            "conductor.event.name": self.event,
        }

    @property
    def by(self) -> str:
        """Who asks, for the audit trail: nobody else has this name."""
        return f"event {self.handler}#{self.number} {self.message.message_id}"


class EventActions:
    """Runs actions, each to its end."""

    def __init__(
        self,
        home: Home,
        engine: Engine,
        starter: Starter,
        tasks: Tasks,
    ) -> None:
        self._home = home
        self._engine = engine
        self._starter = starter
        self._tasks = tasks

    def run(self, attempt: Attempt) -> dict[str, Any]:
        """Run an action and return what its record tells of it."""
        action = attempt.action
        match action.action:
            case ActionType.START_WORKFLOW:
                return self._start(attempt)
            case ActionType.COMPLETE_TASK:
                return self._end(attempt, action.complete_task, TaskStatus.COMPLETED)
            case ActionType.FAIL_TASK:
                return self._end(attempt, action.fail_task, TaskStatus.FAILED)
            case ActionType.TERMINATE_WORKFLOW:
                return self._terminate(attempt)
            case ActionType.UPDATE_WORKFLOW_VARIABLES:
                return self._set_variables(attempt)
        raise InvalidInput(
            f"Action not supported {action.action} for event {attempt.event}"
        )

    def _start(self, attempt: Attempt) -> dict[str, Any]:
        given = attempt.action.start_workflow
        if given is None:
            raise InvalidInput("start_workflow: expected an object with a name")
        document = attempt.document
        domains = given.task_to_domain
        if not domains and isinstance(document, Mapping):
            domains = document.get("taskToDomain")
        request = StartWorkflowRequest.from_json(
            {
                "name": given.name,
                "version": given.version,
                "correlationId": _resolve(given.correlation_id, document),
                "input": {**_resolve(given.input, document), **attempt.origin},
                "taskToDomain": domains or {},
            }
        )
        message = attempt.message
        chosen = ids.derived_workflow_id(
            message.sent_at, message.message_id, attempt.handler, str(attempt.number)
        )
        origin = Origin(workflow_id=chosen, event=attempt.event)
        return {"workflowId": self._starter.start(request, origin)}

    def _end(
        self, attempt: Attempt, details: TaskDetails | None, status: TaskStatus
    ) -> dict[str, Any]:
        if details is None:
            raise InvalidInput("expected an object with workflowId and taskRefName")
        document = attempt.document
        target = _resolve(
            {
                "workflowId": details.workflow_id,
                "taskId": details.task_id,
                "taskRefName": details.task_ref_name,
                "reasonForIncompletion": details.reason_for_incompletion,
            },
            document,
        )
        output = {**target, **_resolve(details.output, document), **attempt.origin}
        reason = target["reasonForIncompletion"]
        task_id = target["taskId"] or self._task_of(attempt, target)
        self._tasks.update_by_event(
            str(task_id), status, output, None if reason is None else str(reason)
        )
        return output

    def _task_of(self, attempt: Attempt, target: Mapping[str, Any]) -> str:
        """Return the task that a reference leads a message to, now and for good.

        That of a loop's next iteration is none of its business.  Nor is a task missing
        that an attempt has ended which got no answer.
        """
        name, key = f"{attempt.handler}#{attempt.number}", attempt.message.message_id
        workflow_id, ref = _text(target["workflowId"]), _text(target["taskRefName"])
        try:
            found = self._tasks.open_task_id(workflow_id, ref)
        except NotFound:
            bound = self._home.keys.reserve(name, key, _NOBODY)
            if bound == _NOBODY:
                raise
            return bound
        bound = self._home.keys.reserve(name, key, found)
        if bound == _NOBODY:
            raise NotFound(f"The message came before there was a task {ref}")
        return bound

    def _terminate(self, attempt: Attempt) -> dict[str, Any]:
        given = attempt.action.terminate_workflow
        if given is None:
            raise InvalidInput("terminate_workflow: expected an object with workflowId")
        target: dict[str, Any] = _resolve(
            {
                "workflowId": given.workflow_id,
                "terminationReason": given.termination_reason,
            },
            attempt.document,
        )
        reason = _text(target["terminationReason"])
        command = Terminate(reason=reason)
        self._engine.run(_workflow_of(target), command, by=attempt.by)
        return target

    def _set_variables(self, attempt: Attempt) -> dict[str, Any]:
        given = attempt.action.update_workflow_variables
        if given is None:
            raise InvalidInput(
                "update_workflow_variables: expected an object with workflowId "
                "and variables"
            )
        target: dict[str, Any] = _resolve(
            {"workflowId": given.workflow_id, "variables": given.variables or {}},
            attempt.document,
        )
        workflow_id = _workflow_of(target)
        if attempt.is_repeated and self._has_set(workflow_id, attempt.by):
            return target
        command = UpdateVariables(
            values=encode(target["variables"]), append=bool(given.append_array)
        )
        self._engine.run(workflow_id, command, by=attempt.by)
        return target

    def _has_set(self, workflow_id: str, by: str) -> bool:
        """Tell whether the attempt that died got as far as the journal."""
        stored = self._home.journal.read_range(workflow_id, 1)
        entries = (read_entry(one.data, self._home.payloads) for one in stored)
        return any(entry.by == by for entry in entries)


class _Document:
    """A :class:`podium.expressions.template.Source` over an event's payload."""

    def __init__(self, payload: Any) -> None:
        self._payload = payload

    def names(self) -> Collection[str]:
        """Return every name a path may begin with."""
        return list(self._payload) if isinstance(self._payload, Mapping) else []

    def lookup(self, name: str, field: str, _key: str | None = None) -> Any:
        """Return ``name``, or its ``field`` where one is named."""
        if not isinstance(self._payload, Mapping):
            return None
        value = self._payload.get(name)
        if not field:
            return value
        return value.get(field) if isinstance(value, Mapping) else None


def _resolve(value: Any, document: Any) -> Any:
    return compile_template(value).resolve(_Document(document))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _workflow_of(target: Mapping[str, Any]) -> str:
    workflow_id = target["workflowId"]
    if not workflow_id:
        raise InvalidInput("workflowId: required, but absent")
    return str(workflow_id)


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
