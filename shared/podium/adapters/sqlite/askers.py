"""Who asks for messages, and whether there is anybody left to give them to.

A request is handled in a thread that does not see its connection.  Whoever does has
the thread handle it ``on_behalf_of`` an asker, and says when he goes away: what would
be received for him then would be nobody's until it times out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Callback = Callable[[], None]


class Asker:
    """One who waits for the answer to a request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake: Callback | None = None
        self.is_gone = False
        """Whether he went away: nothing is to be received for him any more."""
        self.is_hurried = False
        """Whether he is to be answered with what there is."""

    def leave(self) -> None:
        """Go away: whatever waits for him ends."""
        self.is_gone = True
        self.hurry()

    def hurry(self) -> None:
        """Wait no more."""
        self.is_hurried = True
        with self._lock:
            if self._wake is not None:
                self._wake()

    @contextmanager
    def waking(self, wake: Callback) -> Iterator[None]:
        """Have ``wake`` called as soon as there is to be no more waiting."""
        with self._lock:
            self._wake = wake
        try:
            if self.is_hurried:
                wake()
            yield
        finally:
            with self._lock:
                self._wake = None


_asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def on_behalf_of(asker: Asker) -> Iterator[None]:
    """Have what this thread receives be for an asker."""
    token = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(token)


def present_asker() -> Asker:
    """Return whom this thread works for: somebody who stays, unless it was said."""
    return _asker.get() or Asker()
