"""One operator per control task: how a task of that type is scheduled.

Whatever has no operator is a worker's task.
"""

from __future__ import annotations

from podium.decider.operators import (
    branching,
    dynamic,
    dynamic_fork,
    fork_join,
    loops,
    messages,
    outbound,
    scripts,
    sub_workflow,
    waiting,
    workflow_control,
)
from podium.decider.scheduling import Operator, schedule_worker_task

_OPERATORS: dict[str, Operator] = {
    "DECISION": branching.schedule_decision,
    "SWITCH": branching.schedule_switch,
    "DYNAMIC": dynamic.schedule_dynamic,
    "FORK_JOIN": fork_join.schedule_fork,
    "FORK_JOIN_DYNAMIC": dynamic_fork.schedule_dynamic_fork,
    "JOIN": fork_join.schedule_join,
    "EXCLUSIVE_JOIN": fork_join.schedule_exclusive_join,
    "DO_WHILE": loops.schedule_loop,
    "INLINE": scripts.schedule_inline,
    "LAMBDA": scripts.schedule_lambda,
    "JSON_JQ_TRANSFORM": scripts.schedule_jq,
    "SET_VARIABLE": workflow_control.schedule_set_variable,
    "TERMINATE": workflow_control.schedule_terminate,
    "NOOP": workflow_control.schedule_noop,
    "WAIT": waiting.schedule_wait,
    "HUMAN": waiting.schedule_human,
    "PULL_WORKFLOW_MESSAGES": messages.schedule_pull,
    "SUB_WORKFLOW": sub_workflow.schedule_sub_workflow,
    "START_WORKFLOW": outbound.schedule_outbound,
    "HTTP": outbound.schedule_outbound,
    "EVENT": outbound.schedule_outbound,
    "KAFKA_PUBLISH": outbound.schedule_outbound,
}


KNOWN_TYPES = frozenset(_OPERATORS) | {"SIMPLE", "USER_DEFINED"}
"""The types that a definition may name without a task definition of that name."""


def operator_for(task_type: str) -> Operator:
    """Return the operator of a task type."""
    return _OPERATORS.get(task_type, schedule_worker_task)
