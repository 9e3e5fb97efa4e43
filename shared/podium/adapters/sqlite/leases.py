"""Leases: who works on which delivery of which task."""

from __future__ import annotations

from podium.adapters.sqlite.database import Database
from podium.ports import Lease

_TAKE = """INSERT INTO leases
    (workflow_id, seq, delivery, worker_id, started_at, renewed_at)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""

_RENEW = """UPDATE leases SET renewed_at = ?
    WHERE workflow_id = ? AND seq = ? AND delivery = ?"""

_FIND = """SELECT worker_id, started_at, renewed_at FROM leases
    WHERE workflow_id = ? AND seq = ? AND delivery = ?"""

_FIND_ALL = """SELECT seq, delivery, worker_id, started_at, renewed_at FROM leases
    WHERE workflow_id = ? ORDER BY seq, delivery"""


class SqliteLeases:
    """The port ``Leases``: the primary key lets one taker win."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        lease: Lease,
        expires: int = 0,  # noqa: ARG002 - nothing expires by itself here
    ) -> bool:
        """Write the lease if there is none."""
        values = (
            lease.workflow_id,
            lease.seq,
            lease.delivery,
            lease.worker_id,
            lease.started_at,
            lease.renewed_at,
        )
        return self._database.change(_TAKE, values) == 1

    def renew(self, workflow_id: str, seq: int, delivery: int, at: int) -> bool:
        """Move ``renewed_at`` of an existing lease."""
        return self._database.change(_RENEW, (at, workflow_id, seq, delivery)) == 1

    def find(self, workflow_id: str, seq: int, delivery: int) -> Lease | None:
        """Return the lease of one delivery."""
        row = self._database.row(_FIND, (workflow_id, seq, delivery))
        return None if row is None else Lease(workflow_id, seq, delivery, *row)

    def find_all(self, workflow_id: str) -> list[Lease]:
        """Return every lease of the workflow, in order of sequence and delivery."""
        rows = self._database.rows(_FIND_ALL, (workflow_id,))
        return [Lease(workflow_id, *row) for row in rows]
