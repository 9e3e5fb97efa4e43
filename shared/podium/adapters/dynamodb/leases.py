"""Leases: who works on which delivery of which task, beside the journal."""

from __future__ import annotations

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import IS_PRESENT
from podium.adapters.dynamodb.expiry import stamp
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.ports import Lease


class DynamoLeases:
    """The port ``Leases``: one conditional write lets one taker win."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, lease: Lease, expires: int = 0) -> bool:
        """Write the lease if there is none."""
        item: Item = {
            **keys.lease(lease.workflow_id, lease.seq, lease.delivery),
            "worker_id": {"S": lease.worker_id},
            "started_at": {"N": str(lease.started_at)},
            "renewed_at": {"N": str(lease.renewed_at)},
            **stamp(expires),
        }
        try:
            self._table.put_once(item)
        except ConditionFailed:
            return False
        return True

    def renew(self, workflow_id: str, seq: int, delivery: int, at: int) -> bool:
        """Move ``renewed_at`` of an existing lease."""
        try:
            self._table.update(
                keys.lease(workflow_id, seq, delivery),
                "SET renewed_at = :at",
                {":at": {"N": str(at)}},
                IS_PRESENT,
            )
        except ConditionFailed:
            return False
        return True

    def find(self, workflow_id: str, seq: int, delivery: int) -> Lease | None:
        """Return the lease of one delivery."""
        item = self._table.get(keys.lease(workflow_id, seq, delivery))
        return None if item is None else lease_of(workflow_id, item)

    def find_all(self, workflow_id: str) -> list[Lease]:
        """Return every lease of the workflow, in order of sequence and delivery."""
        items = self._table.items(keys.leases(workflow_id))
        return [lease_of(workflow_id, item) for item in items]


def lease_of(workflow_id: str, item: Item) -> Lease:
    """Return the lease that an item holds."""
    seq, delivery = keys.lease_of(item["sk"]["S"])
    return Lease(
        workflow_id=workflow_id,
        seq=seq,
        delivery=delivery,
        worker_id=item["worker_id"]["S"],
        started_at=int(item["started_at"]["N"]),
        renewed_at=int(item["renewed_at"]["N"]),
    )
