"""What lies outside the journal: large payloads, their links, task logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Payloads(Protocol):
    """Documents too large for a journal entry, by path."""

    def put(self, path: str, document: bytes) -> None:
        """Store or replace a document."""
        ...

    def get(self, path: str) -> bytes | None:
        """Return a document, or None where there is none."""
        ...

    def delete(self, paths: Sequence[str]) -> None:
        """Remove documents, there or not."""
        ...


class PayloadLinks(Protocol):
    """URLs by which clients read and write payloads, for a short time."""

    def link(self, method: str, path: str, base: str) -> str:
        """Return the URL of a payload, for GET or PUT.

        ``base`` is what the client calls the server by, where that has the payloads.
        """
        ...

    def opened(self, method: str, token: str) -> str | None:
        """Return the path that a token of this server's own URLs is good for now."""
        ...


@dataclass(frozen=True, slots=True)
class TaskLog:
    """One line a worker logged."""

    task_id: str
    created_time: int
    log: str


class TaskLogs(Protocol):
    """Log lines of tasks, in the order in which they came."""

    def append(self, lines: Sequence[TaskLog], expires: int = 0) -> None:
        """Add lines."""
        ...

    def read(self, task_id: str) -> list[TaskLog]:
        """Return a task's lines, oldest first."""
        ...
