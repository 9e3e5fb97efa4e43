"""Starting what messages call for: children, apart workflows, failure workflows.

Every launch may come twice: a child's id is derived from its parent's task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from podium import ids
from podium.decider import commands as cmd
from podium.decider.children import child_of
from podium.decider.ending import failure_workflow_name
from podium.decider.events import EMPTY, WorkflowEnded
from podium.decider.state import TaskState, WorkflowState
from podium.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PodiumError,
    ValidationFailed,
)
from podium.model.requests import StartWorkflowRequest
from podium.model.task import TaskStatus
from podium.model.workflow import WorkflowStatus
from podium.service.engine import Engine
from podium.service.journals import Journals
from podium.service.start_requests import REQUEST_PATH, Origin, marked_dynamic
from podium.service.starting import Starter
from podium.service.workflows import Workflows


class Launcher:
    """Starts workflows for tasks, and tells both sides of each other."""

    def __init__(
        self,
        engine: Engine,
        journals: Journals,
        starter: Starter,
        workflows: Workflows,
    ) -> None:
        self._engine = engine
        self._journals = journals
        self._starter = starter
        self._workflows = workflows

    def begin(self, workflow_id: str, command: cmd.Start) -> None:
        """Start a workflow as a native client asked for it."""
        self._starter.begin(workflow_id, command)

    def launch(self, workflow_id: str, seq: int) -> None:
        """Start what a task of a workflow is to start, unless that is done."""
        state = self._journals.load(workflow_id)
        task = state.task_of(seq)
        if task is None or state.queued:
            return
        if task.status is not TaskStatus.SCHEDULED:
            self._end_unwanted_child(state, task)
            return
        inputs = self._journals.input_of(state, task)
        if task.type == "SUB_WORKFLOW":
            self._launch_child(state, task, inputs)
        else:
            self._launch_apart(state, task, inputs)

    def _end_unwanted_child(self, parent: WorkflowState, task: TaskState) -> None:
        """End a child whose launch its parent never came to know, and cannot use now.

        Whoever launched it died before he could tell, and the task ended meanwhile.
        """
        if task.type != "SUB_WORKFLOW" or task.is_open or task.sub_workflow_id:
            return
        child_id = child_of(parent, task)
        if self._journals.find(child_id) is not None:
            reason = f"Parent task has ended with status {task.status}"
            self._run(child_id, cmd.Terminate(reason=reason, run=0))

    def _launch_child(
        self, parent: WorkflowState, task: TaskState, inputs: dict[str, Any]
    ) -> None:
        """Start a SUB_WORKFLOW's child, then have the parent point to it (3.7)."""
        task_id = ids.task_id(parent.workflow_id, task.seq)
        child_id = child_of(parent, task)
        priority = inputs.get("priority")
        inline = inputs.get("subWorkflowDefinition")
        given = inputs.get("workflowInput") or inputs
        request = {
            "name": inputs.get("subWorkflowName"),
            "version": inputs.get("subWorkflowVersion"),
            "workflowDef": inline,
            "input": marked_dynamic(given) if inline else given,
            "correlationId": parent.correlation_id,
            "taskToDomain": inputs.get("subWorkflowTaskToDomain")
            or parent.task_to_domain,
            "priority": _number(priority),
            "idempotencyKey": inputs.get("idempotencyKey"),
            "idempotencyStrategy": inputs.get("idempotencyStrategy"),
        }
        origin = Origin(
            workflow_id=child_id,
            parent_id=parent.workflow_id,
            parent_task_id=task_id,
            reserves_key=True,
            earlier=self._earlier(parent, task) if request["idempotencyKey"] else (),
        )
        try:
            asked = StartWorkflowRequest.from_json(request)
            child_id = self._starter.start(asked, origin)
            follows = self._follow(parent, task_id, child_id)
        except PodiumError as failure:
            if failure.retryable:
                raise
            self._fail(parent, task, failure)
            return
        started = cmd.ChildStarted(
            seq=task.seq, child_id=child_id, delivery=task.delivery, follows=follows
        )
        after = self._engine.run(parent.workflow_id, started).state
        self._settle_with_child(after, task.seq, child_id)

    def _earlier(self, parent: WorkflowState, task: TaskState) -> frozenset[str]:
        """Return the earlier attempts at a task, and the children that those had.

        They may have the key that it wants.
        """
        if not (task.retry_count or task.delivery > 1 or parent.run):
            return frozenset()
        history = self._journals.history(parent.workflow_id)
        found = set[str]()
        for one in [*history.undone.values(), *history.records.values()]:
            scheduled = one.scheduled
            if (scheduled.ref, scheduled.iterations) != (task.ref, task.iterations):
                continue
            found.add(ids.task_id(parent.workflow_id, scheduled.seq))
            if one.sub_workflow_id and not one.follows:
                found.add(one.sub_workflow_id)
        return frozenset(found)

    def _follow(self, parent: WorkflowState, task_id: str, child_id: str) -> bool:
        """Have a workflow tell of its end that another has started (4.11).

        That is what RETURN_EXISTING comes to where a key is taken.  Tells whether it is
        one.
        """
        if child_id == parent.workflow_id:
            raise Conflict(f"Workflow {child_id} cannot wait for its own end")
        child = self._journals.find(child_id)
        if child is None:
            return True
        if child.parent_task_id == task_id:
            return False
        follow = cmd.Follow(parent_id=parent.workflow_id, parent_task_id=task_id)
        self._run(child_id, follow)
        return True

    def _settle_with_child(
        self, parent: WorkflowState, seq: int, child_id: str
    ) -> None:
        """Deal with a parent or a child that ended while the other was being told."""
        task = parent.task_of(seq)
        ended = self.child_ended(seq, child_id)
        if ended:
            self._engine.run_all(parent.workflow_id, ended)
        elif parent.status.is_terminal or task is None or not task.is_open:
            reason = f"Parent workflow has been terminated with status {parent.status}"
            by_task = ids.task_id(parent.workflow_id, seq)
            self._run(child_id, cmd.Terminate(reason=reason, by_task=by_task))

    def _launch_apart(
        self, state: WorkflowState, task: TaskState, inputs: dict[str, Any]
    ) -> None:
        """Start a START_WORKFLOW's workflow and complete the task (3.7)."""
        chosen = child_of(state, task)
        try:
            request = _start_request(state, inputs)
            origin = Origin(workflow_id=chosen, reserves_key=True)
            started = self._starter.start(request, origin)
        except PodiumError as failure:
            if failure.retryable:
                raise
            self._fail(state, task, failure)
            return
        done = cmd.UpdateTask(
            seq=task.seq,
            status=TaskStatus.COMPLETED,
            output=Raw(msgspec.json.encode({"workflowId": started})),
        )
        self._run(state.workflow_id, done)

    def _fail(self, state: WorkflowState, task: TaskState, why: PodiumError) -> None:
        failed = cmd.UpdateTask(
            seq=task.seq, status=TaskStatus.FAILED, reason=_explain(why)
        )
        self._run(state.workflow_id, failed)

    def launch_failure_workflow(self, workflow_id: str, failure_id: str) -> None:
        """Start the failure workflow with the failed one as its input (4.9)."""
        state = self._journals.load(workflow_id)
        view = self._workflows.view(workflow_id).whole()
        failed = view.workflow()
        definition = failed["workflowDefinition"]
        task = view.failed_task_id()
        request = {
            "name": failure_workflow_name(
                definition["failureWorkflow"], failed["input"]
            ),
            "version": definition.get("failureWorkflowVersion"),
            "input": {
                **failed["input"],
                "workflowId": workflow_id,
                "reason": state.reason,
                "failureStatus": str(state.status),
                **({"failureTaskId": task} if task else {}),
                "failedWorkflow": failed,
            },
            "correlationId": state.correlation_id,
            "taskToDomain": state.task_to_domain,
        }
        origin = Origin(workflow_id=failure_id, checks_input=False)
        self._starter.start(StartWorkflowRequest.from_json(request), origin)

    def _run(self, workflow_id: str, command: cmd.Command) -> None:
        self._engine.run_all(workflow_id, [command])

    # --- children --------------------------------------------------------------

    def child_ended(self, seq: int, child_id: str) -> list[cmd.Command]:
        """Return the command that a child's end is to its parent, if it has ended."""
        child = self._journals.find(child_id)
        if child is None:
            return self._archived_child(seq, child_id)
        if not child.status.is_terminal:
            return []
        ended = cmd.ChildEnded(
            seq=seq,
            child_id=child_id,
            workflow=f"{child.name}.{child.definition_version}",
            status=child.status,
            output=self._output_of(child),
            reason=child.reason,
            run=child.run,
        )
        return [ended]

    def _archived_child(self, seq: int, child_id: str) -> list[cmd.Command]:
        """Return the end of a workflow that only the archive has: an old key's."""
        try:
            view = self._workflows.view(child_id).whole()
        except NotFound:
            return []
        child = view.workflow(include_tasks=False)
        ended = cmd.ChildEnded(
            seq=seq,
            child_id=child_id,
            workflow=f"{child['workflowName']}.{child['workflowVersion']}",
            status=WorkflowStatus(child["status"]),
            output=Raw(msgspec.json.encode(child["output"])),
            reason=child.get("reasonForIncompletion"),
        )
        return [ended]

    def _output_of(self, child: WorkflowState) -> Raw:
        for event in self._journals.events(child.workflow_id, child.output_in):
            if isinstance(event, WorkflowEnded):
                return event.output
        return EMPTY


