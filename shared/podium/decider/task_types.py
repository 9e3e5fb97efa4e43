"""Which task types there are and who runs them (reference 3.0)."""

from __future__ import annotations

CHOICES = frozenset({"DECISION", "SWITCH"})
"""They run one of several cases."""

INSTANT = CHOICES | frozenset(
    {
        "FORK",
        "INLINE",
        "LAMBDA",
        "JSON_JQ_TRANSFORM",
        "SET_VARIABLE",
        "TERMINATE",
        "NOOP",
    }
)
"""Done within the decision that schedules them."""

WAITING = frozenset(
    {
        "JOIN",
        "EXCLUSIVE_JOIN",
        "DO_WHILE",
        "WAIT",
        "HUMAN",
        "PULL_WORKFLOW_MESSAGES",
    }
)
"""Open until the decider itself, or a client, ends them."""

LAUNCHING = frozenset({"SUB_WORKFLOW", "START_WORKFLOW"})
"""They start another workflow."""

OUTBOUND = frozenset({"HTTP", "EVENT", "KAFKA_PUBLISH"})
"""Run by the system-task worker."""

_SHARED_QUEUES = {
    "KAFKA_PUBLISH": "EVENT",
    "SUB_WORKFLOW": "EVENT",
    "START_WORKFLOW": "EVENT",
}


def queue_type(task_type: str) -> str:
    """Return which type's queue a task waits in, mostly its own.

    What publishes shares a queue, and so does what its limits may hold back from
    starting a workflow: Lambda asks each queue all the time.
    """
    return _SHARED_QUEUES.get(task_type, task_type)


SYSTEM = INSTANT | WAITING | LAUNCHING | OUTBOUND
"""Every type that no external worker polls."""

NAMED_BY_TYPE = CHOICES | frozenset({"FORK", "JOIN", "EXCLUSIVE_JOIN"})
"""Their ``taskDefName`` is their type, whatever a definition calls them (2.7)."""

CONTROL = NAMED_BY_TYPE | {"DO_WHILE"}
"""Built-in types: never retried automatically (reference 4.4)."""
