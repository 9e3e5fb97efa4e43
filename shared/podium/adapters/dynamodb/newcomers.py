"""Rows of what has only just started: running, and in no index by status yet.

Nearly every workflow ends within seconds, and to enter the index of what runs and to
leave it again costs two writes.  So a new row stays out of it (:meth:`Newcomers.holds`)
and the sweep of each minute puts in what still runs.  How far it got is written down:
whoever asks for what runs takes the index for what started before, and looks at each
row of what started since (decision 19).

What has to hold is that a row that runs and is not in the index started after what is
swept.  A row stays out only if it started within ``NEW_FOR``, and a sweep leaves out
what started within ``SWEPT_AFTER``.  The difference is for clocks, and for a write that
takes long.  Where nobody sweeps, or the sweep is ``LATE``, no row stays out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import is_of_version
from podium.adapters.dynamodb.keys import Key
from podium.adapters.dynamodb.ranges import STARTED, Index, Range, Window
from podium.adapters.dynamodb.recent import Recent
from podium.adapters.dynamodb.summaries import brief_of
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table, chunks
from podium.clock import Clock
from podium.model.workflow import WorkflowStatus
from podium.ports import SummaryRow
from podium.threads import map_in_threads

MINUTE = 60_000
NEW_FOR = 20_000
"""Milliseconds after its start in which a row may stay out of the index."""
SWEPT_AFTER = MINUTE
"""Milliseconds after its start from which a workflow that runs is put into it."""
LATE = 5 * MINUTE
"""Milliseconds that a sweep may be behind before every row enters at once.

It bounds what a search has to look at, and what a sweep has to make up for.
"""

_LOOKED_AT_ONCE = 100
_BY_STATUS = Index.BY_STATUS.partition_attribute
_SEEN = ("pk", "sk", "version_seen", "brief", STARTED, _BY_STATUS)


@dataclass(frozen=True, slots=True)
class _Swept:
    """From where the last sweep went, how far, and in how many shards it looked."""

    since: int
    until: int
    shards: int


class Newcomers:
    """What is out of the index by status for now, and the sweep that puts it in.

    ``at_once`` is how many threads ask the table side by side.
    """

    def __init__(self, table: Table, shards: int, clock: Clock, at_once: int) -> None:
        self._table = table
        self._shards = shards
        self._clock = clock
        self._at_once = at_once
        self._recent: Recent[_Swept | None] = Recent(clock, MINUTE)

    def holds(self, row: SummaryRow) -> bool:
        """Tell whether a row that is written now stays out of the index by status."""
        now = self._clock.now()
        if row.status != WorkflowStatus.RUNNING or not (
            now - NEW_FOR < row.start_time <= now + NEW_FOR
        ):
            return False
        swept = self._recent.get("swept", self._swept)
        if swept is None or swept.shards < self._shards:
            return False
        return now < swept.until + LATE

    # --- looking ---------------------------------------------------------------

    def window(self) -> Window | None:
        """Return where to look row by row; None where the index has everything.

        It begins where the last sweep began: what that has put into the index may
        not be seen there yet.
        """
        swept = self._swept()
        if swept is None:
            return None
        last = swept.until + LATE + NEW_FOR
        is_open = self._clock.now() <= last
        return Window(swept.since + 1, None if is_open else last)

    def running(self, ranges: Sequence[Range]) -> list[Item]:
        """Return the briefs of what runs of ranges of an index, in any order."""
        return [one for one in self._look(ranges) if _is_running(one)]

    def _look(self, ranges: Sequence[Range]) -> list[Item]:
        """Return the rows of ranges of an index, without their texts."""
        listed = map_in_threads(self._at_once, self._keys, ranges)
        wanted = [key for some in listed for key in some]
        read = partial(self._table.get_each, consistent=False, only=_SEEN)
        pages = list(chunks(wanted, _LOOKED_AT_ONCE))
        found = map_in_threads(self._at_once, read, pages)
        return [item for page in found for item in page]

    def _keys(self, wanted: Range) -> list[Key]:
        return [_key(item) for item in self._table.items(wanted)]

    # --- sweeping --------------------------------------------------------------

    def sweep(self) -> int:
        """Put what still runs into the index; return how many workflows that were.

        It goes a minute at a time and writes down how far it got: one that is
        interrupted is gone on with.
        """
        entered = 0
        last = self._swept()
        until = self._clock.now() - SWEPT_AFTER
        for since, upto in _steps(last.until if last is not None else None, until):
            entered += self._put_in(since + 1, upto)
            self.mark(since, upto)
        return entered

    def mark(self, since: int, until: int) -> None:
        """Write down from where the sweep went, and how far."""
        values = {"since": since, "until": until, "shards": self._shards}
        item = {name: {"N": str(value)} for name, value in values.items()}
        self._table.put({**keys.rows_swept(), **item})

    def _swept(self) -> _Swept | None:
        item = self._table.get(keys.rows_swept())
        if item is None:
            return None
        return _Swept(*(int(item[name]["N"]) for name in ("since", "until", "shards")))

    def _put_in(self, first: int, last: int) -> int:
        """Put in what started between two moments, and runs."""
        ranges = [
            keys.index_range(
                Index.BY_START, keys.index_partition("all", shard), first, last
            )
            for shard in range(self._shards)
        ]
        out = [
            one
            for one in self._look(ranges)
            if _BY_STATUS not in one and _is_running(one)
        ]
        map_in_threads(self._at_once, self._enter, out)
        return len(out)

    def _enter(self, item: Item) -> None:
        """Put one row in; whoever has written it since has known its place."""
        shard = keys.shard_of(keys.workflow_id_of(item["pk"]["S"]), self._shards)
        partition = keys.index_partition(WorkflowStatus.RUNNING, shard)
        seen = is_of_version(int(item["version_seen"]["N"]))
        with suppress(ConditionFailed):
            self._table.update(
                _key(item),
                f"SET {_BY_STATUS} = :partition",
                {":partition": {"S": partition}},
                seen,
            )


def _steps(since: int | None, until: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where a sweep goes, a minute or so at a time.

    The first sweep of all, and one that was late for longer than rows may stay out,
    have nothing to look at in the end.
    """
    if since is not None:
        end = min(until, since + LATE + 2 * MINUTE)
        while since < end:
            upto = end if end - since < 2 * MINUTE else since + MINUTE
            yield since, upto
            since = upto
    if since is None or since < until:
        yield until, until


def _key(item: Item) -> Key:
    return {name: item[name] for name in ("pk", "sk")}


def _is_running(item: Item) -> bool:
    return brief_of(item).status == WorkflowStatus.RUNNING
