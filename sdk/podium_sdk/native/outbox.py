"""What several threads have ready at the same time goes in one request.

Nobody waits for company: whoever comes while nothing is under way sends at once, and
what comes meanwhile goes together right after.  So an idle worker reports without
delay, and a busy one for a tenth of the price.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

LIMIT = 10
"""What SQS takes in one request."""


@dataclass(eq=False, slots=True)
class _Entry(Generic[Item]):
    item: Item
    is_over: bool = False
    error: BaseException | None = None


class Outbox(Generic[Item]):
    """Sends items by ``send``, up to ten at once; threads share it."""

    def __init__(self, send: Callable[[Sequence[Item]], None]) -> None:
        self._send = send
        self._changed = threading.Condition()
        self._waiting: list[_Entry[Item]] = []
        self._is_sending = False

    def put(self, item: Item) -> None:
        """Return when the item was sent; raise what its sending raised."""
        entry = _Entry(item)
        with self._changed:
            self._waiting.append(entry)
        while batch := self._next_batch(entry):
            self._send_batch(batch)
        if entry.error is not None:
            raise entry.error

    def _next_batch(self, entry: _Entry[Item]) -> list[_Entry[Item]]:
        """Wait for one's turn to send; return nothing where others have sent."""
        with self._changed:
            self._changed.wait_for(lambda: entry.is_over or not self._is_sending)
            if entry.is_over:
                return []
            self._is_sending = True
            batch, self._waiting = self._waiting[:LIMIT], self._waiting[LIMIT:]
            return batch

    def _send_batch(self, batch: Sequence[_Entry[Item]]) -> None:
        failure: BaseException | None = None
        try:
            self._send([entry.item for entry in batch])
        except BaseException as error:  # noqa: BLE001 - raised again for each item
            failure = error
        with self._changed:
            for entry in batch:
                entry.is_over, entry.error = True, failure
            self._is_sending = False
            self._changed.notify_all()
