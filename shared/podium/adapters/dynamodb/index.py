"""Summary rows and the queries over them, from sharded indexes.

A shard is a partition of an index, so that neither a workflow type nor a status is
written to one place.  A query reads the shards of the narrowest index
(:mod:`podium.adapters.dynamodb.search_plan`).  Where the index says it all, only the
page is read and the rest counted; otherwise every row in question is looked at, by its
brief if that is enough.  What runs and started only just now is in no index by status
(:mod:`podium.adapters.dynamodb.newcomers`): its rows are looked at one by one.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import is_not_newer_than
from podium.adapters.dynamodb.expiry import row_expires, stamp
from podium.adapters.dynamodb.keys import Key
from podium.adapters.dynamodb.newcomers import Newcomers
from podium.adapters.dynamodb.ranges import STARTED, Index, Range
from podium.adapters.dynamodb.search_plan import Plan, Without, plan
from podium.adapters.dynamodb.summaries import (
    BRIEF_FIELDS,
    brief_of,
    fields_of,
    item_of,
    row_of,
)
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.model.workflow import WorkflowStatus
from podium.ports import SearchPage, SummaryRow
from podium.search import (
    WORKFLOW_FIELDS,
    And,
    Comparison,
    Everything,
    Expression,
    Kind,
    Or,
    SortKey,
    matches,
    matches_wildcards,
)

logger = logging.getLogger(__name__)

_TEXTS = [field for field, kind in WORKFLOW_FIELDS.items() if kind is Kind.TEXT]
_NEWEST_FIRST = (SortKey("startTime", descending=True),)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of each row."""

    query: Expression
    free_text: str | None

    def is_met_by(self, row: SummaryRow) -> bool:
        fields = fields_of(row)
        return matches(self.query, fields) and _mentions(fields, self.free_text)


class DynamoSearchIndex:
    """The port ``SearchIndex``; what was put is found within a second or so.

    Rows of ended workflows expire after ``kept_days``, but never before their journals,
    which are kept for ``journal_days`` unless the row says otherwise; 0 is for ever.
    """

    def __init__(
        self,
        table: Table,
        newcomers: Newcomers,
        shards: int,
        kept_days: int = 0,
        journal_days: int = 0,
    ) -> None:
        self._table = table
        self._newcomers = newcomers
        self._shards = shards
        self._kept_days = kept_days
        self._journal_days = journal_days

    def put(self, row: SummaryRow) -> None:
        """Store the row unless a newer one is there."""
        expires = row_expires(row, self._kept_days, self._journal_days)
        is_new = self._newcomers.holds(row)
        item = item_of(row, self._shards, is_new=is_new) | stamp(expires)
        try:
            self._table.put(item, is_not_newer_than(row.version_seen))
        except ConditionFailed:
            logger.debug("newer_row_stands", extra={"workflow_id": row.workflow_id})

    def delete(self, workflow_id: str) -> None:
        """Remove the row."""
        self._table.delete(keys.summary(workflow_id))

    def find(self, workflow_ids: Sequence[str]) -> dict[str, SummaryRow]:
        """Return those of the rows that are there, by id."""
        return self._of_ids(workflow_ids, consistent=True)

    # --- search ----------------------------------------------------------------

    def search(
        self,
        query: Expression,
        free_text: str | None,
        sort: Sequence[SortKey],
        start: int,
        size: int,
    ) -> SearchPage:
        """Return a page of the rows that match, and how many there are in all."""
        chosen = plan(query, self._shards, self._newcomers.window)
        order = [key for key in sort if key.field in WORKFLOW_FIELDS] or _NEWEST_FIRST
        if chosen.ranges and chosen.is_exact and not free_text and _is_by_start(order):
            return self._read_page(
                chosen, start, size, newest_first=order[0].descending
            )
        question = _Question(query, free_text)
        return self._look_through(chosen, question, order, start, size)

    def _read_page(
        self, chosen: Plan, start: int, size: int, *, newest_first: bool
    ) -> SearchPage:
        """Read as many keys of each shard as the page may need; count the others."""
        end = start + size
        left_out = self._left_out(chosen.without)
        page = max(1, end) + len(left_out) // len(chosen.ranges)
        shards = [
            _Shard(self._table, one, page, newest_first=newest_first)
            for one in chosen.ranges
        ]
        new = sorted(
            self._newcomers.running(chosen.new), key=_started, reverse=newest_first
        )
        merged = heapq.merge(*shards, new, key=_started, reverse=newest_first)
        wanted = (item for item in merged if _started(item) not in left_out)
        found = list(islice(wanted, end))
        counted = sum(shard.count() for shard in shards) + len(new)
        total = counted - len(left_out)
        return SearchPage(max(total, len(found)), tuple(self._rows(found[start:])))

    def _left_out(self, without: Without) -> frozenset[str]:
        """Return the keys of the rows that a plan leaves out."""
        items = self._items(without.ranges)
        if without.types is not None:
            types = without.types
            items = (one for one in items if brief_of(one).workflow_type in types)
        new = self._newcomers.running(without.new)
        return frozenset(map(_started, chain(items, new)))

    def _items(self, ranges: Iterable[Range]) -> Iterator[Item]:
        return (item for one in ranges for item in self._table.items(one))

    def _look_through(
        self,
        chosen: Plan,
        question: _Question,
        order: Sequence[SortKey],
        start: int,
        size: int,
    ) -> SearchPage:
        is_brief = chosen.has_brief and _needs_no_texts(question, order)
        if chosen.ids is not None:
            found = self._in_order(chosen.ids)
        else:
            new = self._newcomers.running(chosen.new)
            items = chain(self._items(chosen.ranges), new)
            found = list(map(brief_of, items)) if is_brief else self._rows(items)
        met = [row for row in found if question.is_met_by(row)]
        if chosen.is_scan or question.free_text:
            logger.info(
                "search_scanned", extra={"looked_at": len(found), "found": len(met)}
            )
        page = _sorted(met, order)[start : start + size]
        if is_brief:
            page = self._in_order([row.workflow_id for row in page])
        return SearchPage(len(met), tuple(page))

    def _rows(self, items: Iterable[Item]) -> list[SummaryRow]:
        """Return the rows that items of an index are about, in the same order."""
        return self._in_order([keys.workflow_id_of(item["pk"]["S"]) for item in items])

    def _in_order(self, ids: Sequence[str]) -> list[SummaryRow]:
        rows = self._of_ids(ids, consistent=False)
        return [rows[one] for one in ids if one in rows]

    def _of_ids(self, ids: Sequence[str], *, consistent: bool) -> dict[str, SummaryRow]:
        wanted = [keys.summary(one) for one in dict.fromkeys(ids)]
        items = self._table.get_each(wanted, consistent=consistent)
        return {row.workflow_id: row for row in map(row_of, items)}

    # --- correlation -----------------------------------------------------------

    def correlated(
        self, name: str, correlation_ids: Sequence[str], *, include_closed: bool
    ) -> list[SummaryRow]:
        """Return the rows of a name with one of these correlation ids, newest first."""
        found: list[Item] = []
        for one in dict.fromkeys(correlation_ids):
            if one:
                partition = keys.index_partition(one)
                found += self._table.items(
                    keys.index_range(Index.BY_CORRELATION, partition, None, None)
                )
        rows = [
            row
            for row in self._rows(found)
            if row.workflow_type == name
            and (include_closed or not WorkflowStatus(row.status).is_terminal)
        ]
        return _sorted(rows, _NEWEST_FIRST)