def _number(value: Any) -> int:
    """Return an explicit numeric priority; anything else is 0 (reference 3.7)."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if numeric else 0


def _start_request(
    state: WorkflowState, inputs: Mapping[str, Any]
) -> StartWorkflowRequest:
    """Return what a START_WORKFLOW asks for, with what it takes over (3.7)."""
    given = inputs.get("startWorkflow")
    if given is None:
        raise InvalidInput("Missing 'startWorkflow' in input data.")
    try:
        request = StartWorkflowRequest.from_json(given)
    except InvalidInput as failure:
        raise InvalidInput(
            f"Error reading StartWorkflowRequest. {failure.message}"
        ) from failure
    own = (request.correlation_id or "").strip()
    inherited = {
        "correlation_id": request.correlation_id if own else state.correlation_id,
        "task_to_domain": request.task_to_domain or state.task_to_domain,
    }
    return request.model_copy(update=inherited)


def _explain(failure: PodiumError) -> str:
    """Return why a workflow could not be started, finding by finding."""
    if not isinstance(failure, ValidationFailed):
        return failure.message
    details = "".join(
        f"'{finding.path.removeprefix(f'{REQUEST_PATH}.')}' -> {finding.message}. "
        for finding in failure.findings
    )
    return f"startWorkflow validation failed. {details}"
