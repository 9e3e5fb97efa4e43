"""Which workflows a question about tasks has to look into.

No rows are kept of tasks: that would double what a task costs.  So a query about tasks
is first turned into one about workflows that every workflow with such a task meets, and
perhaps others (reference 6.1).
"""

from __future__ import annotations

from podium import ids
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.search import EVERYTHING, And, Comparison, Expression, Or
from podium.search.expression import Kind, all_of, any_of, number_of

_OF_THE_WORKFLOW = frozenset({"workflowId", "workflowType", "correlationId"})
"""What a task has from its workflow: such a comparison is the same for both."""
_TIMES = frozenset({"scheduledTime", "startTime", "endTime", "updateTime"})
_LEEWAY = 60 * 60 * 1000
"""What an ended workflow had open is closed with its end, or moments later."""
_OPEN_TASKS = frozenset(one for one in TaskStatus if not one.is_terminal)
_OPEN_WORKFLOWS = tuple(str(one) for one in WorkflowStatus if not one.is_terminal)


def candidates_of(query: Expression) -> Expression:
    """Return what holds for every workflow that has a task of the query."""
    match query:
        case And(parts):
            return all_of([candidates_of(part) for part in parts])
        case Or(parts):
            return any_of([candidates_of(part) for part in parts])
        case Comparison(field):
            if field in _OF_THE_WORKFLOW:
                return query
            if field == "taskId":
                return _of_ids(query)
            if field == "status":
                return _of_status(query)
            if field in _TIMES:
                return _of_times(query)
    return EVERYTHING


def _of_ids(query: Comparison) -> Expression:
    """Return the workflows of tasks: their ids are in those of the tasks.

    What is no id belongs to no workflow.
    """
    if query.operator not in {"=", "IN"} or any("*" in one for one in query.values):
        return EVERYTHING
    owners = [ids.workflow_of(one) if ids.is_id(one) else one for one in query.values]
    return Comparison("workflowId", "IN", tuple(dict.fromkeys(owners)))


def _of_status(query: Comparison) -> Expression:
    """Return the open workflows where only open tasks are asked for."""
    is_of_open = query.operator in {"=", "IN"} and _OPEN_TASKS.issuperset(query.values)
    return Comparison("status", "IN", _OPEN_WORKFLOWS) if is_of_open else EVERYTHING


def _of_times(query: Comparison) -> Expression:
    """Return which workflows were there: tasks live between their start and end."""
    if any("*" in one for one in query.values):
        return EVERYTHING
    values = [int(number_of(Kind.TIME, one)) for one in query.values]
    match query.operator:
        case "<" | "<=":
            return _started_by(values[0])
        case ">" | ">=":
            return _open_at(values[0])
        case "=" | "IN" | "BETWEEN":
            return all_of([_started_by(max(values)), _open_at(min(values))])
    return EVERYTHING


def _started_by(moment: int) -> Expression:
    return Comparison("startTime", "<=", (str(moment),))


def _open_at(moment: int) -> Expression:
    since = Comparison("endTime", ">=", (str(moment - _LEEWAY),))
    return any_of([since, Comparison("endTime", "IS NULL")])
