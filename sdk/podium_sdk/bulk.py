"""Many executions at once: ``/workflow/bulk`` (reference 1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from podium.model.search_result import BulkResponse
from podium.model.workflow import Workflow
from podium_sdk.api import Api, one

MAX_WORKFLOWS = 1_000
"""How many ids one request takes."""


class Bulk:
    """Steers up to :data:`MAX_WORKFLOWS` executions in one request.

    The answer names the ids for which it succeeded, and for each other id why not.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def pause(self, workflow_ids: Sequence[str]) -> BulkResponse[str]:
        """Schedule nothing new until the workflows are resumed."""
        return self._call("PUT", "pause", workflow_ids)

    def resume(self, workflow_ids: Sequence[str]) -> BulkResponse[str]:
        """Go on with paused workflows."""
        return self._call("PUT", "resume", workflow_ids)

    def restart(
        self, workflow_ids: Sequence[str], *, use_latest_definition: bool = False
    ) -> BulkResponse[str]:
        """Run ended workflows again from their beginning."""
        query = {"useLatestDefinitions": use_latest_definition}
        return self._call("POST", "restart", workflow_ids, query)

    def retry(self, workflow_ids: Sequence[str]) -> BulkResponse[str]:
        """Try the failed tasks of ended workflows once more."""
        return self._call("POST", "retry", workflow_ids)

    def terminate(
        self, workflow_ids: Sequence[str], reason: str | None = None
    ) -> BulkResponse[str]:
        """End workflows and cancel their open tasks."""
        return self._call("POST", "terminate", workflow_ids, {"reason": reason})

    def remove(
        self, workflow_ids: Sequence[str], *, archive: bool = True
    ) -> BulkResponse[str]:
        """Forget workflows; with ``archive`` they must have ended and stay readable."""
        query = {"archiveWorkflow": archive}
        return self._call("DELETE", "remove", workflow_ids, query)

    def terminate_and_remove(
        self,
        workflow_ids: Sequence[str],
        reason: str | None = None,
        *,
        archive: bool = True,
    ) -> BulkResponse[str]:
        """End workflows and forget them."""
        query = {"reason": reason, "archiveWorkflow": archive}
        return self._call("DELETE", "terminate-remove", workflow_ids, query)

    def get(
        self, workflow_ids: Sequence[str], *, include_tasks: bool = True
    ) -> BulkResponse[Workflow]:
        """Return the executions themselves."""
        answer = self._api.call(
            "POST",
            "/workflow/bulk/search",
            query={"includeTasks": include_tasks},
            body=list(workflow_ids),
            repeatable=True,
        )
        return one(BulkResponse[Workflow], answer)

    def _call(
        self,
        method: str,
        operation: str,
        workflow_ids: Sequence[str],
        query: dict[str, Any] | None = None,
    ) -> BulkResponse[str]:
        answer = self._api.call(
            method,
            f"/workflow/bulk/{operation}",
            query=query,
            body=list(workflow_ids),
        )
        return one(BulkResponse[str], answer)
