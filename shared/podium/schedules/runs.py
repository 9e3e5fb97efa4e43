"""Which runs of a schedule are due, when the next ones are, and what a run gets.

Each expression of a schedule has its own next run; two that meet are two runs, as in
Conductor.  A run that was missed, because nothing worked for a while, is made up for:
every one of them where the schedule catches up, else the first, late (8.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from podium import ids
from podium.model.requests import StartWorkflowRequest
from podium.model.schedule import CronSchedule, WorkflowSchedule
from podium.schedules.cron import parse_cron
from podium.schedules.times import next_time, zone_of

Pending: TypeAlias = tuple[int | None, ...]
"""When each expression runs next; None where it never does."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: which expression of which schedule, and for when."""

    schedule: WorkflowSchedule
    number: int
    scheduled_time: int

    @property
    def cron(self) -> CronSchedule:
        """The expression that called for it."""
        return self.schedule.crons[self.number]

    @property
    def workflow_id(self) -> str:
        """The id that the workflow gets: who starts the run again finds it there."""
        return self._derived("workflow")

    @property
    def execution_id(self) -> str:
        """The id of the run's record, the same each time."""
        return self._derived("execution")

    def _derived(self, what: str) -> str:
        name, number = self.schedule.name, str(self.number)
        parts = ("schedule", what, name, number, str(self.cron))
        return ids.derived_workflow_id(self.scheduled_time, *parts)

    def request(self, now: int) -> StartWorkflowRequest:
        """Return what to start at ``now``: as saved, and what the run is (8.1)."""
        saved = self.schedule.start_workflow_request or StartWorkflowRequest()
        facts = {
            "_startedByScheduler": self.schedule.name,
            "_scheduledTime": self.scheduled_time,
            "_executedTime": now,
            "_executionId": self.execution_id,
            "_schedulerCron": str(self.cron),
        }
        changed = {
            "input": {**(saved.input or {}), **facts},
            "created_by": self.schedule.created_by or saved.created_by,
        }
        return saved.model_copy(update=changed)


def next_runs(schedule: WorkflowSchedule, now: int) -> Pending:
    """Return the first run of each expression that is later than ``now``."""
    return tuple(
        next_run(schedule, number, now, now) for number in range(len(schedule.crons))
    )


def next_run(
    schedule: WorkflowSchedule, number: int, now: int, last: int
) -> int | None:
    """Return an expression's first run after ``last``, its most recent one.

    What does not catch up leaves out what lies before ``now``.
    """
    cron = schedule.crons[number]
    after = last if schedule.run_catchup_schedule_instances else max(now, last)
    if schedule.schedule_start_time is not None:
        after = max(after, schedule.schedule_start_time - 1)
    parsed, zone = parse_cron(cron.cron_expression), zone_of(cron.zone_id)
    found = next_time(parsed, zone, after)
    end = schedule.schedule_end_time
    return None if found is None or (end is not None and found > end) else found


def take_due(
    schedule: WorkflowSchedule, pending: Pending, now: int, limit: int
) -> tuple[list[Run], Pending]:
    """Return the runs that are due, oldest first, and what is pending after them."""
    runs: list[Run] = []
    left = list(pending)
    while len(runs) < limit:
        due = [(at, n) for n, at in enumerate(left) if at is not None and at <= now]
        if not due:
            break
        at, number = min(due)
        runs.append(Run(schedule, number, at))
        left[number] = next_run(schedule, number, now, at)
    return runs, tuple(left)


def preview(
    expression: str, start: int | None, end: int | None, now: int, count: int
) -> list[int]:
    """Return the next runs of an expression whose clocks are UTC's."""
    schedule = WorkflowSchedule(
        cron_expression=expression, schedule_start_time=start, schedule_end_time=end
    )
    found: list[int] = []
    while len(found) < count:
        following = next_run(schedule, 0, now, found[-1] if found else now)
        if following is None:
            break
        found.append(following)
    return found


def earliest(pending: Sequence[int | None]) -> int | None:
    """Return when the next of all runs is."""
    return min((at for at in pending if at is not None), default=None)
