"""The sweeper's function: each minute, far timers that are soon due go to the queue.

What has run for a minute goes into the index of what runs.  It also looks for schedules
whose run is due and nobody saw to: a lost message may not end a schedule.
"""

from __future__ import annotations

import logging
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.service.scheduled_runs import OverdueSchedules
from podium_functions.runtime import Entrypoint, Event, Runtime

logger = logging.getLogger(__name__)


class Sweeper:
    """Sweeps the timer table, and the rows of what has only just started.

    Two sweeps at once, or one that is interrupted, fire a timer twice: a wake-up with
    nothing to do does nothing.  A row that is in the index is not put in again.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._timers = runtime.aws.timers
        self._newcomers = runtime.aws.newcomers
        self._clock = runtime.aws.home.clock
        self._schedules = OverdueSchedules(runtime.aws.home)

    def handle(self, _event: Event, _context: LambdaContext) -> dict[str, Any]:
        """Sweep once; how many timers were moved is the answer."""
        moved = self._timers.sweep(self._clock.now())
        if moved:
            logger.info("timers_moved", extra={"count": moved})
        self._schedules.rearm()
        self._newcomers.sweep()
        return {"moved": moved}


handler = Entrypoint(lambda runtime: Sweeper(runtime).handle)
