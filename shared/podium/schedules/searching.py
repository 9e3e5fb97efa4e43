"""How schedules and the records of their runs are found (reference 1.7, 8.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic.fields import FieldInfo

from podium.model.conductor_json import ConductorModel
from podium.model.schedule import WorkflowSchedule, WorkflowScheduleExecution
from podium.search import (
    EVERYTHING,
    And,
    Comparison,
    Expression,
    Fields,
    Kind,
    Or,
    matches,
    parse_query,
)

EXECUTION_FIELDS: Fields = {
    "executionId": Kind.TEXT,
    "executionTime": Kind.TIME,
    "reason": Kind.TEXT,
    "scheduledTime": Kind.TIME,
    "scheduleName": Kind.TEXT,
    "state": Kind.TEXT,
    "workflowId": Kind.TEXT,
    "workflowName": Kind.TEXT,
    "zoneId": Kind.TEXT,
    # What the newer of Conductor's UIs calls them:
    "startTime": Kind.TIME,
    "status": Kind.TEXT,
    "workflowType": Kind.TEXT,
}
_OTHER_NAMES = {
    "startTime": "scheduledTime",
    "status": "state",
    "workflowType": "workflowName",
}
_OPERATOR = re.compile(r"[=<>()]|\sIS\s|\sBETWEEN\s|\sSTARTS_WITH\s", re.IGNORECASE)
_AND = re.compile(r"\s+AND\s+")
_ANY_TEXT = ("", "*")
_Model = TypeVar("_Model", bound=ConductorModel)


# --- schedules ---------------------------------------------------------------------


def find_schedules(
    schedules: Iterable[WorkflowSchedule],
    *,
    workflow_name: str | None = None,
    schedule_name: str | None = None,
    paused: bool | None = None,
    free_text: str = "*",
) -> list[WorkflowSchedule]:
    """Return those of a workflow, with a part of a name, paused or not."""
    part, text = (schedule_name or "").lower(), free_text.lower()
    return [
        one
        for one in schedules
        if (not workflow_name or one.workflow_name == workflow_name)
        and part in one.name.lower()
        and paused in {None, one.paused}
        and _has_text(text, (one.name, one.workflow_name, one.description))
    ]


# --- executions --------------------------------------------------------------------


def parse_execution_query(text: str | None) -> Expression:
    """Return what a query asks for, in Conductor's words or in those of all searches.

    As there ``workflowName=a`` asks for a part of the name, and a clause without any
    operator is the name of a schedule.
    """
    if not text or not text.strip():
        return EVERYTHING
    if _OPERATOR.search(text) is None:
        return Comparison("scheduleName", "IN", tuple(_AND.split(text.strip())))
    return _with_parts(parse_query(text, EXECUTION_FIELDS))


def _with_parts(expression: Expression) -> Expression:
    match expression:
        case And(parts):
            return And(tuple(map(_with_parts, parts)))
        case Or(parts):
            return Or(tuple(map(_with_parts, parts)))
        case Comparison("workflowName", "=", (value,)) if "*" not in value:
            return Comparison("workflowName", "=", (f"*{value}*",))
    return expression


def names_asked_for(query: Expression) -> tuple[str, ...] | None:
    """Return the only schedules that a query can be about, None where it says none."""
    match query:
        case Comparison("scheduleName", "IN", values):
            return values
        case Comparison("scheduleName", "=", values) if "*" not in values[0]:
            return values
        case And(parts):
            return next(filter(None, map(names_asked_for, parts)), None)
    return None


def find_executions(
    executions: Iterable[WorkflowScheduleExecution],
    query: Expression,
    free_text: str = "*",
) -> list[WorkflowScheduleExecution]:
    """Return those that a query asks for."""
    found = []
    for one in executions:
        row = _row(one)
        texts = (value for value in row.values() if isinstance(value, str))
        if matches(query, row, EXECUTION_FIELDS) and _has_text(
            free_text.lower(), texts
        ):
            found.append(one)
    return found


def _row(execution: WorkflowScheduleExecution) -> Mapping[str, Any]:
    shown = execution.to_json()
    return {name: shown.get(_OTHER_NAMES.get(name, name)) for name in EXECUTION_FIELDS}


# --- both --------------------------------------------------------------------------


def in_order(found: Sequence[_Model], sort: str | None, otherwise: str) -> list[_Model]:
    """Return them sorted by ``field:ASC,field2:DESC``; no order is descending.

    Fields that they do not have are left out; where none is left, it is ``otherwise``.
    """
    listed = list(found)
    fields = {one.alias for model in listed[:1] for one in _fields_of(model)}
    keys = [key for key in _sort_keys(sort or "") if key[0] in fields]
    for field, descending in reversed(keys or list(_sort_keys(otherwise))):
        listed.sort(key=lambda one: _sortable(one, field), reverse=descending)
    return listed


def _sort_keys(text: str) -> Iterator[tuple[str, bool]]:
    for key in filter(None, (key.strip() for key in text.split(","))):
        field, _, order = (piece.strip() for piece in key.partition(":"))
        yield _OTHER_NAMES.get(field, field), order.upper() != "ASC"


def _fields_of(model: ConductorModel) -> Iterable[FieldInfo]:
    return type(model).model_fields.values()


def _sortable(model: ConductorModel, field: str) -> tuple[bool, float, str]:
    value = model.to_json().get(field)
    number = float(value) if isinstance(value, int | float) else 0.0
    return value is not None, number, str(value)


def _has_text(text: str, among: Iterable[str | None]) -> bool:
    if text in _ANY_TEXT:
        return True
    wanted = text.strip("*")
    return any(wanted in (one or "").lower() for one in among)
