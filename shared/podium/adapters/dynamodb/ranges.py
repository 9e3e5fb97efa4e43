"""What is read at once: items of one partition that lie side by side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Index(Enum):
    """The indexes of the workflows table, and what they are sorted into."""

    BY_START = "by_start"
    BY_TYPE = "by_type"
    BY_STATUS = "by_status"
    BY_CORRELATION = "by_correlation"
    BY_PARENT = "by_parent"

    @property
    def partition_attribute(self) -> str:
        """The attribute that is the index's partition key."""
        return f"{self.value}_pk"


STARTED = "started"
"""The sort key of every index: start time, then workflow id."""


@dataclass(frozen=True, slots=True)
class Range:
    """The items of one partition, or those between two sort keys, both included."""

    partition: str
    low: str | None = None
    high: str | None = None
    index: Index | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing can lie between the two; DynamoDB refuses to look."""
        return self.low is not None and self.high is not None and self.low > self.high

    @property
    def partition_attribute(self) -> str:
        """The attribute that holds the partition key."""
        return self.index.partition_attribute if self.index else "pk"

    @property
    def sort_attribute(self) -> str:
        """The attribute that holds the sort key."""
        return STARTED if self.index else "sk"


@dataclass(frozen=True, slots=True)
class Window:
    """Between which starts, both included, what runs may be in no index by status.

    Without a ``last`` it goes on to now.
    """

    first: int
    last: int | None = None
