"""A thread that does the same again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from podium.errors import Unavailable

logger = logging.getLogger(__name__)


class Rounds:
    """Works at once and then every ``pause`` seconds.

    ``work`` tells whether there may be more to do: then it is called again at once.
    """

    def __init__(self, name: str, work: Callable[[], bool], pause: float) -> None:
        self._name = name
        self._work = work
        self._pause = pause
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

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
            pause = self._pause
            try:
                if self._work():
                    pause = 0
            except Unavailable as failure:
                logger.warning(
                    "round_waits",
                    extra={"who": self._name, "reason": failure.message},
                )
            except Exception:
                # Whatever it is, the next round may go better, and this one is logged:
                # a schedule of a deployment goes on too.
                logger.exception("round_failed", extra={"who": self._name})
            if self._is_stopping.wait(pause):
                return
