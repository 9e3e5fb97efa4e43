"""Log lines of tasks, beside the journal of their workflow.

All lines that come at once are one item, so a report with a hundred lines is one write.
Items are in the order in which they were written: by time, then by a number that this
process counts, then by chance.
"""

from __future__ import annotations

import itertools
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.expiry import stamp
from podium.adapters.dynamodb.table import Item, Table
from podium.clock import Clock
from podium.ports import TaskLog

_LINE_LIMIT = 60_000
_ITEM_LIMIT = 300_000
_CUT = " [cut by Podium]"
_RANDOM_BITS = 32
_COUNTED = 1_000_000

_decoder = msgspec.json.Decoder(list[tuple[int, str]])


class DynamoTaskLogs:
    """The port ``TaskLogs``; a line beyond 60,000 characters is cut, and says so."""

    def __init__(self, table: Table, clock: Clock, draw: Callable[[int], int]) -> None:
        self._table = table
        self._clock = clock
        self._draw = draw
        self._counter = itertools.count()
        self._latest = 0
        self._lock = threading.Lock()

    def append(self, lines: Sequence[TaskLog], expires: int = 0) -> None:
        """Add lines."""
        by_task: dict[str, list[TaskLog]] = defaultdict(list)
        for line in lines:
            by_task[line.task_id].append(line)
        for task_id, ours in by_task.items():
            for text in _texts(ours):
                key = keys.log_lines(task_id, self._moment())
                self._table.put({**key, "lines": {"B": text}, **stamp(expires)})

    def _moment(self) -> str:
        """Return a text that sorts after every other this process has given."""
        with self._lock:
            self._latest = max(self._latest, self._clock.now())
            number = next(self._counter) % _COUNTED
            if number == _COUNTED - 1:
                self._latest += 1
            return f"{self._latest:013}#{number:06}#{self._draw(_RANDOM_BITS):08x}"

    def read(self, task_id: str) -> list[TaskLog]:
        """Return a task's lines, oldest first."""
        items = self._table.items(keys.logs(task_id))
        return [line for item in items for line in logs_of(task_id, item)]


def logs_of(task_id: str, item: Item) -> list[TaskLog]:
    """Return the lines that an item holds, oldest first."""
    lines = _decoder.decode(zlib.decompress(item["lines"]["B"]))
    return [TaskLog(task_id, created_time, log) for created_time, log in lines]


def _texts(lines: Iterable[TaskLog]) -> Iterator[bytes]:
    """Yield the lines as items hold them, few enough for each to fit."""
    some: list[tuple[int, str]] = []
    size = 0
    for line in lines:
        log = line.log
        if len(log) > _LINE_LIMIT:
            log = log[:_LINE_LIMIT] + _CUT
        # A character may take four bytes, and compression may gain nothing.
        size += 4 * len(log) + 20
        if some and size > _ITEM_LIMIT:
            yield _packed(some)
            some, size = [], 4 * len(log) + 20
        some.append((line.created_time, log))
    if some:
        yield _packed(some)


def _packed(lines: list[tuple[int, str]]) -> bytes:
    return zlib.compress(msgspec.json.encode(lines), 1)
