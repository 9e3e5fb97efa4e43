"""Polling and reporting: ``/tasks`` (reference 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podium.model.search_result import PollData, SearchResult
from podium.model.task import Task, TaskSummary
from podium.model.task_result import TaskExecLog, TaskResult, TaskResultStatus
from podium.model.workflow import Workflow
from podium_sdk.api import Api, decoded, many, one, one_or_none, paged, route
from podium_sdk.errors import UnreadableAnswer
from podium_sdk.payloads import with_input
from podium_sdk.transport import Request, Response


class Tasks:
    """What workers need, and a look into their queues."""

    def __init__(self, api: Api) -> None:
        self._api = api

    # --- polling ---------------------------------------------------------------

    def poll(
        self, task_type: str, *, worker_id: str, domain: str | None = None
    ) -> Task | None:
        """Take the next task of a type; None where none waits."""
        answer = self._api.call(
            "GET",
            route("tasks", "poll", task_type),
            query={"workerid": worker_id, "domain": domain},
        )
        return self._with_input(one_or_none(Task, answer))

    def poll_batch(
        self,
        task_type: str,
        *,
        worker_id: str,
        count: int = 1,
        timeout_millis: int = 100,
        domain: str | None = None,
    ) -> list[Task]:
        """Take up to ``count`` tasks, waiting for the first one up to the timeout."""
        answer = self._api.call(
            "GET",
            route("tasks", "poll", "batch", task_type),
            query={
                "workerid": worker_id,
                "domain": domain,
                "count": count,
                "timeout": timeout_millis,
            },
            hold_seconds=timeout_millis / 1000,
        )
        return [with_input(self._api, task) for task in many(Task, answer)]

    def _with_input(self, task: Task | None) -> Task | None:
        return None if task is None else with_input(self._api, task)

    # --- reporting -------------------------------------------------------------

    def update(self, result: TaskResult) -> str:
        """Report on a task; return its id.  A report may come twice without harm."""
        answer = self._api.call("POST", "/tasks", body=result, repeatable=True)
        return answer.text()

    def update_v2(self, result: TaskResult) -> Task | None:
        """Report on a task and take the next one of its type, if one waits."""
        answer = self._api.call(
            "POST", "/tasks/update-v2", body=result, repeatable=True
        )
        return self._with_input(one_or_none(Task, answer))

    def update_by_reference(
        self,
        workflow_id: str,
        reference: str,
        status: TaskResultStatus,
        output: Mapping[str, Any] | None = None,
        *,
        worker_id: str | None = None,
    ) -> str | None:
        """Report on the open task of this reference; None where there is none."""
        answer = self._api.call(
            "POST",
            route("tasks", workflow_id, reference, status),
            query={"workerid": worker_id},
            body=output or {},
        )
        return answer.text() or None

    def update_by_reference_sync(
        self,
        workflow_id: str,
        reference: str,
        status: TaskResultStatus,
        output: Mapping[str, Any] | None = None,
        *,
        worker_id: str | None = None,
    ) -> Workflow:
        """Report by reference and return the workflow as it then is."""
        answer = self._api.call(
            "POST",
            route("tasks", workflow_id, reference, status, "sync"),
            query={"workerid": worker_id},
            body=output or {},
        )
        return one(Workflow, answer)

    # --- reading and logs ------------------------------------------------------

    def get(self, task_id: str) -> Task:
        """Return a task."""
        return one(Task, self._api.call("GET", route("tasks", task_id)))

    def search(
        self,
        query: str | None = None,
        *,
        free_text: str = "*",
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> SearchResult[TaskSummary]:
        """Return one page of the tasks that meet a query (reference 6)."""
        answer = self._api.call(
            "GET",
            "/tasks/search",
            query=paged(query, free_text, start, size, sort),
        )
        return one(SearchResult[TaskSummary], answer)

    def log(self, task_id: str, line: str) -> None:
        """Add a line to a task's log."""
        self._api.send(
            Request(
                "POST",
                route("tasks", task_id, "log"),
                body=line.encode(),
                headers={"Content-Type": "text/plain"},
            )
        )

    def logs(self, task_id: str) -> list[TaskExecLog]:
        """Return the lines that were logged for a task (the server keeps the last)."""
        answer = self._api.call("GET", route("tasks", task_id, "log"))
        return many(TaskExecLog, answer)

    # --- queues ----------------------------------------------------------------

    def queue_size(self, task_type: str, domain: str | None = None) -> int:
        """Return how many tasks of a type wait."""
        answer = self._api.call(
            "GET",
            "/tasks/queue/size",
            query={"taskType": task_type, "domain": domain},
        )
        return _number(decoded(answer), answer)

    def queue_sizes(self) -> dict[str, int]:
        """Return how many tasks wait, by queue."""
        answer = self._api.call("GET", "/tasks/queue/all")
        sizes = decoded(answer)
        if not isinstance(sizes, dict):
            raise UnreadableAnswer(f"not an object: {answer.body[:200]!r}")
        return {name: _number(size, answer) for name, size in sizes.items()}

    def poll_data(self, task_type: str | None = None) -> list[PollData]:
        """Return who polled last and when, of one type or of all."""
        if task_type is None:
            answer = self._api.call("GET", "/tasks/queue/polldata/all")
        else:
            answer = self._api.call(
                "GET", "/tasks/queue/polldata", query={"taskType": task_type}
            )
        return many(PollData, answer)


def _number(value: object, answer: Response) -> int:
    if not isinstance(value, int):
        raise UnreadableAnswer(f"not a number: {answer.body[:200]!r}")
    return value
