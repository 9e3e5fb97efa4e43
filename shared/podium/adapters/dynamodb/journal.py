"""Journal entries: one item per decision, its absence the workflow's lock.

An entry that has expired is not read, whether DynamoDB has removed it yet or not.  The
later ones expire later, so that what is read of a journal always ends with its end.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.expiry import EXPIRES, has_expired, stamp
from podium.adapters.dynamodb.table import ConditionFailed, Item, Table
from podium.clock import Clock
from podium.errors import Unavailable, VersionConflict
from podium.ports import JournalEntry

logger = logging.getLogger(__name__)

TAIL_PAGE = 20
"""Items of one request for a tail: a keyframe comes every 16 entries or so."""

_ITEM_LIMIT = 390_000
"""Bytes of an entry with its keyframe, below DynamoDB's 400 KB with keys and names."""

_OF_ENTRY = ("sk", "at", "data", EXPIRES)


class DynamoJournal:
    """The port ``Journal``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    # --- writing ---------------------------------------------------------------

    def append(self, entry: JournalEntry, expires: int = 0) -> None:
        """Write the entry if its version is absent."""
        item: Item = {
            **keys.entry(entry.workflow_id, entry.version),
            "at": {"N": str(entry.at)},
            "data": {"B": entry.data},
            **stamp(expires),
        }
        keyframe = entry.keyframe
        fits = keyframe is None or len(entry.data) + len(keyframe) <= _ITEM_LIMIT
        if keyframe is not None and fits:
            item["keyframe"] = {"B": keyframe}
        try:
            self._table.put_once(item)
        except ConditionFailed as lost:
            raise VersionConflict(entry.workflow_id, entry.version) from lost
        if keyframe is not None and not fits:
            self._put_keyframe(entry, {"keyframe": {"B": keyframe}, **stamp(expires)})

    def _put_keyframe(self, entry: JournalEntry, keyframe: Item) -> None:
        """Write a keyframe apart, now that its entry stands.

        Without it readers go back to the one before, so its loss is no failure of the
        append.
        """
        key = keys.keyframe(entry.workflow_id, entry.version)
        try:
            self._table.put({**key, **keyframe})
        except Unavailable as failure:
            logger.warning(
                "keyframe_not_written",
                extra={
                    "workflow_id": entry.workflow_id,
                    "version": entry.version,
                    "reason": failure.message,
                },
            )

    def delete(self, workflow_id: str) -> None:
        """Remove the workflow's journal, leases and logs."""
        for part in keys.everything_of(workflow_id):
            found = self._table.items(part, only=("pk", "sk"))
            self._table.delete_each(
                {"pk": item["pk"], "sk": item["sk"]} for item in found
            )

    # --- reading ---------------------------------------------------------------

    def read_tail(
        self, workflow_id: str, after: int, *, may_lag: bool = False
    ) -> list[JournalEntry]:
        """Return what is needed to fold the state, oldest first.

        One request, unless a large state makes keyframes rare; what may lag costs half.
        """
        tail: list[JournalEntry] = []
        for entry in self._backward(workflow_id, after + 1, consistent=not may_lag):
            tail.append(entry)
            if entry.keyframe is not None:
                break
        tail.reverse()
        return tail

    def _backward(
        self, workflow_id: str, first: int, *, consistent: bool
    ) -> Iterator[JournalEntry]:
        """Yield entries with their keyframes, newest first, page by page."""
        wanted = keys.entries(workflow_id, first)
        keyframes: dict[int, bytes] = {}
        now = self._clock.now()
        pages = self._table.pages(
            wanted, newest_first=True, limit=TAIL_PAGE, consistent=consistent
        )
        for page in pages:
            for item in page.items:
                if has_expired(item, now):
                    return
                sort = item["sk"]["S"]
                version = keys.version_of(sort)
                if keys.is_keyframe(sort):
                    keyframes[version] = item["keyframe"]["B"]
                    continue
                keyframe = item.get("keyframe", {}).get("B", keyframes.get(version))
                yield entry_of(workflow_id, item, keyframe)

    def read_versions(
        self, workflow_id: str, versions: Iterable[int]
    ) -> list[JournalEntry]:
        """Return the entries of these versions, without keyframes, oldest first."""
        wanted = sorted(set(versions))
        if not wanted:
            return []
        if len(wanted) == 1:
            found = self._table.get(keys.entry(workflow_id, wanted[0]), only=_OF_ENTRY)
            return [] if found is None else [entry_of(workflow_id, found)]
        if wanted[-1] - wanted[0] == len(wanted) - 1:
            return self.read_range(workflow_id, wanted[0], wanted[-1])
        items = self._table.get_each(
            [keys.entry(workflow_id, version) for version in wanted], consistent=True
        )
        entries = [entry_of(workflow_id, item) for item in items]
        return sorted(entries, key=lambda entry: entry.version)

    def read_range(
        self, workflow_id: str, first: int, last: int | None = None
    ) -> list[JournalEntry]:
        """Return entries ``first``..``last``, without keyframes, oldest first."""
        items = self._table.items(
            keys.entries(workflow_id, first, last), only=_OF_ENTRY
        )
        now = self._clock.now()
        return [
            entry_of(workflow_id, item)
            for item in items
            if not keys.is_keyframe(item["sk"]["S"]) and not has_expired(item, now)
        ]

    def has(self, workflow_id: str, version: int) -> bool:
        """Tell whether there is such an entry: the cheapest look at a journal."""
        key = keys.entry(workflow_id, version)
        return self._table.get(key, only=("sk",)) is not None


def entry_of(
    workflow_id: str, item: Item, keyframe: bytes | None = None
) -> JournalEntry:
    """Return the entry that an item holds; its keyframe only if it is given."""
    return JournalEntry(
        workflow_id=workflow_id,
        version=keys.version_of(item["sk"]["S"]),
        at=int(item["at"]["N"]),
        data=item["data"]["B"],
        keyframe=keyframe,
    )
