"""What happens when a message of an event comes: once per message and action (5.1).

A record is written before an action runs and finished after it.  One that is finished
says that the message came before.  One that is IN_PROGRESS may be of an attempt that
died: after :data:`DEAD_AFTER` it is taken over, before that the message is to come
again.  Where a unit of work holds record and action together, no such one is left.

What may pass is tried :data:`TRIES` times and then raised, so that the whole message
comes again; any other failure is recorded, and the message done.  Between two tries the
record is as of an attempt that died: what did not answer may have done it all the same.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from podium.errors import ExpressionFailed, PodiumError, Unavailable
from podium.eventing import EventMessage
from podium.expressions.evaluators import EVALUATORS, evaluate_with
from podium.expressions.javascript import evaluate, is_truthy
from podium.model.event_handler import (
    EventExecution,
    EventExecutionStatus,
    EventHandler,
)
from podium.ports import Home
from podium.service.event_actions import Attempt, EventActions, expand

logger = logging.getLogger(__name__)

TRIES = 3
DEAD_AFTER = 150_000
"""Milliseconds.  Longer than any function may run, and over before a message of it has
come for the last time.
"""
KEPT_FOR_DAYS = 30
"""How long records are kept where the deployment keeps journals for ever."""

_DAY = 24 * 60 * 60 * 1000


class EventProcessing:
    """Runs the actions of the handlers of an event."""

    def __init__(self, home: Home, actions: EventActions) -> None:
        self._home = home
        self._actions = actions

    def handle(self, event: str, message: EventMessage) -> None:
        """Do what every active handler of the event wants done about a message.

        What may help to try again is raised once everything else is done.
        """
        postponed: PodiumError | None = None
        for handler in self._home.metadata.list_handlers(event):
            if not handler.active or not self._is_wanted(handler, message):
                continue
            for number, action in enumerate(handler.actions):
                attempt = Attempt(action, handler.name, number, handler.event, message)
                try:
                    self._once(attempt)
                except PodiumError as failure:
                    postponed = failure
        if postponed is not None:
            raise postponed

    # --- conditions ------------------------------------------------------------

    def _is_wanted(self, handler: EventHandler, message: EventMessage) -> bool:
        """Tell whether the handler's condition holds; a broken one does not."""
        if not handler.condition:
            return True
        output: dict[str, Any] = {
            "msg": message.payload,
            "condition": handler.condition,
        }
        try:
            if is_truthy(_value_of(handler, handler.condition, message.payload)):
                return True
        except ExpressionFailed as failure:
            logger.exception("event_condition_failed", extra={"handler": handler.name})
            output["error"] = failure.message
        skipped = EventExecution(
            id=f"{message.message_id}_0",
            message_id=message.message_id,
            name=handler.name,
            event=handler.event,
            created=self._home.clock.now(),
            status=EventExecutionStatus.SKIPPED,
            output=output,
        )
        self._home.executions.add(skipped, message.sent_at, self._expires())
        return False

    # --- actions ---------------------------------------------------------------

    def _once(self, attempt: Attempt) -> None:
        """Run an action unless it was run; raise what may pass."""
        execution, sent_at = self._record_of(attempt), attempt.message.sent_at
        for number in range(1, TRIES + 1):
            try:
                with self._home.atomic():
                    begun = self._begin(execution, attempt)
                    if begun is not None:
                        self._run(execution, begun)
            except PodiumError as failure:
                if not failure.retryable:
                    self._fail(execution, attempt, failure)
                    return
                if not isinstance(failure, _StillRunning):
                    self._give_up(execution, sent_at)
                if number == TRIES or isinstance(failure, _StillRunning):
                    raise
            else:
                return

    def _record_of(self, attempt: Attempt) -> EventExecution:
        message = attempt.message
        return EventExecution(
            id=f"{message.message_id}_{attempt.number}",
            message_id=message.message_id,
            name=attempt.handler,
            event=attempt.event,
            created=self._home.clock.now(),
            action=attempt.action.action,
        )

    def _begin(self, execution: EventExecution, attempt: Attempt) -> Attempt | None:
        """Return the attempt that is ours to make; None where it was made."""
        executions, sent_at = self._home.executions, attempt.message.sent_at
        standing = executions.add(execution, sent_at, self._expires())
        if standing is None:
            return attempt
        if standing.status is not EventExecutionStatus.IN_PROGRESS:
            logger.info("event_came_again", extra=_told(execution))
            return None
        if execution.created - standing.created < DEAD_AFTER:
            raise _StillRunning(execution.id)
        if not executions.take_over(standing, execution, sent_at):
            raise _StillRunning(execution.id)
        return replace(attempt, is_repeated=True)

    def _run(self, execution: EventExecution, attempt: Attempt) -> None:
        output = self._actions.run(attempt)
        self._finish(execution, attempt.message, EventExecutionStatus.COMPLETED, output)

    def _fail(
        self, execution: EventExecution, attempt: Attempt, failure: PodiumError
    ) -> None:
        logger.error(
            "event_action_failed",
            extra={**_told(execution), "reason": failure.message},
        )
        output = {"exception": failure.message}
        self._finish(execution, attempt.message, EventExecutionStatus.FAILED, output)

    def _give_up(self, execution: EventExecution, sent_at: int) -> None:
        """Have whoever tries next take the record over, at once."""
        long_ago = execution.created - DEAD_AFTER
        dead = execution.model_copy(update={"created": long_ago})
        self._home.executions.take_over(execution, dead, sent_at, self._expires())

    def _finish(
        self,
        execution: EventExecution,
        message: EventMessage,
        status: EventExecutionStatus,
        output: dict[str, Any],
    ) -> None:
        ended = execution.model_copy(update={"status": status, "output": output})
        self._home.executions.finish(ended, message.sent_at, self._expires())

    def _expires(self) -> int:
        days = self._home.retention_days or KEPT_FOR_DAYS
        return self._home.clock.now() + days * _DAY


class _StillRunning(Unavailable):
    """Somebody is at the action, or died a moment ago."""

    def __init__(self, execution_id: str) -> None:
        super().__init__(f"Event execution {execution_id} is in progress")


def _value_of(handler: EventHandler, condition: str, payload: Any) -> Any:
    """Return what a condition evaluates to; ``$`` is the payload, opened."""
    opened = expand(payload)
    if handler.evaluator_type in EVALUATORS and isinstance(opened, dict):
        return evaluate_with(handler.evaluator_type, condition, opened)
    return evaluate(condition, opened)


def _told(execution: EventExecution) -> dict[str, Any]:
    return {
        "handler": execution.name,
        "event": execution.event,
        "execution": execution.id,
        "action": execution.action,
    }
