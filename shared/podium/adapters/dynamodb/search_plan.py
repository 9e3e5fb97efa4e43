"""Which rows a query has to look at: the narrowest index that has all it asks for.

Only what holds for every row in question narrows: comparisons joined by AND at the top
of a query.  In the order of how few rows they usually leave: a workflow's id, a
correlation id, a parent, a status other than COMPLETED, a workflow type; and whatever
is left, by the time of its start.

No index is of what has completed: that is nearly everything.  A row has completed if it
is in another index and not in that by status.  What runs and has only just started is
not in that one either, so within a window of starts the rows that others of the index
hold are looked at for what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.ranges import Index, Range, Window
from podium.model.workflow import WorkflowStatus
from podium.search import (
    WORKFLOW_FIELDS,
    And,
    Comparison,
    Everything,
    Expression,
    Kind,
    matches,
    number_of,
)

_Bounds: TypeAlias = tuple[int | None, int | None]
"""The earliest and the latest start, both included; None where there is no bound."""
_AskedFor: TypeAlias = Callable[[], Window | None]

_START = "startTime"
MAX_PARTITIONS = 400
"""A query of more partitions reads by start time instead."""


@dataclass(frozen=True, slots=True)
class Without:
    """Rows to be left out: those of some ranges, of these workflow types if any.

    ``new`` are ranges of which what runs is left out too.
    """

    ranges: tuple[Range, ...] = ()
    types: tuple[str, ...] | None = None
    new: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read: rows by id, or ranges of one index without some rows of another.

    ``is_exact`` where every row that is left then is one that was asked for; otherwise
    the query is still to be asked of each.  ``new`` are ranges of another index, of
    which what runs belongs to the rows as well.
    """

    ids: tuple[str, ...] | None
    index: Index | None
    ranges: tuple[Range, ...]
    is_exact: bool
    without: Without = Without()
    new: tuple[Range, ...] = ()

    @property
    def has_brief(self) -> bool:
        """Whether what the index holds of a row answers most questions."""
        return self.index is Index.BY_STATUS

    @property
    def is_scan(self) -> bool:
        """Whether more rows are read than any index was asked for."""
        return self.index is Index.BY_START and not self.is_exact


def plan(query: Expression, shards: int, window: Callable[[], Window | None]) -> Plan:
    """Return what to read for a query.

    The ``window`` is asked for where the query is about what runs.
    """
    parts = list(_conjuncts(query))
    for part in parts:
        if isinstance(part, Comparison) and part.field == "workflowId":
            ids = _values(part)
            if ids is not None:
                return Plan(ids, None, (), is_exact=len(parts) == 1)
    return _of_index(parts, shards, window)


def _of_index(parts: Sequence[Expression], shards: int, window: _AskedFor) -> Plan:
    times, others = _split(parts)
    bounds = _between(times)
    statuses = _Statuses(bounds, shards, window)
    for candidate, field, is_wide in _NARROW:
        for part in others:
            values = _usable(part, field)
            if values is None:
                continue
            found = _sharded(values, shards if is_wide else None)
            if len(found) <= MAX_PARTITIONS:
                rest = [one for one in others if one is not part]
                if candidate is Index.BY_STATUS:
                    ranges, new = statuses.ranges(values, _types(rest, shards))
                    return Plan(None, candidate, ranges, is_exact=not rest, new=new)
                ranges = _ranges(candidate, found, bounds)
                if candidate is not Index.BY_TYPE:
                    return Plan(None, candidate, ranges, is_exact=not rest)
                return _of_any_status(candidate, ranges, rest, statuses, values)
    ranges = _ranges(Index.BY_START, _sharded(("all",), shards), bounds)
    return _of_any_status(Index.BY_START, ranges, others, statuses)


def _of_any_status(
    index: Index,
    ranges: tuple[Range, ...],
    rest: Sequence[Expression],
    statuses: _Statuses,
    types: tuple[str, ...] | None = None,
) -> Plan:
    """Return what to read of an index that holds rows of every status."""
    if len(rest) != 1 or not _is_about_status(rest[0]):
        return Plan(None, index, ranges, is_exact=not rest)
    unwanted = [one for one in _NOT_COMPLETED if not matches(rest[0], {"status": one})]
    left_out, new = statuses.ranges(unwanted, types)
    without = Without(left_out, types, new)
    return Plan(None, index, ranges, is_exact=True, without=without)


