"""What was read lately, for as long as it may be trusted."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from typing import Generic, TypeVar

from podium.clock import Clock

_Q = TypeVar("_Q", bound=Hashable)
_V = TypeVar("_V")

_KEPT = 2_000


class Recent(Generic[_V]):
    """Answers by question, each for ``kept`` milliseconds, or for good where None.

    What was read before a change of ours is never kept after it.
    """

    def __init__(self, clock: Clock, kept: int | None, capacity: int = _KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._capacity = capacity
        self._answers: OrderedDict[Hashable, tuple[int | None, _V]] = OrderedDict()
        self._generation = 0
        self._lock = threading.Lock()

    def get(self, question: Hashable, read: Callable[[], _V]) -> _V:
        """Return the answer, read where none is kept."""
        known = self._lookup(question)
        if known is not None:
            return known[0]
        generation = self._generation
        value = read()
        self._keep(question, value, generation)
        return value

    def get_each(
        self, questions: Collection[_Q], read: Callable[[Sequence[_Q]], Mapping[_Q, _V]]
    ) -> dict[_Q, _V]:
        """Return the answers by question; those that are not kept are read together."""
        known = {one: self._lookup(one) for one in questions}
        answers = {one: found[0] for one, found in known.items() if found is not None}
        unknown = [one for one in known if one not in answers]
        if unknown:
            generation = self._generation
            for one, value in read(unknown).items():
                self._keep(one, value, generation)
                answers[one] = value
        return answers

    def find(self, question: Hashable) -> _V | None:
        """Return the answer that is kept, if any."""
        known = self._lookup(question)
        return None if known is None else known[0]

    def keep(self, question: Hashable, value: _V) -> None:
        """Keep an answer."""
        self._keep(question, value, self._generation)

    @contextmanager
    def changed(self) -> Iterator[None]:
        """Forget everything once the change inside is made, or was tried."""
        try:
            yield
        finally:
            with self._lock:
                self._generation += 1
                self._answers.clear()

    def _lookup(self, question: Hashable) -> tuple[_V] | None:
        with self._lock:
            found = self._answers.get(question)
            if found is None:
                return None
            until, value = found
            if until is not None and self._clock.now() >= until:
                del self._answers[question]
                return None
            self._answers.move_to_end(question)
            return (value,)

    def _keep(self, question: Hashable, value: _V, generation: int) -> None:
        if self._kept == 0:
            return
        until = None if self._kept is None else self._clock.now() + self._kept
        with self._lock:
            if generation != self._generation:
                return
            self._answers[question] = (until, value)
            if len(self._answers) > self._capacity:
                self._answers.popitem(last=False)
