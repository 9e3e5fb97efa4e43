"""Task queues as two of the functions see them: the home's, but for one thing."""

from __future__ import annotations

from collections.abc import Sequence

from podium.ports import ReceivedMessage, TaskMessage, TaskQueues


class _Queues:
    """The port ``TaskQueues``, passed on."""

    def __init__(self, queues: TaskQueues) -> None:
        self._queues = queues

    def send(self, queue: str, messages: Sequence[TaskMessage]) -> None:
        """Add messages."""
        self._queues.send(queue, messages)

    def receive(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Take messages."""
        return self._queues.receive(queue, limit, wait, visibility)

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Remove received messages."""
        self._queues.delete(queue, receipts)

    def release(self, queue: str, receipts: Sequence[str], delay: int) -> None:
        """Make received messages visible again."""
        self._queues.release(queue, receipts, delay)

    def sizes(self) -> dict[str, int]:
        """Count what waits."""
        return self._queues.sizes()


class HeldQueues(_Queues):
    """Holds the first receive of a poll for at least ``hold`` milliseconds.

    A worker that asks again at once when it got nothing costs as many requests as the
    answer is fast; one that is held costs one in that time.
    """

    def __init__(self, queues: TaskQueues, hold: int) -> None:
        super().__init__(queues)
        self._hold = hold
        self._is_first = True

    def begin(self) -> None:
        """Expect a poll."""
        self._is_first = True

    def receive(
        self, queue: str, limit: int, wait: int, visibility: int
    ) -> list[ReceivedMessage]:
        """Take messages; the first time wait a while for them."""
        if self._is_first:
            wait = max(wait, self._hold)
        self._is_first = False
        return super().receive(queue, limit, wait, visibility)


class LambdasQueues(_Queues):
    """Knows that Lambda removes what it received unless it is told of a failure.

    ``released`` has the receipts of what is to come again.
    """

    def __init__(self, queues: TaskQueues) -> None:
        super().__init__(queues)
        self.released: set[str] = set()

    def delete(self, queue: str, receipts: Sequence[str]) -> None:
        """Leave it to Lambda."""

    def release(self, _queue: str, receipts: Sequence[str], _delay: int) -> None:
        """Note what failed; when it comes again is the batch's matter."""
        self.released.update(receipts)
