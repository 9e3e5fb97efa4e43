"""Schedules: ``/scheduler`` (reference 1.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podium.model.schedule import WorkflowSchedule, WorkflowScheduleExecution
from podium.model.search_result import BulkResponse, SearchResult
from podium_sdk.api import Api, decoded, many, one, paged, route
from podium_sdk.errors import UnreadableAnswer

Schedule = WorkflowSchedule | Mapping[str, Any]
"""A schedule as a model, or as the JSON object of a file, which is sent as it is."""


class Schedules:
    """Saves, finds, pauses and deletes what starts workflows by the clock."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def save(self, schedule: Schedule) -> WorkflowSchedule:
        """Create a schedule or replace the one of its name; it runs from now on."""
        answer = self._api.call(
            "POST", "/scheduler/schedules", body=schedule, repeatable=True
        )
        return one(WorkflowSchedule, answer)

    def get(self, name: str) -> WorkflowSchedule:
        """Return a schedule; NotFound where there is none of this name."""
        path = route("scheduler", "schedules", name)
        return one(WorkflowSchedule, self._api.call("GET", path))

    def list_all(self, workflow_name: str | None = None) -> list[WorkflowSchedule]:
        """Return all schedules, or those that start one workflow."""
        answer = self._api.call(
            "GET", "/scheduler/schedules", query={"workflowName": workflow_name}
        )
        return many(WorkflowSchedule, answer)

    def search(  # noqa: PLR0913 - the route's parameters
        self,
        *,
        workflow_name: str | None = None,
        schedule_name: str | None = None,
        paused: bool | None = None,
        free_text: str | None = None,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> SearchResult[WorkflowSchedule]:
        """Return a page of schedules, with a part of a name, paused or not."""
        answer = self._api.call(
            "GET",
            "/scheduler/schedules/search",
            query={
                "workflowName": workflow_name,
                "scheduleName": schedule_name,
                "paused": paused,
                "freeText": free_text,
                "start": start,
                "size": size,
                "sort": sort,
            },
        )
        return one(SearchResult[WorkflowSchedule], answer)

    def delete(self, name: str) -> None:
        """Remove a schedule, there or not; what it started goes on."""
        self._api.call("DELETE", route("scheduler", "schedules", name))

    def pause(self, name: str, reason: str | None = None) -> None:
        """Let a schedule rest."""
        path = route("scheduler", "schedules", name, "pause")
        self._api.call("PUT", path, query={"reason": reason})

    def resume(self, name: str) -> None:
        """Let a paused schedule run again; NotFound where it is not paused."""
        self._api.call("PUT", route("scheduler", "schedules", name, "resume"))

    def pause_each(self, names: Sequence[str]) -> BulkResponse[str]:
        """Let schedules rest; the answer says which did."""
        answer = self._api.call("PUT", "/scheduler/bulk/pause", body=list(names))
        return one(BulkResponse[str], answer)

    def resume_each(self, names: Sequence[str]) -> BulkResponse[str]:
        """Let paused schedules run again; the answer says which do."""
        answer = self._api.call("PUT", "/scheduler/bulk/resume", body=list(names))
        return one(BulkResponse[str], answer)

    def next_times(
        self,
        cron_expression: str,
        *,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 5,
    ) -> list[int]:
        """Return an expression's next times by UTC's clocks, five at most."""
        answer = self._api.call(
            "GET",
            "/scheduler/nextFewSchedules",
            query={
                "cronExpression": cron_expression,
                "scheduleStartTime": start_time,
                "scheduleEndTime": end_time,
                "limit": limit,
            },
        )
        times = decoded(answer)
        if not isinstance(times, list) or not all(isinstance(t, int) for t in times):
            raise UnreadableAnswer(f"not a list of times: {answer.body[:200]!r}")
        return times

    def executions(
        self,
        query: str | None = None,
        *,
        free_text: str | None = None,
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> SearchResult[WorkflowScheduleExecution]:
        """Return a page of runs, such as of ``scheduleName IN (nightly)``."""
        answer = self._api.call(
            "GET",
            "/scheduler/search/executions",
            query=paged(query, free_text, start, size, sort),
        )
        return one(SearchResult[WorkflowScheduleExecution], answer)
