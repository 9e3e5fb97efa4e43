"""How a runner behaves where the network does not; the defaults suit most."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field

from podium_sdk.timing import Backoff

_POLL_BACKOFF = Backoff(first=0.5, longest=30.0)
_IDLE_BACKOFF = Backoff(first=0.1, longest=1.0)
_REPORT_BACKOFF = Backoff(first=1.0, longest=60.0)


def _this_process() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """What a runner may be told; times are seconds.

    A worker whose polls fail waits ``poll_backoff``.  One whose empty polls are
    answered at once, by a server that does not hold them, waits ``idle_backoff``: the
    reaction time that this costs buys an idle worker that is not expensive.  A report
    is tried ``report_attempts`` times with ``report_backoff`` in between, three to
    five minutes by default.  When the runner stops, running functions get ``grace`` to
    finish.
    """

    worker_id: str = field(default_factory=_this_process)
    grace: float = 30.0
    poll_backoff: Backoff = _POLL_BACKOFF
    idle_backoff: Backoff = _IDLE_BACKOFF
    report_backoff: Backoff = _REPORT_BACKOFF
    report_attempts: int = 10
