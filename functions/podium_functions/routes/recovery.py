"""``/api/workflow``: retry, rerun, restart, skip (reference 1.1 #16-20, 1.11)."""

from __future__ import annotations

import ast
import json
from http import HTTPStatus

from podium.bootstrap import Podium
from podium.errors import InvalidInput
from podium.model.requests import RerunWorkflowRequest, SkipTaskRequest
from podium_functions.endpoint import Routes, read_body

routes = Routes("Workflow", "/api/workflow")


@routes.put("/<workflow_id>/skiptask/<task_reference_name>")
def skip_task(
    podium: Podium,
    workflow_id: str,
    task_reference_name: str,
    body: SkipTaskRequest | None,
    *,
    skip_task_request: str | None = None,
) -> None:
    """Pass over a task that is not scheduled yet.

    Some clients send the request in the query (reference 12, #11).
    """
    request = _read_query(skip_task_request) if skip_task_request else body
    podium.recovery.skip_task(workflow_id, task_reference_name, request)


def _read_query(text: str) -> SkipTaskRequest:
    """Read a request that is JSON, or a dictionary as conductor-python writes it."""
    try:
        request: SkipTaskRequest = read_body(text, SkipTaskRequest)
    except InvalidInput as refused:
        try:
            text = json.dumps(ast.literal_eval(text))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            raise refused from None
        request = read_body(text, SkipTaskRequest)
    return request


@routes.post("/<workflow_id>/rerun")
def rerun(podium: Podium, workflow_id: str, body: RerunWorkflowRequest) -> str:
    """Run an ended workflow again, whole or from a task; the answer is its id."""
    return podium.recovery.rerun(workflow_id, body)


@routes.post("/<workflow_id>/restart", status=HTTPStatus.NO_CONTENT)
def restart(
    podium: Podium, workflow_id: str, *, use_latest_definitions: bool = False
) -> None:
    """Begin an ended workflow anew under its id."""
    podium.recovery.restart(workflow_id, use_latest=use_latest_definitions)


@routes.post("/<workflow_id>/retry", status=HTTPStatus.NO_CONTENT)
def retry(
    podium: Podium, workflow_id: str, *, resume_subworkflow_tasks: bool = False
) -> None:
    """Try again what failed, children from where they stopped if so wanted."""
    podium.recovery.retry(workflow_id, resume=resume_subworkflow_tasks)


@routes.post("/<workflow_id>/resetcallbacks", status=HTTPStatus.NO_CONTENT)
def reset_callbacks(podium: Podium, workflow_id: str) -> None:
    """Offer at once what workers wanted to have again later."""
    podium.recovery.reset_callbacks(workflow_id)
