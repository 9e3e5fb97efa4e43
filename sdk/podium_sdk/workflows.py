"""Executions of workflows: ``/workflow`` (reference 1.1), and signals (1.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podium.model.requests import (
    IdempotencyStrategy,
    RerunWorkflowRequest,
    SkipTaskRequest,
    StartWorkflowRequest,
    WorkflowTestRequest,
)
from podium.model.search_result import SearchResult
from podium.model.signal_response import (
    TaskRun,
    WorkflowRun,
    WorkflowSignalReturnStrategy,
)
from podium.model.task_result import TaskResultStatus
from podium.model.workflow import Workflow, WorkflowStatusView, WorkflowSummary
from podium_sdk.api import Api, one, paged, route
from podium_sdk.bulk import Bulk
from podium_sdk.transport import Response

LATEST = 0
"""The version that means the latest one where a path needs a version."""

_TARGET = WorkflowSignalReturnStrategy.TARGET_WORKFLOW


class Workflows:
    """Starts, watches and steers executions; ``bulk`` steers many at once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.bulk = Bulk(api)

    # --- start -----------------------------------------------------------------

    def start(
        self,
        workflow: str | StartWorkflowRequest,
        input: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
    ) -> str:
        """Start a workflow by its name, or by a full request, and return its id.

        With an idempotency key and RETURN_EXISTING a start whose answer got lost may
        be repeated, and is.
        """
        request = start_request(workflow, input, version)
        strategy = request.idempotency_strategy
        return self._api.call(
            "POST",
            "/workflow",
            body=request,
            repeatable=bool(request.idempotency_key)
            and strategy is IdempotencyStrategy.RETURN_EXISTING,
        ).text()

    def execute(
        self,
        workflow: str | StartWorkflowRequest,
        input: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        wait_for_seconds: int = 10,
        wait_until: Sequence[str] = (),
        returning: WorkflowSignalReturnStrategy = _TARGET,
    ) -> WorkflowRun | TaskRun:
        """Start a workflow and wait for its end, or for one of these references.

        When the time is up the answer shows where the workflow stands; it goes on.
        """
        request = start_request(workflow, input, version)
        answer = self._api.call(
            "POST",
            route("workflow", "execute", request.name, request.version or LATEST),
            query={
                "waitForSeconds": wait_for_seconds,
                "waitUntilTaskRef": ",".join(wait_until) or None,
                "returnStrategy": returning.value,
            },
            body=request,
            hold_seconds=wait_for_seconds,
        )
        return _run(answer, returning)

    def test(self, request: WorkflowTestRequest) -> Workflow:
        """Try out a workflow against mocks, in no time; nothing of it is kept."""
        return one(
            Workflow,
            self._api.call("POST", "/workflow/test", body=request, repeatable=True),
        )

    # --- look ------------------------------------------------------------------

    def get(self, workflow_id: str, *, include_tasks: bool = True) -> Workflow:
        """Return an execution, with all its tasks unless told otherwise."""
        answer = self._api.call(
            "GET", route("workflow", workflow_id), query={"includeTasks": include_tasks}
        )
        return one(Workflow, answer)

    def status(
        self,
        workflow_id: str,
        *,
        include_output: bool = False,
        include_variables: bool = False,
    ) -> WorkflowStatusView:
        """Return where an execution stands, in a small answer."""
        answer = self._api.call(
            "GET",
            route("workflow", workflow_id, "status"),
            query={
                "includeOutput": include_output,
                "includeVariables": include_variables,
            },
        )
        return one(WorkflowStatusView, answer)

    def search(
        self,
        query: str | None = None,
        *,
        free_text: str = "*",
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> SearchResult[WorkflowSummary]:
        """Return one page of the executions that meet a query (reference 6)."""
        return self._search("search", query, free_text, start, size, sort)

    def search_by_tasks(
        self,
        query: str | None = None,
        *,
        free_text: str = "*",
        start: int = 0,
        size: int = 100,
        sort: str | None = None,
    ) -> SearchResult[WorkflowSummary]:
        """Return one page of the executions with a task that meets a query."""
        return self._search("search-by-tasks", query, free_text, start, size, sort)

    def _search(
        self,
        way: str,
        query: str | None,
        free_text: str,
        start: int,
        size: int,
        sort: str | None,
    ) -> SearchResult[WorkflowSummary]:
        answer = self._api.call(
            "GET",
            f"/workflow/{way}",
            query=paged(query, free_text, start, size, sort),
        )
        return one(SearchResult[WorkflowSummary], answer)

    # --- steer -----------------------------------------------------------------

    def set_variables(self, workflow_id: str, values: Mapping[str, Any]) -> Workflow:
        """Set variables of a workflow that has not ended; the others stay."""
        answer = self._api.call(
            "POST",
            route("workflow", workflow_id, "variables"),
            body=dict(values),
            repeatable=True,
        )
        return one(Workflow, answer)

    def pause(self, workflow_id: str) -> None:
        """Schedule nothing new until the workflow is resumed."""
        self._api.call("PUT", route("workflow", workflow_id, "pause"))

    def resume(self, workflow_id: str) -> None:
        """Go on with a paused workflow."""
        self._api.call("PUT", route("workflow", workflow_id, "resume"))

    def terminate(self, workflow_id: str, reason: str | None = None) -> None:
        """End a workflow and cancel its open tasks."""
        path = route("workflow", workflow_id)
        self._api.call("DELETE", path, query={"reason": reason})

    def restart(self, workflow_id: str, *, use_latest_definition: bool = False) -> None:
        """Run an ended workflow again from its beginning, under the same id."""
        self._api.call(
            "POST",
            route("workflow", workflow_id, "restart"),
            query={"useLatestDefinitions": use_latest_definition},
        )

    def retry(
        self, workflow_id: str, *, resume_sub_workflow_tasks: bool = False
    ) -> None:
        """Try the failed tasks of an ended workflow once more."""
        self._api.call(
            "POST",
            route("workflow", workflow_id, "retry"),
            query={"resumeSubworkflowTasks": resume_sub_workflow_tasks},
        )

    def rerun(
        self, workflow_id: str, request: RerunWorkflowRequest | None = None
    ) -> str:
        """Run an ended workflow again from one of its tasks; return its id."""
        return self._api.call(
            "POST",
            route("workflow", workflow_id, "rerun"),
            body=request or RerunWorkflowRequest(),
        ).text()

    def skip_task(
        self, workflow_id: str, ref: str, request: SkipTaskRequest | None = None
    ) -> None:
        """Pass over a task of a running workflow that is not scheduled yet."""
        self._api.call(
            "PUT",
            route("workflow", workflow_id, "skiptask", ref),
            body=request or SkipTaskRequest(),
        )

    def reset_callbacks(self, workflow_id: str) -> None:
        """Offer at once whatever workers wanted to have again later."""
        self._api.call("POST", route("workflow", workflow_id, "resetcallbacks"))

    def remove(self, workflow_id: str, *, archive: bool = True) -> None:
        """Forget a workflow; with ``archive`` it must have ended and stays readable."""
        self._api.call(
            "DELETE",
            route("workflow", workflow_id, "remove"),
            query={"archiveWorkflow": archive},
        )

    def signal(
        self,
        workflow_id: str,
        status: TaskResultStatus = TaskResultStatus.COMPLETED,
        output: Mapping[str, Any] | None = None,
    ) -> None:
        """End the first open WAIT of a workflow, if there is one."""
        self._api.call(
            "POST", route("tasks", workflow_id, status, "signal"), body=output or {}
        )

    def signal_sync(
        self,
        workflow_id: str,
        status: TaskResultStatus = TaskResultStatus.COMPLETED,
        output: Mapping[str, Any] | None = None,
        *,
        timeout_millis: int = 5000,
        returning: WorkflowSignalReturnStrategy = _TARGET,
    ) -> WorkflowRun | TaskRun:
        """End the first open WAIT and wait for what comes next."""
        answer = self._api.call(
            "POST",
            route("tasks", workflow_id, status, "signal", "sync"),
            query={"returnStrategy": returning.value, "timeoutMillis": timeout_millis},
            body=output or {},
            hold_seconds=timeout_millis / 1000,
        )
        return _run(answer, returning)


def start_request(
    workflow: str | StartWorkflowRequest,
    input: Mapping[str, Any] | None,
    version: int | None,
) -> StartWorkflowRequest:
    """Return the request that a name with an input is, or the one that was given."""
    if isinstance(workflow, str):
        return StartWorkflowRequest(
            name=workflow, version=version, input=dict(input or {})
        )
    if input is not None or version is not None:
        raise TypeError("a StartWorkflowRequest has its own input and version")
    return workflow


def _run(
    answer: Response, asked: WorkflowSignalReturnStrategy
) -> WorkflowRun | TaskRun:
    return one(TaskRun, answer) if asked.is_task else one(WorkflowRun, answer)
