"""Summary rows and the queries over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import msgspec

from podium.adapters.sqlite.conditions import (
    COLUMNS,
    Condition,
    all_of,
    condition_of,
    is_like,
    mentions,
)
from podium.adapters.sqlite.database import Database, Row
from podium.model.workflow import WorkflowStatus
from podium.ports import SearchPage, SummaryRow
from podium.search import WORKFLOW_FIELDS, Expression, Kind, SortKey, matches
from podium.sinks import ArchivedAt

_NAMES = tuple(field.name for field in fields(SummaryRow))
_FAILED_NAMES = _NAMES.index("failed_task_names")
_DOMAINS = _NAMES.index("task_to_domain")
_ARCHIVED = _NAMES.index("archived")

# What is put together below are column names and question marks: values are bound.
_ALL = ", ".join(_NAMES)

_PUT = f"""INSERT INTO summaries ({_ALL}) VALUES ({", ".join("?" * len(_NAMES))})
    ON CONFLICT (workflow_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES[1:])}
    WHERE excluded.version_seen >= version_seen"""  # noqa: S608

_DELETE = "DELETE FROM summaries WHERE workflow_id = ?"

_FIND = f"SELECT {_ALL} FROM summaries WHERE workflow_id = ?"  # noqa: S608

_PAST_RETENTION = """SELECT workflow_id FROM summaries
    WHERE end_time > 0 AND archived IS NULL AND coalesce(retention_days, ?1) > 0
        AND end_time <= ?2 - coalesce(retention_days, ?1) * ?3
    ORDER BY end_time LIMIT ?4"""
_DAY = 24 * 60 * 60 * 1000

_NEWEST_FIRST = "start_time DESC, workflow_id DESC"

_TEXTS = ", ".join(
    COLUMNS[field] for field, kind in WORKFLOW_FIELDS.items() if kind is Kind.TEXT
)
_ASKED = f"is_asked_for(?, {', '.join(COLUMNS.values())})"

_OPEN = [str(status) for status in WorkflowStatus if not status.is_terminal]

_AT_ONCE = 500


class SqliteSearchIndex:
    """The port ``SearchIndex``; a row is there as soon as its unit is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: dict[int, Expression] = {}
        database.define("is_like", is_like)
        database.define("mentions", mentions)
        database.define("is_asked_for", self._is_asked_for)

    def put(self, row: SummaryRow) -> None:
        """Store the row unless a newer one is there."""
        self._database.change(_PUT, _values(row))

    def delete(self, workflow_id: str) -> None:
        """Remove the row."""
        self._database.change(_DELETE, (workflow_id,))

    def find(self, workflow_ids: Sequence[str]) -> dict[str, SummaryRow]:
        """Return those of the rows that are there, by id."""
        found: dict[str, SummaryRow] = {}
        for one in workflow_ids:
            row = self._database.row(_FIND, (one,))
            if row is not None:
                found[one] = _summary(row)
        return found

    def past_retention(self, now: int, days: int, limit: int) -> list[str]:
        """Return workflows that ended longer ago than they are to be kept.

        That is ``days``, unless their definitions say otherwise; 0 is for ever.  What
        the archive has is not among them.  The longest ended come first.
        """
        rows = self._database.rows(_PAST_RETENTION, (days, now, _DAY, limit))
        return [workflow_id for (workflow_id,) in rows]

    def search(
        self,
        query: Expression,
        free_text: str | None,
        sort: Sequence[SortKey],
        start: int,
        size: int,
    ) -> SearchPage:
        """Return a page of the rows that match, and how many there are in all."""
        number = self._database.token()
        self._asked[number] = query
        try:
            found = condition_of(query) or Condition(_ASKED, (number,))
            if free_text:
                text = Condition(f"mentions(?, {_TEXTS})", (free_text,))
                found = all_of((found, text))
            return self._page(found, _order(sort), start, size)
        finally:
            del self._asked[number]

    def _is_asked_for(self, number: int, *values: Any) -> bool:
        """Tell whether a row meets an expression that is too large for a statement.

        The function ``is_asked_for`` of statements; the expression is known by number.
        """
        row = dict(zip(COLUMNS, values, strict=True))
        return matches(self._asked[number], row)

    def _page(
        self, condition: Condition, order: str, start: int, size: int
    ) -> SearchPage:
        rows = self._database.rows(
            f"SELECT {_ALL} FROM summaries WHERE {condition.text} "  # noqa: S608
            f"ORDER BY {order} LIMIT ? OFFSET ?",
            (*condition.values, size, start),
        )
        if len(rows) < size and (rows or not start):
            total = start + len(rows)
        else:
            total = self._count(condition)
        return SearchPage(total, tuple(map(_summary, rows)))

    def _count(self, condition: Condition) -> int:
        row = self._database.row(
            f"SELECT count(*) FROM summaries WHERE {condition.text}",  # noqa: S608
            condition.values,
        )
        return row[0] if row else 0

    def correlated(
        self, name: str, correlation_ids: Sequence[str], *, include_closed: bool
    ) -> list[SummaryRow]:
        """Return the rows of a name with one of these correlation ids, newest first."""
        wanted = list(dict.fromkeys(correlation_ids))
        found: list[SummaryRow] = []
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            found += self._correlated(name, some, include_closed=include_closed)
        return sorted(found, key=_newest_first, reverse=True)

    def _correlated(
        self, name: str, wanted: list[str], *, include_closed: bool
    ) -> list[SummaryRow]:
        conditions = [
            Condition(f"correlation_id IN ({_marks(wanted)})", tuple(wanted)),
            Condition("workflow_type = ?", (name,)),
        ]
        if not include_closed:
            conditions.append(Condition(f"status IN ({_marks(_OPEN)})", tuple(_OPEN)))
        condition = all_of(conditions)
        rows = self._database.rows(
            f"SELECT {_ALL} FROM summaries WHERE {condition.text}",  # noqa: S608
            condition.values,
        )
        return [_summary(row) for row in rows]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def _newest_first(row: SummaryRow) -> tuple[int, str]:
    return row.start_time, row.workflow_id


def _order(sort: Sequence[SortKey]) -> str:
    """Return the order; what is equal in it comes in the order of ids, so that pages
    neither overlap nor leave gaps.
    """
    keys = [
        f"{COLUMNS[key.field]} {'DESC' if key.descending else 'ASC'}"
        for key in sort
        if key.field in COLUMNS
    ]
    return ", ".join([*keys, "workflow_id"]) if keys else _NEWEST_FIRST


def _values(row: SummaryRow) -> Row:
    values = [getattr(row, name) for name in _NAMES]
    values[_FAILED_NAMES] = msgspec.json.encode(row.failed_task_names).decode()
    if row.task_to_domain is not None:
        values[_DOMAINS] = msgspec.json.encode(row.task_to_domain).decode()
    if row.archived is not None:
        values[_ARCHIVED] = str(row.archived)
    return tuple(values)


def _summary(row: Row) -> SummaryRow:
    values = list(row)
    values[_FAILED_NAMES] = msgspec.json.decode(
        values[_FAILED_NAMES], type=tuple[str, ...]
    )
    if values[_DOMAINS] is not None:
        values[_DOMAINS] = msgspec.json.decode(values[_DOMAINS])
    if values[_ARCHIVED] is not None:
        values[_ARCHIVED] = ArchivedAt.from_text(values[_ARCHIVED])
    return SummaryRow(*values)
