"""Messages whose tasks are leased, removed ten at a time.

Such a message is only garbage, and SQS charges for a request whether it removes one
message or ten.  So a process keeps their handles, and asks once it has ten of a queue,
or when it is next called after the oldest has waited.

A process that is frozen or dies before that has lost nothing: the message comes again,
whoever gets it finds its lease taken, and a message that came again is never kept.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from podium.adapters.sqs.client import BATCH, Sqs
from podium.clock import Clock
from podium.errors import Unavailable

logger = logging.getLogger(__name__)

KEPT_FOR = 20_000
"""Milliseconds that a handle is kept at most, as far as the process is called."""
_MARGIN = 2 * KEPT_FOR
"""Visibility that has to be left, or the message might come again meanwhile."""


@dataclass(frozen=True, slots=True)
class _Spent:
    """A handle, since when it is kept, and until when it is good."""

    handle: str
    since: int
    until: int


class SpentMessages:
    """The handles that one process keeps, by the address of their queue."""

    def __init__(self, sqs: Sqs, clock: Clock) -> None:
        self._sqs = sqs
        self._clock = clock
        self._kept: dict[str, list[_Spent]] = defaultdict(list)
        self._lock = threading.Lock()

    def add(self, url: str, handles: Iterable[tuple[str, int]]) -> None:
        """Have messages removed, each given by its handle and until when it is good.

        Raises Unavailable where SQS did not take a full request.
        """
        now = self._clock.now()
        for handle, until in handles:
            if until - now < _MARGIN:
                self._sqs.delete_each(url, [handle])
                continue
            with self._lock:
                kept = self._kept[url]
                kept.append(_Spent(handle, now, until))
                full = self._kept.pop(url) if len(kept) >= BATCH else []
            self._remove(url, full)

    def remove_due(self) -> None:
        """Remove what has waited long enough; what SQS does not take comes again."""
        now = self._clock.now()
        for url, spent in self._due(now):
            try:
                self._remove(url, spent)
            except Unavailable as failure:
                logger.warning(
                    "messages_not_deleted",
                    extra={"queue": url, "reason": failure.message},
                )

    def _due(self, now: int) -> Iterator[tuple[str, list[_Spent]]]:
        """Yield the queues whose oldest handle has waited, with all their handles."""
        with self._lock:
            due = [
                url
                for url, kept in self._kept.items()
                if now - kept[0].since >= KEPT_FOR
            ]
            taken = [(url, self._kept.pop(url)) for url in due]
        yield from taken

    def _remove(self, url: str, spent: Iterable[_Spent]) -> None:
        """Ask SQS; a handle that is stale is not even asked about."""
        now = self._clock.now()
        handles = [one.handle for one in spent if now < one.until]
        if handles:
            self._sqs.delete_each(url, handles)
