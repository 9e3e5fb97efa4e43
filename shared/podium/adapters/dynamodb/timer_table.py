"""Timers beyond the reach of a queue's delay, in buckets of time.

A function that runs each minute takes out what is soon due.  It goes on from where the
last one stopped, so a pause of hours delays timers and loses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.ranges import Range
from podium.adapters.dynamodb.table import ConditionFailed, Table


@dataclass(frozen=True, slots=True)
class ArmedTimer:
    """One time at which a workflow is to be woken."""

    workflow_id: str
    due: int


class TimerTable:
    """Items by bucket, shard, due time and workflow."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table = table
        self._shards = shards
        self._is_begun = False

    def put(self, timer: ArmedTimer, now: int) -> None:
        """Keep a timer; again is a no-op.

        The first timer of all says from when on there is anything to take out.
        """
        if not self._is_begun:
            self._begin(now)
        self._table.put(keys.timer(timer.workflow_id, timer.due, self._shards))

    def _begin(self, now: int) -> None:
        with suppress(ConditionFailed):  # somebody else armed the first one
            self._table.put_once({**keys.swept(), "moment": {"N": str(now)}})
        self._is_begun = True

    def due(self, since: int, until: int) -> Iterator[list[ArmedTimer]]:
        """Yield the timers due up to ``until``, in the buckets from ``since`` on.

        Each list is one page; remove it before asking for the next.
        """
        for bucket in range(since // keys.BUCKET, until // keys.BUCKET + 1):
            for shard in range(self._shards):
                yield from self._pages(keys.timers(bucket, shard, until))

    def _pages(self, wanted: Range) -> Iterator[list[ArmedTimer]]:
        for page in self._table.pages(wanted):
            found = [keys.timer_of(item["sk"]["S"]) for item in page.items]
            if found:
                yield [ArmedTimer(*one) for one in found]

    def remove(self, timers: Sequence[ArmedTimer]) -> None:
        """Remove timers that lie in a queue now."""
        self._table.delete_each(
            keys.timer(timer.workflow_id, timer.due, self._shards) for timer in timers
        )

    # --- how far ---------------------------------------------------------------

    def swept_until(self) -> int | None:
        """Return up to when timers were taken out; None where none was ever put."""
        item = self._table.get(keys.swept())
        return None if item is None else int(item["moment"]["N"])

    def mark_swept(self, until: int) -> None:
        """Remember how far; one who got less far costs the next one a second look."""
        self._table.put({**keys.swept(), "moment": {"N": str(until)}})
