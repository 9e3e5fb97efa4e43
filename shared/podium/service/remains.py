"""What is left to do for what was removed from the table (design 7).

Time to live takes the journals of ended workflows, and the archive has them.  Should it
not, because the projector was down for longer than changes are kept, what was taken is
put back without a stamp.  Once all of a journal is back it is archived, and stamped to
go again.  A workflow that still runs keeps what was put back; its guard stamps it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial

from podium.errors import VersionConflict
from podium.feed import Expired
from podium.ports import Home, JournalEntry, SummaryRow
from podium.service.archives import Archives
from podium.service.entries import outside
from podium.service.retention import DAY
from podium.service.touched import Batch, Touched

logger = logging.getLogger(__name__)


class Remains:
    """Settles what was deleted, and what has expired."""

    def __init__(self, home: Home, archives: Archives) -> None:
        self._home = home
        self._archives = archives

    def find_rows(self, removed: Sequence[Touched], batch: Batch) -> None:
        """Read the search rows of these workflows, in one request."""
        batch.rows |= self._home.index.find([one.workflow_id for one in removed])

    def forget(self, one: Touched, batch: Batch) -> None:
        """Remove the row of a deleted workflow, unless the archive has it.

        Who deleted it removed the row as well; a change that came late may have brought
        it back.
        """
        row = batch.rows.get(one.workflow_id)
        if row is not None and row.archived is None:
            self._home.index.delete(one.workflow_id)

    def settle(self, one: Touched, batch: Batch) -> None:
        """Let go of what has expired if the archive has it, or else put it back."""
        if self._is_kept(one, batch.rows.get(one.workflow_id)):
            self._let_go(one)
        else:
            logger.warning(
                "expired_before_its_time", extra={"workflow_id": one.workflow_id}
            )
            self._put_back(one)
            self._look_again(one, batch)

    def _is_kept(self, one: Touched, row: SummaryRow | None) -> bool:
        """Tell whether the archive has all that has expired.

        The first entry is the first to expire.  Where it is still there, the journal
        was put back and archived before its leases and logs were.
        """
        if row is None or row.archived is None:
            return False
        versions = [entry.version for entry in _entries(one.expired)]
        if any(version > row.version_seen for version in versions):
            return False
        if 1 in versions or len(versions) == len(one.expired):
            return True
        return self._home.records.expires(one.workflow_id) <= self._home.clock.now()

    def _let_go(self, one: Touched) -> None:
        """Remove the documents outside that the entries pointed to.

        Not those of a journal that was brought back meanwhile: it points to them too.
        """
        paths = {
            entry.version: [
                path
                for stored in (entry.data, entry.keyframe)
                if (path := outside(stored)) is not None
            ]
            for entry in _entries(one.expired)
        }
        wanted = [version for version, found in paths.items() if found]
        if not wanted:
            return
        back = self._home.journal.read_versions(one.workflow_id, wanted)
        gone = set(wanted) - {entry.version for entry in back}
        self._home.payloads.delete([path for one in gone for path in paths[one]])

    def _put_back(self, one: Touched) -> None:
        """Write again what was taken, what is there already left as it is."""
        for expired in one.expired:
            if expired.entry is not None:
                try:
                    self._home.journal.append(expired.entry)
                except VersionConflict:
                    continue
            if expired.lease is not None:
                self._home.leases.take(expired.lease)
            if expired.logs:
                present = self._home.logs.read(expired.logs[0].task_id)
                missing = [line for line in expired.logs if line not in present]
                self._home.logs.append(missing)

    def _look_again(self, one: Touched, batch: Batch) -> None:
        """Archive an ended workflow if all of it is there."""
        record = self._home.records.read(one.workflow_id, with_logs=True)
        if not record.is_whole:
            logger.warning("journal_not_whole", extra={"workflow_id": one.workflow_id})
            return
        folded = self._archives.fold(record)
        if not folded.state.status.is_terminal:
            return
        batch.add_ended(one, self._archives.prepare(record, folded))
        again = self._home.clock.now() + DAY
        restamp = partial(self._home.records.restamp, one.workflow_id, again)
        batch.last.append((one, restamp))


def _entries(expired: Iterable[Expired]) -> list[JournalEntry]:
    return [one.entry for one in expired if one.entry is not None]
