"""The same for many workflows in one request (reference 1.2).

What fails for one workflow is told beside its id and hinders no other.  No id is ever
passed over in silence: what there was no time for is among the errors, and says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from podium.errors import Conflict, Finding, PodiumError, ValidationFailed
from podium.ports import Home, SummaryRow
from podium.service.execution_view import JsonObject
from podium.service.parallel import PATIENCE, map_each
from podium.service.recovery import Recovery
from podium.service.removal import Removal
from podium.service.workflows import Workflows

logger = logging.getLogger(__name__)

MAX_WORKFLOWS = 1_000
NOT_TRIED = (
    f"Not tried: the request had worked for {PATIENCE // 1000} s. Nothing was done to "
    "this workflow; send its id again."
)
REMOVED_TOGETHER = 100
"""How many workflows share an object of the archive, as the janitor has it."""
WorkflowIds: TypeAlias = Sequence[str] | None
_Outcomes: TypeAlias = dict[str, Any]
"""What came of each id: a result, None, or why nothing did."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why something could not be done to a workflow."""

    reason: str


class Bulk:
    """The API noun ``workflow/bulk``."""

    def __init__(self, home: Home, workflows: Workflows, recovery: Recovery) -> None:
        self._home = home
        self._workflows = workflows
        self._recovery = recovery

    def pause(self, workflow_ids: WorkflowIds) -> JsonObject:
        """Pause workflows."""
        return self._each("pauseWorkflow", workflow_ids, self._workflows.pause)

    def resume(self, workflow_ids: WorkflowIds) -> JsonObject:
        """Resume paused workflows."""
        return self._each("resumeWorkflow", workflow_ids, self._workflows.resume)

    def restart(self, workflow_ids: WorkflowIds, *, use_latest: bool) -> JsonObject:
        """Run ended workflows again from their beginning."""
        work = partial(self._recovery.restart, use_latest=use_latest)
        return self._each("restart", workflow_ids, work)

    def retry(self, workflow_ids: WorkflowIds) -> JsonObject:
        """Try the failed tasks of workflows once more."""
        work = partial(self._recovery.retry, resume=False)
        return self._each("retry", workflow_ids, work)

    def terminate(self, workflow_ids: WorkflowIds, reason: str | None) -> JsonObject:
        """Terminate workflows."""
        work = partial(self._workflows.terminate, reason=reason)
        return self._each("terminate", workflow_ids, work)

    def remove(self, workflow_ids: WorkflowIds, *, archive: bool) -> JsonObject:
        """Remove workflows; those that run only without ``archive``."""
        prepare = partial(self._workflows.removals.prepare, archive=archive)
        return self._remove("deleteWorkflow", workflow_ids, prepare)

    def terminate_and_remove(
        self, workflow_ids: WorkflowIds, reason: str | None, *, archive: bool
    ) -> JsonObject:
        """Terminate workflows and remove them; one that completed is removed too."""

        def prepare(workflow_id: str) -> Removal:
            with suppress(Conflict):
                self._workflows.terminate(workflow_id, reason)
            return self._workflows.removals.prepare(workflow_id, archive=archive)

        return self._remove("terminateRemove", workflow_ids, prepare)

    def search(self, workflow_ids: WorkflowIds, *, include_tasks: bool) -> JsonObject:
        """Return the workflows themselves."""
        work = partial(self._workflows.get, include_tasks=include_tasks)
        return self._each("searchWorkflow", workflow_ids, work)

    # --- id by id --------------------------------------------------------------

    def _each(
        self, operation: str, workflow_ids: WorkflowIds, work: Callable[[str], Any]
    ) -> JsonObject:
        """Do the same to each workflow.

        An id that is there twice is worked on once.
        """
        wanted = list(dict.fromkeys(_checked(operation, workflow_ids)))
        return _response(self._attempt_each(operation, wanted, work, self._deadline()))

    def _remove(
        self,
        operation: str,
        workflow_ids: WorkflowIds,
        prepare: Callable[[str], Removal],
    ) -> JsonObject:
        """Remove workflows, some at a time, which share an object of the archive."""
        wanted = list(dict.fromkeys(_checked(operation, workflow_ids)))
        deadline = self._deadline()
        outcomes: _Outcomes = {}
        for first in range(0, len(wanted), REMOVED_TOGETHER):
            some = wanted[first : first + REMOVED_TOGETHER]
            outcomes |= self._attempt_each(operation, some, prepare, deadline)
            prepared = {
                one: outcomes[one]
                for one in some
                if not isinstance(outcomes[one], _Failed)
            }
            rows = self._archive(operation, prepared)
            outcomes |= self._finish(operation, prepared, rows)
        return _response(outcomes)

    def _archive(self, operation: str, prepared: Mapping[str, Removal]) -> Any:
        """Return the rows of what was archived, or why it was not."""

        def archive(_workflow_id: str) -> dict[str, SummaryRow]:
            return self._workflows.removals.archive(prepared.values())

        return _attempt(operation, next(iter(prepared), ""), archive)

    def _finish(
        self, operation: str, prepared: Mapping[str, Removal], rows: Any
    ) -> _Outcomes:
        """Delete what was archived, however late it is by now."""
        if isinstance(rows, _Failed):
            return dict.fromkeys(prepared, rows)

        def finish(workflow_id: str) -> None:
            removal = prepared[workflow_id]
            self._workflows.removals.finish(removal, rows.get(workflow_id))

        return self._attempt_each(operation, list(prepared), finish, None)

    def _deadline(self) -> int:
        return self._home.clock.now() + PATIENCE

    def _attempt_each(
        self,
        operation: str,
        workflow_ids: Sequence[str],
        work: Callable[[str], Any],
        deadline: int | None,
    ) -> _Outcomes:
        def attempt(workflow_id: str) -> Any:
            if deadline is not None and self._home.clock.now() >= deadline:
                return _Failed(NOT_TRIED)
            return _attempt(operation, workflow_id, work)

        results = map_each(self._home, attempt, workflow_ids)
        return dict(zip(workflow_ids, results, strict=True))


def _response(outcomes: _Outcomes) -> JsonObject:
    """Return the BulkResponse: what came of each id, or the id where nothing did."""
    return {
        "bulkErrorResults": {
            workflow_id: outcome.reason
            for workflow_id, outcome in outcomes.items()
            if isinstance(outcome, _Failed)
        },
        "bulkSuccessfulResults": [
            workflow_id if outcome is None else outcome
            for workflow_id, outcome in outcomes.items()
            if not isinstance(outcome, _Failed)
        ],
        "message": "Bulk Request has been processed.",
    }


def _attempt(operation: str, workflow_id: str, work: Callable[[str], Any]) -> Any:
    try:
        return work(workflow_id)
    except PodiumError as failure:
        return _Failed(failure.message)
    except Exception:
        # A defect that one workflow brings to light must not hide from the caller what
        # was done to the other 999.
        logger.exception(
            "bulk_operation_failed",
            extra={"operation": operation, "workflow_id": workflow_id},
        )
        return _Failed("Internal error")


def _checked(operation: str, workflow_ids: WorkflowIds) -> Sequence[str]:
    path = f"{operation}.workflowIds"
    if not workflow_ids:
        raise ValidationFailed([Finding(path, "WorkflowIds list cannot be null.")])
    if len(workflow_ids) > MAX_WORKFLOWS:
        raise ValidationFailed(
            [
                Finding(
                    path,
                    f"Cannot process more than {MAX_WORKFLOWS} workflows. "
                    "Please use multiple requests.",
                )
            ]
        )
    return workflow_ids
