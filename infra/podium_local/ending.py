"""Ends of thread pools that do not wait for ever.

A script may take seconds of a processor that others want as well, and a process that is
told to end is killed when it does not.  What is left undone was not answered yet, so
nothing is lost.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger(__name__)

GRACE = 2.0
"""Seconds for which threads are waited for."""


def end(*pools: ThreadPoolExecutor, grace: float = GRACE) -> bool:
    """Let what is under way finish; tell whether it did in time."""
    enders = [
        threading.Thread(
            target=pool.shutdown, kwargs={"cancel_futures": True}, daemon=True
        )
        for pool in pools
    ]
    deadline = time.monotonic() + grace
    for one in enders:
        one.start()
    for one in enders:
        one.join(max(0.0, deadline - time.monotonic()))
    return not any(one.is_alive() for one in enders)


def leave_behind(status: int) -> None:
    """End the process where it would wait for threads that were waited for already."""
    own = threading.current_thread()
    left = [one for one in threading.enumerate() if one is not own and not one.daemon]
    if left:
        logger.info("threads_left", extra={"count": len(left)})
        logging.shutdown()
        sys.stdout.flush()
        os._exit(status)
