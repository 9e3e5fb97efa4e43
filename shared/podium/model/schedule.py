"""WorkflowSchedule: when which workflow is started, and what came of it (2.11, 8.1)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import ConductorModel, Long
from podium.model.requests import StartWorkflowRequest

UTC = "UTC"


class CronSchedule(ConductorModel):
    """A cron expression and the zone whose clocks it speaks of."""

    cron_expression: str = ""
    zone_id: str = UTC

    def __str__(self) -> str:
        """Return both, as a run's input has them."""
        return f"{self.cron_expression} {self.zone_id}"


class WorkflowSchedule(ConductorModel):
    """Starts its workflow whenever one of its cron expressions says so.

    ``cron_schedules`` take the place of the single expression where there are any.
    Times are epoch milliseconds; no run is before the start time or after the end time.
    """

    name: str = ""
    cron_expression: str | None = None
    run_catchup_schedule_instances: bool = False
    paused: bool = False
    paused_reason: str | None = None
    start_workflow_request: StartWorkflowRequest | None = Field(default=None)
    zone_id: str = UTC
    cron_schedules: tuple[CronSchedule, ...] = ()
    schedule_start_time: Long | None = None
    schedule_end_time: Long | None = None
    create_time: int | None = None
    updated_time: int | None = None
    created_by: str | None = None
    updated_by: str | None = None
    description: str | None = None
    next_run_time: int | None = None

    @property
    def crons(self) -> tuple[CronSchedule, ...]:
        """What counts: the several expressions, or else the single one, or none."""
        if self.cron_schedules or not self.cron_expression:
            return self.cron_schedules
        single = CronSchedule(
            cron_expression=self.cron_expression, zone_id=self.zone_id
        )
        return (single,)

    @property
    def workflow_name(self) -> str:
        """The name of the workflow that is started."""
        request = self.start_workflow_request
        return request.name if request is not None else ""


class ScheduleExecutionState(StrEnum):
    """How far a run of a schedule got."""

    POLLED = "POLLED"
    FAILED = "FAILED"
    EXECUTED = "EXECUTED"


class WorkflowScheduleExecution(ConductorModel):
    """The record of one run: the workflow it started, or why it started none."""

    execution_id: str = ""
    schedule_name: str = ""
    scheduled_time: int = 0
    execution_time: int = 0
    workflow_name: str = ""
    workflow_id: str | None = None
    reason: str | None = None
    stack_trace: str | None = None
    start_workflow_request: StartWorkflowRequest | None = Field(default=None)
    state: ScheduleExecutionState = ScheduleExecutionState.POLLED
    zone_id: str = UTC