class _Shard:
    """The items of one range in order, read a page at a time as they are asked for."""

    def __init__(
        self, table: Table, wanted: Range, page: int, *, newest_first: bool
    ) -> None:
        self._table = table
        self._wanted = wanted
        self._newest_first = newest_first
        self._pages = table.pages(wanted, newest_first=newest_first, limit=page)
        self._seen = 0
        self._next_key: Key | None = None
        self._is_read_out = wanted.is_empty

    def __iter__(self) -> Iterator[Item]:
        for page in self._pages:
            self._seen += len(page.items)
            self._next_key = page.next_key
            self._is_read_out = page.next_key is None
            yield from page.items

    def count(self) -> int:
        """Return how many items there are; what was read is not read again."""
        if self._is_read_out:
            return self._seen
        return self._seen + self._table.count(
            self._wanted, self._next_key, newest_first=self._newest_first
        )


def _started(item: Item) -> str:
    return str(item[STARTED]["S"])


def _is_by_start(order: Sequence[SortKey]) -> bool:
    return len(order) == 1 and order[0].field == "startTime"


def _mentions(fields: dict[str, object], text: str | None) -> bool:
    """Tell whether one of the texts contains a text, capitals or not."""
    if not text:
        return True
    pattern = f"*{text}*"
    values = (fields[field] for field in _TEXTS)
    return any(
        matches_wildcards(pattern, str(value)) for value in values if value is not None
    )


def _needs_no_texts(question: _Question, order: Sequence[SortKey]) -> bool:
    asked = {*_fields(question.query), *(key.field for key in order)}
    return not question.free_text and asked <= BRIEF_FIELDS


def _fields(query: Expression) -> Iterator[str]:
    """Yield the fields that a query is about, as far as we know them."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _fields(part)
        case Comparison(field) if field in WORKFLOW_FIELDS:
            yield field
        case Comparison() | Everything():
            return


def _sorted(rows: Iterable[SummaryRow], order: Sequence[SortKey]) -> list[SummaryRow]:
    """Return the rows in an order; what is equal in it comes in the order of ids."""
    is_newest_first = tuple(order) == _NEWEST_FIRST
    found = sorted(rows, key=lambda row: row.workflow_id, reverse=is_newest_first)
    for key in reversed(order):
        values = {row.workflow_id: fields_of(row)[key.field] for row in found}
        # None sorts before everything, as it does in SQL.
        found.sort(
            key=lambda row, values=values: (  # type: ignore[misc] # bound early
                values[row.workflow_id] is not None,
                values[row.workflow_id],
            ),
            reverse=key.descending,
        )
    return found
