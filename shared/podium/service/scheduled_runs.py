"""Runs of schedules: starting what is due, once each, and seeing to the next (8.1).

A run's workflow has an id derived from the run, so starting it again finds it there:
two processes, or one that died half-way and its message that came again, start it
once.  Before a run is seen to, the timer of the one after it is armed; where a message
is lost all the same, :class:`OverdueSchedules` finds it missing.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence

from podium.errors import PodiumError, ValidationFailed
from podium.model.schedule import ScheduleExecutionState, WorkflowScheduleExecution
from podium.ports import Home
from podium.schedules.runs import Run, earliest, take_due
from podium.schedules.store import StoredSchedule, subject_of
from podium.service.start_requests import Origin
from podium.service.starting import Starter

logger = logging.getLogger(__name__)

STAMP_BITS = 62
RUNS_AT_ONCE = 10
"""What is due beyond that, where a schedule catches up, waits for another message."""
OVERDUE_AFTER = 60_000
"""Milliseconds until a run that was not seen to is nobody's any more."""
_REASON_LIMIT = 999
_TRACE_LIMIT = 2_000


class ScheduledRuns:
    """Sees to the runs of a schedule whose timer fired."""

    def __init__(self, home: Home, starter: Starter) -> None:
        self._home = home
        self._starter = starter

    def wake(self, name: str, due: int = 0) -> None:
        """Start what is due of a schedule, and arm the timer of what comes next.

        A timer that fires early by our clock is armed again.  One with nothing to do,
        because somebody did it or the schedule was changed, does nothing.
        """
        home, now = self._home, self._home.clock.now()
        if now < due:
            home.timers.arm(subject_of(name), due)
        stored = home.schedules.find(name)
        if stored is None or stored.due is None or stored.due > now:
            return
        if home.schedules.is_halted():
            return
        runs, pending = take_due(stored.schedule, stored.pending, now, RUNS_AT_ONCE)
        after = stored.after(pending, len(runs), home.draw(STAMP_BITS))
        following = earliest(pending)
        with home.atomic():
            if following is not None:
                home.timers.arm(subject_of(name), following)
            self._start_all(runs, stored, now)
            home.schedules.put(after, stored.stamp)

    def _start_all(self, runs: Sequence[Run], stored: StoredSchedule, now: int) -> None:
        for position, run in enumerate(runs):
            execution = self._start(run, now)
            self._home.schedules.record(stored.runs + position, execution)

    def _start(self, run: Run, now: int) -> WorkflowScheduleExecution:
        """Start a run's workflow and return the record of it.

        What may help to try again is raised, so that the message comes again.
        """
        request = run.request(now)
        record = WorkflowScheduleExecution(
            execution_id=run.execution_id,
            schedule_name=run.schedule.name,
            scheduled_time=run.scheduled_time,
            execution_time=now,
            workflow_name=request.name,
            start_workflow_request=run.schedule.start_workflow_request,
            state=ScheduleExecutionState.EXECUTED,
            zone_id=run.cron.zone_id,
        )
        origin = Origin(workflow_id=run.workflow_id, reserves_key=True)
        try:
            started = self._starter.start(request, origin)
        except PodiumError as failure:
            if failure.retryable:
                raise
            logger.warning(
                "scheduled_run_failed",
                extra={"schedule": run.schedule.name, "reason": failure.message},
            )
            why = {
                "state": ScheduleExecutionState.FAILED,
                "reason": _explain(failure)[:_REASON_LIMIT],
                "stack_trace": "".join(traceback.format_exception(failure))[
                    :_TRACE_LIMIT
                ],
            }
            return record.model_copy(update=why)
        return record.model_copy(update={"workflow_id": started})


class OverdueSchedules:
    """Finds schedules whose run nobody saw to, and has them looked at again."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def rearm(self, overdue_after: int = OVERDUE_AFTER) -> list[str]:
        """Arm a timer for each schedule that is overdue by so much; return them."""
        now = self._home.clock.now()
        names = self._home.schedules.overdue(now - overdue_after)
        if not names or self._home.schedules.is_halted():
            return []
        for name in names:
            self._home.timers.arm(subject_of(name), now)
        logger.warning("overdue_schedules_armed", extra={"count": len(names)})
        return names


def _explain(failure: PodiumError) -> str:
    """Return why a workflow could not be started, finding by finding."""
    if not isinstance(failure, ValidationFailed):
        return failure.message
    return "; ".join(f"{one.path}: {one.message}" for one in failure.findings)
