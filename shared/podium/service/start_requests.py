"""What a start request comes to: definition, id and input (reference 1.11, design 9).

Everything that may be wrong with a request is found here, before anything is begun:
over the API and for native starts alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider import commands as cmd
from podium.decider.state import WorkflowState
from podium.errors import Conflict, InvalidInput, NotFound, ValidationFailed
from podium.expressions.javascript import is_syntax_valid
from podium.expressions.schemas import hold_to, is_enforced
from podium.model.requests import StartWorkflowRequest
from podium.model.validation import check_start_request
from podium.model.workflow_definition import RateLimitPolicy, WorkflowDef
from podium.model.workflow_task import IdempotencyStrategy
from podium.ports import Home
from podium.service.external_payloads import lasting_path
from podium.service.journals import Journals
from podium.service.snapshots import Snapshots
from podium.service.start_keys import Asked

REQUEST_PATH = "startWorkflow.startWorkflowRequest"
"""What the path of a finding in a start request begins with."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a start comes from: a parent's task, an event, or (default) a client.

    With ``reserves_key`` a workflow whose id is given has an idempotency key all the
    same: whoever repeats the start finds the key bound to that id.  Without
    ``checks_input`` the input is not held against the definition's schema: it is not
    one that anybody has written for it.  ``earlier`` are attempts at the same, tasks
    and their children: what came to nothing there leaves its key to this one.
    """

    workflow_id: str | None = None
    parent_id: str | None = None
    parent_task_id: str | None = None
    event: str | None = None
    by: str | None = None
    reserves_key: bool = False
    checks_input: bool = True
    earlier: Collection[str] = ()


BY_CLIENT = Origin()


def marked_dynamic(given: dict[str, Any]) -> dict[str, Any]:
    """Return the input of a workflow that brings its definition along, marked as such.

    Children and synchronous executions are marked, other starts are not (1.1, 3.7).
    """
    kept = given.get("_systemMetadata")
    own = kept if isinstance(kept, dict) else {}
    return {**given, "_systemMetadata": {**own, "dynamic": True}}


@dataclass(frozen=True, slots=True)
class Ready:
    """A start that nothing speaks against: its id, and the command that it is.

    Without a ``command`` the workflow is there already.  ``rejects`` where it is to be
    refused if its quota is used up, and not to be queued.
    """

    workflow_id: str
    command: cmd.Start | None = None
    rejects: bool = False


GivesWay: TypeAlias = Callable[[str, WorkflowState | None, Origin], bool]


def _never(_bound: str, _present: WorkflowState | None, _origin: Origin) -> bool:
    return False


class StartRequests:
    """Checks start requests and makes commands of them.

    ``gives_way`` tells whether the workflow that a key is bound to, as it stands,
    leaves its key to a start of this origin.
    """

    def __init__(
        self,
        home: Home,
        journals: Journals,
        snapshots: Snapshots,
        gives_way: GivesWay = _never,
    ) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots
        self._gives_way = gives_way

    def prepare(
        self, request: StartWorkflowRequest, origin: Origin = BY_CLIENT
    ) -> Ready:
        """Return what a request comes to; whatever forbids it is raised.

        Its idempotency key is bound then.
        """
        if origin.parent_id is None:
            self._check(request)
        request = self._with_lasting_path(request)
        definition = self._definition(request)
        payload = self._input(request)
        if origin.checks_input and definition.enforce_schema:
            self._hold_to_schema(request, definition)
        workflow_id, is_new = origin.workflow_id or self._fresh_id(), True
        if origin.workflow_id is None or origin.reserves_key:
            workflow_id, is_new = self._choose_id(request, workflow_id, origin)
        if not is_new:
            return Ready(workflow_id)
        asked = self._asked(definition, workflow_id, request)
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
            quota=asked.quota(),
            cache=asked.cache(),
        )
        limit = definition.rate_limit_config
        rejects = limit is not None and limit.policy is RateLimitPolicy.REJECT
        return Ready(workflow_id, command, rejects)

    def _asked(
        self, definition: WorkflowDef, workflow_id: str, request: StartWorkflowRequest
    ) -> Asked:
        """Return what the definition's keys read, an external input only for them."""
        given: dict[str, Any] = request.input or {}
        path = request.external_input_payload_storage_path
        if path and (definition.rate_limit_config or definition.cache_config):
            document = self._home.payloads.get(path)
            given = given if document is None else msgspec.json.decode(document)
        return Asked(definition, workflow_id, request.correlation_id, given)

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

    def _with_lasting_path(self, request: StartWorkflowRequest) -> StartWorkflowRequest:
        path = request.external_input_payload_storage_path
        if path is None:
            return request
        field = "externalInputPayloadStoragePath"
        path = lasting_path(self._home.payloads, path, field)
        return request.model_copy(update={"external_input_payload_storage_path": path})

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
        hold_to(definition.input_schema, given, f"{REQUEST_PATH}.input")

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

    def _input(self, request: StartWorkflowRequest) -> Raw:
        path = request.external_input_payload_storage_path
        if request.input is None and not path:
            raise InvalidInput("NULL input passed when starting workflow")
        return Raw(msgspec.json.encode(request.input or {}))

    def _fresh_id(self) -> str:
        return ids.workflow_id(self._home.clock.now(), self._home.draw(ids.RANDOM_BITS))

    def _choose_id(
        self, request: StartWorkflowRequest, fresh: str, origin: Origin
    ) -> tuple[str, bool]:
        """Return the id to start under, and whether there is anything to start.

        It is ``fresh`` unless the request's idempotency key is bound to another.  Who
        takes a key over a moment before us may be another launch of the same task: we
        look again.
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
        strategy = request.idempotency_strategy or IdempotencyStrategy.FAIL
        is_over = present is None or present.status.is_terminal
        if self._gives_way(bound, present, origin) or (
            strategy is IdempotencyStrategy.FAIL_ON_RUNNING and is_over
        ):
            if self._home.keys.rebind(request.name, key, bound, fresh):
                return fresh, True
            return self._choose_id(request, fresh, origin)
        if strategy is IdempotencyStrategy.RETURN_EXISTING:
            return bound, False
        raise Conflict(
            f"Workflow {request.name} with idempotency key {key} already exists: "
            f"{bound}"
        )

    def _is_archived(self, workflow_id: str) -> bool:
        """Tell whether a workflow without a journal has had one."""
        row = self._home.index.find([workflow_id]).get(workflow_id)
        return row is not None and row.archived is not None
