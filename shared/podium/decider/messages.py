"""The messages of a workflow: pushed by clients, pulled by its tasks (3.8, 8.2).

They lie in the journal in their order, and the state knows where.  A task takes them in
the event that completes it, so that none is taken twice or lost, wherever a decision is
cut.  Who waits is served by the decision that takes a message in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw

from podium.decider import events as ev
from podium.decider.commands import PushMessage
from podium.decider.facts import EntryEvents, require, require_all
from podium.decider.state import MessageAt, TaskState
from podium.decider.timeouts import open_tasks
from podium.decider.turn import Turn, decode, encode
from podium.errors import Conflict, LimitReached
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus

PULL = "PULL_WORKFLOW_MESSAGES"
MOST_WAITING = 1_000
MOST_AT_ONCE = 100
KEPT_FOR = 86_400_000
"""Milliseconds."""


def push_message(turn: Turn, command: PushMessage) -> None:
    """Take a message in; refuse it where the workflow does not run, or has too many."""
    state = turn.state
    if state.status is not WorkflowStatus.RUNNING:
        raise Conflict(
            f"Workflow {state.workflow_id} is not in RUNNING state "
            f"(current: {state.status})"
        )
    if any(one.id == command.id for one in state.messages):
        return
    expired = _expired(state.messages, turn.now)
    if len(state.messages) - expired >= MOST_WAITING:
        raise LimitReached(
            f"Workflow message queue for workflowId={state.workflow_id} has reached "
            f"the maximum size of {MOST_WAITING}"
        )
    turn.emit(ev.MessagePushed(id=command.id, payload=command.payload, expired=expired))


def serve_pulls(turn: Turn) -> None:
    """Give messages to the tasks that wait for them, in the order of the tasks."""
    pulls = [one for one in open_tasks(turn.state) if one.type == PULL]
    for task in sorted(pulls, key=lambda one: one.seq):
        serve(turn, task)


def serve(turn: Turn, task: TaskState) -> None:
    """Complete a task with what there is, unless there is nothing and it waits."""
    messages = turn.state.messages
    expired = _expired(messages, turn.now)
    inputs = turn.input_of(task)
    taken = messages[expired : expired + _batch_size(inputs)]
    if not taken and inputs.get("blocking") is not False:
        return
    found = _shown(turn, taken)
    turn.emit(
        ev.TaskUpdated(
            seq=task.seq,
            status=TaskStatus.COMPLETED,
            output=encode({"messages": found, "count": len(found)}),
            pulled=expired + len(taken),
        )
    )


def _expired(messages: Sequence[MessageAt], now: int) -> int:
    """Return how many messages, the oldest ones, nobody wants any more."""
    return sum(now - one.at >= KEPT_FOR for one in messages)


def _batch_size(inputs: dict[str, Any]) -> int:
    asked = inputs.get("batchSize")
    if isinstance(asked, bool) or not isinstance(asked, int | float):
        return 1
    return min(max(1, int(asked)), MOST_AT_ONCE)


def _shown(turn: Turn, messages: Iterable[MessageAt]) -> list[dict[str, Any]]:
    """Return messages as their task's output has them."""
    base = turn.recorded_version
    versions = {one.version for one in messages if one.version <= base}
    require_all(turn.facts, [EntryEvents(one) for one in sorted(versions)])
    payloads: dict[str, Raw] = {}
    for version in versions:
        payloads |= _payloads_in(require(turn.facts, EntryEvents(version)))
    payloads |= _payloads_in(turn.events)
    return [
        {
            "id": one.id,
            "workflowId": turn.state.workflow_id,
            "payload": decode(payloads[one.id]),
            "receivedAt": _instant(one.at),
        }
        for one in messages
    ]


def _payloads_in(events: Iterable[ev.Event]) -> dict[str, Raw]:
    return {one.id: one.payload for one in events if isinstance(one, ev.MessagePushed)}


def _instant(at: int) -> str:
    """Return a time as Java's ``Instant`` writes it."""
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")
