"""What a schedule is refused for; Conductor stores it, and it never runs (8.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from podium.errors import Finding
from podium.model.schedule import CronSchedule, WorkflowSchedule
from podium.schedules.cron import parse_cron
from podium.schedules.times import zone_of

_MAX_NAME = 255
_MAX_NAME_BYTES = 900
"""A name is part of a DynamoDB sort key, and of a message of SQS."""
_REFUSED = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def check_schedule(schedule: WorkflowSchedule, *, at: str) -> list[Finding]:
    """Return everything that is wrong with a schedule, its start request apart."""
    return [
        Finding(f"{at}.{path}", message, invalid)
        for path, message, invalid in _findings(schedule)
    ]


def _findings(schedule: WorkflowSchedule) -> Iterator[tuple[str, str, str | None]]:
    name = schedule.name
    if not name.strip():
        yield "name", "Schedule name cannot be null or empty", None
    elif len(name) > _MAX_NAME or len(name.encode(errors="replace")) > _MAX_NAME_BYTES:
        yield "name", f"expected at most {_MAX_NAME} characters", name
    elif _REFUSED.search(name):
        yield "name", "expected no control characters", name
    if schedule.start_workflow_request is None:
        yield "startWorkflowRequest", "startWorkflowRequest cannot be null", None
    if not schedule.crons:
        yield "cronExpression", "cronExpression or cronSchedules is required", None
    for number, cron in enumerate(schedule.crons):
        where = f"cronSchedules[{number}]." if schedule.cron_schedules else ""
        yield from _wrong_in(cron, where)
    start, end = schedule.schedule_start_time, schedule.schedule_end_time
    if start is not None and end is not None and end < start:
        yield "scheduleEndTime", "must not be before scheduleStartTime", str(end)


def _wrong_in(cron: CronSchedule, where: str) -> Iterator[tuple[str, str, str | None]]:
    try:
        parse_cron(cron.cron_expression)
    except ValueError as wrong:
        yield f"{where}cronExpression", str(wrong), cron.cron_expression
    try:
        zone_of(cron.zone_id)
    except ValueError as wrong:
        yield f"{where}zoneId", str(wrong), cron.zone_id
