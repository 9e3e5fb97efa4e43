"""The janitor of the embedded home: looks every hour at what ended long ago."""

from __future__ import annotations

import logging
import threading

from podium.adapters.sqlite.home import SqliteHome
from podium.bootstrap import Podium
from podium.errors import Unavailable
from podium.service.janitor import Janitor

logger = logging.getLogger(__name__)

EVERY = 3_600.0
"""Seconds from one look to the next."""


class JanitorPump:
    """Has the journals archived and deleted whose retention is over."""

    def __init__(self, opened: SqliteHome, podium: Podium) -> None:
        home, index = opened.home, opened.index

        def find(limit: int) -> list[str]:
            return index.past_retention(home.clock.now(), home.retention_days, limit)

        self._janitor = Janitor(home, podium.archives, find)
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="janitor")

    def start(self) -> None:
        """Begin with a look at once."""
        self._thread.start()

    def request_stop(self) -> None:
        """Take up nothing more."""
        self._is_stopping.set()

    def join(self) -> None:
        """Finish what is under way."""
        self._thread.join()

    def _run(self) -> None:
        while True:
            pause = EVERY
            try:
                if self._janitor.clear_up():
                    pause = 0  # there may be more
            except Unavailable as failure:
                logger.warning("janitor_waits", extra={"reason": failure.message})
            if self._is_stopping.wait(pause):
                return
