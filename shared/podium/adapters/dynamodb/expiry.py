"""Time to live: the attribute after whose time DynamoDB removes an item.

It does so within days, not at once, and in no order.
"""

from __future__ import annotations

from podium.adapters.dynamodb.table import Item
from podium.ports import SummaryRow

EXPIRES = "expires"
"""As ``infra/data.yaml`` has it: epoch seconds; an item without it stays."""

_DAY = 24 * 60 * 60 * 1000
_ROW_OUTLIVES_JOURNAL_BY = 7 * _DAY
"""Without its row an archived workflow is not found: removal may be days late."""


def stamp(expires: int) -> Item:
    """Return the attribute for a time in milliseconds, none for 0."""
    return {EXPIRES: {"N": str(expires // 1000)}} if expires else {}


def stamped(item: Item) -> int:
    """Return when an item expires, in milliseconds; 0 for never."""
    return int(item[EXPIRES]["N"]) * 1000 if EXPIRES in item else 0


def has_expired(item: Item, now: int) -> bool:
    """Tell whether an item's time is over."""
    expires = stamped(item)
    return bool(expires) and expires <= now


def row_expires(row: SummaryRow, kept_days: int, journal_days: int) -> int:
    """Return when a search row expires: never while its workflow runs.

    ``kept_days`` is for rows, ``journal_days`` for journals whose definitions do not
    say it; both 0 for ever.  A row outlives its journal, for it says where the archive
    has it.
    """
    own = row.retention_days if row.retention_days is not None else journal_days
    if not (kept_days and own and row.end_time):
        return 0
    return row.end_time + max(kept_days * _DAY, own * _DAY + _ROW_OUTLIVES_JOURNAL_BY)
