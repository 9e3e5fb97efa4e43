"""Which workflow a start's idempotency key belongs to."""

from __future__ import annotations

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.conditions import is_bound_to
from podium.adapters.dynamodb.table import ConditionFailed, Table


class DynamoIdempotencyKeys:
    """The port ``IdempotencyKeys``; a key, once bound, is never free again."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, name: str, key: str, workflow_id: str) -> str:
        """Bind the key if it is free; return the workflow id it is bound to.

        One request either way: who is refused gets the item that refused him.
        """
        item = {**keys.idempotency_key(name, key), "workflow_id": {"S": workflow_id}}
        try:
            self._table.put_once(item)
        except ConditionFailed as taken:
            return str(taken.standing["workflow_id"]["S"])
        return workflow_id

    def rebind(self, name: str, key: str, old: str, new: str) -> bool:
        """Move a key from an ended workflow to a new one, if nobody else has."""
        item = {**keys.idempotency_key(name, key), "workflow_id": {"S": new}}
        try:
            self._table.put_once(item, is_bound_to(old))
        except ConditionFailed:
            return False
        return True
