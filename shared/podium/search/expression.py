"""What a query is, as values; and the fields it may be about (reference 6.1, 6.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Literal, TypeAlias


class Kind(Enum):
    """How the values of a field compare."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


Fields: TypeAlias = Mapping[str, Kind]

WORKFLOW_FIELDS: Fields = {
    "classifier": Kind.TEXT,
    "correlationId": Kind.TEXT,
    "createdBy": Kind.TEXT,
    "endTime": Kind.TIME,
    "event": Kind.TEXT,
    "executionTime": Kind.NUMBER,
    "failedReferenceTaskNames": Kind.TEXT,
    "idempotencyKey": Kind.TEXT,
    "input": Kind.TEXT,
    "output": Kind.TEXT,
    "parentWorkflowId": Kind.TEXT,
    "priority": Kind.NUMBER,
    "reasonForIncompletion": Kind.TEXT,
    "startTime": Kind.TIME,
    "status": Kind.TEXT,
    "updateTime": Kind.TIME,
    "version": Kind.NUMBER,
    "workflowId": Kind.TEXT,
    "workflowType": Kind.TEXT,
}
TASK_FIELDS: Fields = {
    "correlationId": Kind.TEXT,
    "endTime": Kind.TIME,
    "executionTime": Kind.NUMBER,
    "input": Kind.TEXT,
    "output": Kind.TEXT,
    "queueWaitTime": Kind.NUMBER,
    "reasonForIncompletion": Kind.TEXT,
    "scheduledTime": Kind.TIME,
    "startTime": Kind.TIME,
    "status": Kind.TEXT,
    "taskDefName": Kind.TEXT,
    "taskId": Kind.TEXT,
    "taskType": Kind.TEXT,
    "updateTime": Kind.TIME,
    "workflowId": Kind.TEXT,
    "workflowType": Kind.TEXT,
}

Operator: TypeAlias = Literal[
    "=",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "IN",
    "NOT IN",
    "BETWEEN",
    "STARTS_WITH",
    "IS NULL",
    "IS NOT NULL",
]


@dataclass(frozen=True, slots=True)
class Everything:
    """What an empty query asks for."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field against values: two for BETWEEN, none for IS NULL and IS NOT NULL."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the parts holds."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Everything | Comparison | And | Or

EVERYTHING = Everything()


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field to sort by."""

    field: str
    descending: bool = False


def all_of(parts: Sequence[Expression]) -> Expression:
    """Return what holds where all parts do."""
    asking = tuple(part for part in parts if part != EVERYTHING)
    if not asking:
        return EVERYTHING
    return asking[0] if len(asking) == 1 else And(asking)


def any_of(parts: Sequence[Expression]) -> Expression:
    """Return what holds where one of the parts does."""
    if EVERYTHING in parts:
        return EVERYTHING
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_FRACTION = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}")


def number_of(kind: Kind, text: str) -> int | float:
    """Return the number, or the milliseconds of the time, that a value is.

    Raises :class:`ValueError` where it is none.
    """
    if _WHOLE.fullmatch(text):
        return int(text)
    if kind is Kind.NUMBER:
        if not _FRACTION.fullmatch(text):
            raise ValueError(text)
        return float(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)
