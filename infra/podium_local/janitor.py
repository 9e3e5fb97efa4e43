"""The janitor of the embedded home: looks every hour at what is old.

What ended longer ago than the home, or its definition, has it kept is archived and
deleted; copies of payloads that were made for answers go after some days.
"""

from __future__ import annotations

from podium.adapters.sqlite.home import SqliteHome
from podium.bootstrap import Podium
from podium.service.external_payloads import outdated
from podium.service.janitor import Janitor
from podium_local.rounds import Rounds

EVERY = 3_600.0
"""Seconds from one look to the next."""


class JanitorPump(Rounds):
    """Clears up a home."""

    def __init__(self, opened: SqliteHome, podium: Podium) -> None:
        home, index = opened.home, opened.index

        def find(limit: int) -> list[str]:
            return index.past_retention(home.clock.now(), home.retention_days, limit)

        self._opened = opened
        self._janitor = Janitor(home, podium.archives, find)
        super().__init__("janitor", self._clear_up, EVERY)

    def _clear_up(self) -> bool:
        """Clear up some of it; tell whether there may be more."""
        now = self._opened.home.clock.now()
        self._opened.payloads.delete_between(*outdated(now))
        return bool(self._janitor.clear_up())