@dataclass(frozen=True, slots=True)
class _Statuses:
    """Where to find what has statuses other than COMPLETED, and started in bounds."""

    bounds: _Bounds
    shards: int
    window: _AskedFor

    def ranges(
        self, statuses: Sequence[str], types: tuple[str, ...] | None
    ) -> tuple[tuple[Range, ...], tuple[Range, ...]]:
        """Return the ranges that hold it, and those to be looked through for what runs.

        The latter of these types, if any; the former of all.
        """
        others = [one for one in statuses if one != WorkflowStatus.RUNNING]
        found = self._of(others, self.bounds)
        if len(others) == len(statuses):
            return found, ()
        running, window = [str(WorkflowStatus.RUNNING)], self.window()
        if window is None:
            return found + self._of(running, self.bounds), ()
        found += self._of(running, _before(self.bounds, window.first))
        if window.last is not None:
            found += self._of(running, _after(self.bounds, window.last))
        inside = _after(self.bounds, window.first - 1)
        if window.last is not None:
            inside = _before(inside, window.last + 1)
        index = Index.BY_START if types is None else Index.BY_TYPE
        partitions = _sharded(("all",) if types is None else types, self.shards)
        return found, _ranges(index, partitions, inside)

    def _of(self, statuses: Sequence[str], bounds: _Bounds) -> tuple[Range, ...]:
        return _ranges(Index.BY_STATUS, _sharded(statuses, self.shards), bounds)


def _types(rest: Sequence[Expression], shards: int) -> tuple[str, ...] | None:
    """Return the workflow types that a query is about, if it names them."""
    for part in rest:
        values = _usable(part, "workflowType")
        if values is not None and len(values) * shards <= MAX_PARTITIONS:
            return values
    return None


_NARROW: Sequence[tuple[Index, str, bool]] = (
    (Index.BY_CORRELATION, "correlationId", False),
    (Index.BY_PARENT, "parentWorkflowId", False),
    (Index.BY_STATUS, "status", True),
    (Index.BY_TYPE, "workflowType", True),
)
"""Index, the field it is by, and whether it is sharded; the narrowest first."""

_NOT_COMPLETED = tuple(
    str(one) for one in WorkflowStatus if one is not WorkflowStatus.COMPLETED
)


def _is_about_status(part: Expression) -> bool:
    """Tell whether a comparison is of the status, and holds for what has completed."""
    return (
        isinstance(part, Comparison)
        and part.field == "status"
        and matches(part, {"status": str(WorkflowStatus.COMPLETED)})
    )


def _ranges(
    index: Index, partitions: Sequence[str], bounds: _Bounds
) -> tuple[Range, ...]:
    return tuple(
        keys.index_range(index, partition, *bounds) for partition in partitions
    )


def _sharded(values: Sequence[str], shards: int | None) -> list[str]:
    numbers = [None] if shards is None else range(shards)
    return [keys.index_partition(*pair) for pair in product(values, numbers)]


def _conjuncts(query: Expression) -> Iterator[Expression]:
    """Yield what must all hold; fields that we do not know hold anyway."""
    match query:
        case Everything():
            return
        case And(parts):
            for part in parts:
                yield from _conjuncts(part)
        case Comparison(field) if field not in WORKFLOW_FIELDS:
            return
        case _:
            yield query


def _values(comparison: Comparison) -> tuple[str, ...] | None:
    """Return the values of an equality, each once; None where it is none."""
    match comparison:
        case Comparison(operator="=", values=(value,)) if "*" not in value:
            return (value,)
        case Comparison(operator="IN", values=values):
            return tuple(dict.fromkeys(values))
    return None


def _usable(part: Expression, field: str) -> tuple[str, ...] | None:
    """Return the values that an index by a field can be asked for."""
    if not isinstance(part, Comparison) or part.field != field:
        return None
    values = _values(part)
    if values is None or "" in values:
        return None
    if field == "status" and WorkflowStatus.COMPLETED in values:
        return None
    return values


# --- times ---------------------------------------------------------------------------


_TIMES: Mapping[str, Callable[[list[int]], _Bounds]] = {
    "=": lambda values: (values[0], values[0]),
    "<": lambda values: (None, values[0] - 1),
    "<=": lambda values: (None, values[0]),
    ">": lambda values: (values[0] + 1, None),
    ">=": lambda values: (values[0], None),
    "BETWEEN": lambda values: (values[0], values[1]),
}


def _split(
    parts: Sequence[Expression],
) -> tuple[list[Comparison], list[Expression]]:
    """Return the bounds of the start time, and everything else."""
    times: list[Comparison] = []
    others: list[Expression] = []
    for part in parts:
        if (
            isinstance(part, Comparison)
            and part.field == _START
            and part.operator in _TIMES
            and not any("*" in value for value in part.values)
        ):
            times.append(part)
        else:
            others.append(part)
    return times, others


def _between(times: Sequence[Comparison]) -> _Bounds:
    """Return the earliest and the latest start that meet all bounds."""
    # A time that is not there is 0, and meets no bound.
    earliest: int | None = 1 if times else None
    latest: int | None = None
    for part in times:
        values = [int(number_of(Kind.TIME, value)) for value in part.values]
        low, high = _TIMES[part.operator](values)
        if low is not None:
            earliest = low if earliest is None else max(low, earliest)
        if high is not None:
            latest = high if latest is None else min(high, latest)
    return earliest, latest


def _before(bounds: _Bounds, moment: int) -> _Bounds:
    low, high = bounds
    return low, moment - 1 if high is None else min(high, moment - 1)


def _after(bounds: _Bounds, moment: int) -> _Bounds:
    low, high = bounds
    return moment + 1 if low is None else max(low, moment + 1), high
