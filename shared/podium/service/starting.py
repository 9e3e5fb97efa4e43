"""Starting workflows: which definition, id and input (reference 1.11, design 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider import commands as cmd
from podium.decider.events import WorkflowQuota
from podium.errors import (
    Conflict,
    Finding,
    InvalidInput,
    LimitReached,
    NotFound,
    ValidationFailed,
)
from podium.expressions.javascript import is_syntax_valid
from podium.expressions.schemas import is_enforced, misfits
from podium.model.requests import StartWorkflowRequest
from podium.model.validation import check_start_request
from podium.model.workflow_definition import RateLimitPolicy, WorkflowDef
from podium.model.workflow_task import IdempotencyStrategy
from podium.ports import Home
from podium.service.engine import Engine
from podium.service.journals import Journals
from podium.service.snapshots import Snapshots
from podium.service.workflow_limits import WorkflowLimits, quota_of

REQUEST_PATH = "startWorkflow.startWorkflowRequest"
"""What the path of a finding in a start request begins with."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a start comes from: a parent's task, an event, or (default) a client.

    With ``reserves_key`` a workflow whose id is given has an idempotency key all the
    same: whoever repeats the start finds the key bound to that id.  Without
    ``checks_input`` the input is not held against the definition's schema: it is not
    one that anybody has written for it.
    """

    workflow_id: str | None = None
    parent_id: str | None = None
    parent_task_id: str | None = None
    event: str | None = None
    by: str | None = None
    reserves_key: bool = False
    checks_input: bool = True


class Starter:
    """Starts workflows for clients, tasks and events alike."""

    def __init__(
        self, home: Home, engine: Engine, journals: Journals, snapshots: Snapshots
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._snapshots = snapshots
        self._limits = WorkflowLimits(home, journals)

    def start(
        self,
        request: StartWorkflowRequest,
        origin: Origin = Origin(),
    ) -> str:
        """Start the workflow and return its id.

        With an id in the origin the start can be repeated: a workflow that is already
        there is left alone.
        """
        if origin.parent_id is None:
            self._check(request)
        definition = self._definition(request)
        payload = self._input(request, inline=request.workflow_def is not None)
        if origin.checks_input and definition.enforce_schema:
            self._hold_to_schema(request, definition)
        workflow_id, is_new = origin.workflow_id or self._fresh_id(), True
        if origin.workflow_id is None or origin.reserves_key:
            workflow_id, is_new = self._choose_id(request, workflow_id)
        if not is_new:
            return workflow_id
        quota = self._quota(definition, workflow_id, request)
        may_run = quota is None or self._enter(definition, quota, workflow_id)
        command = cmd.Start(
            definition=self._snapshots.take(definition),
            input=payload,
            input_path=request.external_input_payload_storage_path,
            correlation_id=request.correlation_id,
            priority=request.priority,
            task_to_domain=request.task_to_domain,
            created_by=request.created_by,
            event=origin.event,
            parent_id=origin.parent_id,
            parent_task_id=origin.parent_task_id,
            idempotency_key=request.idempotency_key,
            quota=quota,
            queued=not may_run,
        )
        self._engine.create(workflow_id, command, origin.by)
        return workflow_id

    def _quota(
        self, definition: WorkflowDef, workflow_id: str, request: StartWorkflowRequest
    ) -> WorkflowQuota | None:
        """Return the limit that the workflow falls under, if any (2.5, 4.11)."""
        if definition.rate_limit_config is None:
            return None
        given: dict[str, Any] = request.input or {}
        path = request.external_input_payload_storage_path
        document = self._home.payloads.get(path) if path else None
        if document is not None:
            given = msgspec.json.decode(document)
        return quota_of(definition, workflow_id, request.correlation_id, given)

    def _enter(
        self, definition: WorkflowDef, quota: WorkflowQuota, workflow_id: str
    ) -> bool:
        """Take a slot for the workflow; False where it is to be queued.

        One that is there already has long been let in, or waits.
        """
        config = definition.rate_limit_config
        if self._journals.find(workflow_id) is not None:
            return True
        if self._limits.enter(quota, workflow_id):
            return True
        if config is None or config.policy is not RateLimitPolicy.REJECT:
            return False
        raise LimitReached(
            f"Workflow {definition.name} was not started: {quota.concurrent} with the "
            f"rateLimitKey {quota.key} are running"
        )

    def _check(self, request: StartWorkflowRequest) -> None:
        """Refuse a bad request; a task's child was not asked for by one (2.5, 3.7)."""
        findings = check_start_request(
            request,
            self._home.metadata.find_task,
            syntax=is_syntax_valid,
            at=REQUEST_PATH,
        )
        if findings:
            raise ValidationFailed(findings)

    def _hold_to_schema(
        self, request: StartWorkflowRequest, definition: WorkflowDef
    ) -> None:
        """Refuse an input that breaks the definition's schema (reference 4.11).

        It is held against it with what the template adds.
        """
        if not is_enforced(definition.input_schema):
            return
        given = self._given(request)
        if isinstance(given, dict):
            given = {**definition.input_template, **given}
        found = misfits(definition.input_schema, given)
        if found:
            raise ValidationFailed(
                [
                    Finding(one.under(f"{REQUEST_PATH}.input"), one.message)
                    for one in found
                ]
            )

    def _given(self, request: StartWorkflowRequest) -> Any:
        path = request.external_input_payload_storage_path
        if path is None:
            return request.input
        document = self._home.payloads.get(path)
        if document is None:
            raise NotFound(f"No external payload found at: {path}")
        return msgspec.json.decode(document)

    def _definition(self, request: StartWorkflowRequest) -> WorkflowDef:
        if request.workflow_def is not None:
            return request.workflow_def
        version = request.version or None
        found = self._home.metadata.find_workflow(request.name, version)
        if found is None:
            raise NotFound(
                f"No such workflow defined. name={request.name}, "
                f"version={'null' if version is None else version}"
            )
        return found

    def _input(self, request: StartWorkflowRequest, *, inline: bool) -> Raw:
        path = request.external_input_payload_storage_path
        if request.input is None and not path:
            raise InvalidInput("NULL input passed when starting workflow")
        payload: dict[str, Any] = request.input or {}
        if inline and "_systemMetadata" not in payload:
            payload = {**payload, "_systemMetadata": {"dynamic": True}}
        return Raw(msgspec.json.encode(payload))

    def _fresh_id(self) -> str:
        return ids.workflow_id(self._home.clock.now(), self._home.draw(ids.RANDOM_BITS))

    def _choose_id(self, request: StartWorkflowRequest, fresh: str) -> tuple[str, bool]:
        """Return the id to start under, and whether there is anything to start.

        It is ``fresh`` unless the request's idempotency key is bound to another.
        """
        key = request.idempotency_key
        if not key:
            return fresh, True
        bound = self._home.keys.reserve(request.name, key, fresh)
        if bound == fresh:
            return fresh, True
        present = self._journals.find(bound)
        if present is None and not self._is_archived(bound):
            return bound, True
        match request.idempotency_strategy or IdempotencyStrategy.FAIL:
            case IdempotencyStrategy.RETURN_EXISTING:
                return bound, False
            case IdempotencyStrategy.FAIL_ON_RUNNING if (
                present is None or present.status.is_terminal
            ):
                if self._home.keys.rebind(request.name, key, bound, fresh):
                    return fresh, True
        raise Conflict(
            f"Workflow {request.name} with idempotency key {key} already exists: "
            f"{bound}"
        )

    def _is_archived(self, workflow_id: str) -> bool:
        """Tell whether a workflow without a journal has had one."""
        row = self._home.index.find([workflow_id]).get(workflow_id)
        return row is not None and row.archived is not None
