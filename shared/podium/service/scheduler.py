"""The API noun ``scheduler``: schedules and the records of their runs (1.7, 8.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from podium.errors import (
    InvalidInput,
    NotFound,
    PodiumError,
    Unavailable,
    ValidationFailed,
)
from podium.expressions.javascript import is_syntax_valid
from podium.model.schedule import WorkflowSchedule, WorkflowScheduleExecution
from podium.model.search_result import BulkResponse, SearchResult
from podium.model.validation import check_start_request
from podium.ports import Home
from podium.schedules.checks import check_schedule
from podium.schedules.cron import parse_cron
from podium.schedules.runs import next_runs, preview
from podium.schedules.searching import (
    find_executions,
    find_schedules,
    in_order,
    names_asked_for,
    parse_execution_query,
)
from podium.schedules.store import StoredSchedule, subject_of
from podium.service.scheduled_runs import STAMP_BITS, OverdueSchedules

_AT = "createOrUpdateSchedule.schedule"
_MOST_PREVIEWED = 5
_SAMPLES = 10
_MAX_CONFLICTS = 10


class Scheduler:
    """Saves, finds, pauses and removes schedules."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._schedules = home.schedules
        self._overdue = OverdueSchedules(home)

    # --- saving ----------------------------------------------------------------

    def save(self, schedule: WorkflowSchedule) -> WorkflowSchedule:
        """Create a schedule, or replace the one of its name; it runs from now on."""
        self._check(schedule)
        now = self._home.clock.now()

        def saved(before: StoredSchedule | None) -> WorkflowSchedule:
            kept = schedule if before is None else before.schedule
            return schedule.model_copy(
                update={
                    "create_time": now if before is None else kept.create_time,
                    "created_by": kept.created_by,
                    "updated_time": now,
                    "next_run_time": None,
                }
            )

        return self._change(schedule.name, saved)

    def _check(self, schedule: WorkflowSchedule) -> None:
        findings = check_schedule(schedule, at=_AT)
        if schedule.start_workflow_request is not None:
            findings += check_start_request(
                schedule.start_workflow_request,
                self._home.metadata.find_task,
                syntax=is_syntax_valid,
                at=f"{_AT}.startWorkflowRequest",
            )
        if findings:
            raise ValidationFailed(findings)

    def pause(self, name: str, reason: str | None = None) -> None:
        """Let a schedule rest; whether it does already does not matter."""

        def paused(before: StoredSchedule | None) -> WorkflowSchedule:
            return _known(name, before).schedule.model_copy(
                update={
                    "paused": True,
                    "paused_reason": reason,
                    "updated_time": self._home.clock.now(),
                }
            )

        self._change(name, paused)

    def resume(self, name: str) -> None:
        """Let a paused schedule run again, from now on; NotFound where it is not."""

        def resumed(before: StoredSchedule | None) -> WorkflowSchedule:
            schedule = _known(name, before).schedule
            if not schedule.paused:
                raise _missing(name)
            return schedule.model_copy(
                update={
                    "paused": False,
                    "paused_reason": None,
                    "updated_time": self._home.clock.now(),
                }
            )

        self._change(name, resumed)

    def _change(
        self,
        name: str,
        changed: Callable[[StoredSchedule | None], WorkflowSchedule],
    ) -> WorkflowSchedule:
        """Put a schedule in the place of the one that stands, and arm its timer.

        The timer first: one without its schedule does nothing, a schedule without its
        timer would wait to be found overdue.
        """
        for _ in range(_MAX_CONFLICTS):
            before = self._schedules.find(name)
            schedule = changed(before)
            after = StoredSchedule(
                schedule,
                next_runs(schedule, self._home.clock.now()),
                runs=0 if before is None else before.runs,
                stamp=self._home.draw(STAMP_BITS),
            )
            with self._home.atomic():
                if after.due is not None:
                    self._home.timers.arm(subject_of(name), after.due)
                if self._schedules.put(after, before.stamp if before else None):
                    return after.shown()
        raise Unavailable(f"Schedule '{name}' is too busy, try again")

    def remove(self, name: str) -> None:
        """Remove a schedule and the records of its runs, there or not."""
        self._schedules.delete(name)

    def pause_each(self, names: Sequence[str]) -> BulkResponse[str]:
        """Let schedules rest; say which did, and why the others did not."""
        return _each(names, self.pause)

    def resume_each(self, names: Sequence[str]) -> BulkResponse[str]:
        """Let paused schedules run again; say which do, and why the others do not."""
        return _each(names, self.resume)

    # --- reading ---------------------------------------------------------------

    def schedule(self, name: str) -> WorkflowSchedule:
        """Return the schedule of that name."""
        return _known(name, self._schedules.find(name)).shown()

    def schedules(self, workflow_name: str | None = None) -> list[WorkflowSchedule]:
        """Return all schedules (of one workflow), by name."""
        return find_schedules(self._shown(), workflow_name=workflow_name)

    def _shown(self) -> list[WorkflowSchedule]:
        return [one.shown() for one in self._schedules.all()]

    def search(
        self,
        start: int,
        size: int,
        sort: str | None,
        **asked: Any,
    ) -> SearchResult[WorkflowSchedule]:
        """Return a page of the schedules that :func:`find_schedules` finds."""
        found = find_schedules(self._shown(), **asked)
        return _page(in_order(found, sort, "name:ASC"), start, size)

    def executions(
        self,
        query: str | None,
        free_text: str,
        start: int,
        size: int,
        sort: str | None,
    ) -> SearchResult[WorkflowScheduleExecution]:
        """Return a page of the records of runs, the latest first."""
        wanted = parse_execution_query(query)
        kept = self._schedules.executions(names_asked_for(wanted))
        found = find_executions(kept, wanted, free_text)
        return _page(in_order(found, sort, "scheduledTime:DESC"), start, size)

    def next_few(
        self, cron_expression: str, start: int | None, end: int | None, limit: int
    ) -> list[int]:
        """Return the next runs of an expression, five at most, by UTC's clocks."""
        try:
            parse_cron(cron_expression)
        except ValueError as wrong:
            raise InvalidInput(
                f"cronExpression: Invalid cron expression: {wrong}"
            ) from wrong
        count = min(limit, _MOST_PREVIEWED)
        return preview(cron_expression, start, end, self._home.clock.now(), count)

    # --- the whole -------------------------------------------------------------

    def requeue(self) -> dict[str, Any]:
        """Have every schedule that is due and was not seen to looked at again."""
        names = self._overdue.rearm(0)
        return {"recordIds.size": len(names), "sampleIds": names[:_SAMPLES]}

    def halt(self) -> None:
        """Let all schedules stand still until :meth:`go_on`."""
        self._schedules.halt(halted=True)

    def go_on(self) -> None:
        """Let all schedules run; what became due meanwhile is late, not lost."""
        self._schedules.halt(halted=False)
        self._overdue.rearm(0)


def _missing(name: str) -> NotFound:
    return NotFound(f"Schedule '{name}' not found")


def _known(name: str, stored: StoredSchedule | None) -> StoredSchedule:
    if stored is None:
        raise _missing(name)
    return stored


def _each(names: Sequence[str], change: Callable[[str], None]) -> BulkResponse[str]:
    done: list[str] = []
    failed: dict[str, str] = {}
    for name in names:
        try:
            change(name)
            done.append(name)
        except PodiumError as failure:
            failed[name] = failure.message
    return BulkResponse(bulk_successful_results=done, bulk_error_results=failed)


def _page(found: Sequence[Any], start: int, size: int) -> SearchResult[Any]:
    first, count = max(start, 0), max(size, 0)
    return SearchResult(
        total_hits=len(found), results=tuple(found[first : first + count])
    )
