"""Outputs of tasks, remembered for later ones until their time to live is over."""

from __future__ import annotations

import zlib

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.expiry import has_expired, stamp
from podium.adapters.dynamodb.table import Table

LARGEST = 350_000
"""Bytes of a compressed output: an item may have 400 KB, with its keys."""


class DynamoOutputCache:
    """The port ``OutputCache``.

    DynamoDB removes what has expired in its own time; until then it is not found.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, name: str, key: str, output: bytes, expires: int) -> None:
        """Remember an output until ``expires``, in place of the one before."""
        packed = zlib.compress(output, 1)
        if len(packed) <= LARGEST:
            item = {**keys.cached_output(name, key), "output": {"B": packed}}
            self._table.put({**item, **stamp(expires)})

    def find(self, name: str, key: str, now: int) -> bytes | None:
        """Return what is remembered and has not expired."""
        item = self._table.get(keys.cached_output(name, key))
        if item is None or has_expired(item, now):
            return None
        return zlib.decompress(item["output"]["B"])
