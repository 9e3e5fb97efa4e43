"""Calls that wait: execute, signal sync, update sync (reference 1.1 #3, 1.3, 2.10).

Embedded, the wait ends with a notification; on AWS the journal's tail is read again
with a growing pause.  Either way the answer at the time limit is the present state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from podium import ids
from podium.decider.state import TaskState, WorkflowState
from podium.decider.timeouts import open_tasks
from podium.errors import IllegalState, InvalidInput, NotFound, Unavailable
from podium.model.requests import StartWorkflowRequest, WorkflowStateUpdate
from podium.model.signal_response import WorkflowSignalReturnStrategy
from podium.model.task import TaskStatus
from podium.model.task_result import TaskResult
from podium.ports import Home
from podium.service.execution_view import JsonObject
from podium.service.journals import Journals
from podium.service.start_requests import marked_dynamic
from podium.service.starting import Starter
from podium.service.tasks import Tasks, find_open
from podium.service.workflows import Workflows

DEFAULT_WAIT = 10_000
MAX_WAIT = 29_000
_BLOCKING = ("WAIT", "HUMAN")
_Strategy = WorkflowSignalReturnStrategy


class Synchronous:
    """Starts or moves a workflow and waits for what comes of it."""

    def __init__(
        self,
        home: Home,
        journals: Journals,
        starter: Starter,
        workflows: Workflows,
        tasks: Tasks,
        max_wait: int = MAX_WAIT,
    ) -> None:
        self._home = home
        self._journals = journals
        self._starter = starter
        self._workflows = workflows
        self._tasks = tasks
        self._max_wait = max_wait

    def execute(
        self,
        request: StartWorkflowRequest,
        request_id: str,
        until: Collection[str],
        wait: int,
        strategy: WorkflowSignalReturnStrategy,
    ) -> JsonObject:
        """Start a workflow and wait until it has ended or one of the tasks is there.

        A task is there when it is terminal; a WAIT or HUMAN when it is open.
        """
        if request.workflow_def is not None and request.input is not None:
            marked = {"input": marked_dynamic(request.input)}
            request = request.model_copy(update=marked)
        workflow_id = self._starter.start(request)
        state = self._wait(
            workflow_id,
            lambda state: any(_is_there(state, ref) for ref in until),
            wait or DEFAULT_WAIT,
        )
        return self._respond(state, request_id, strategy)

    def execute_as_api(
        self, request: StartWorkflowRequest, until: Collection[str], wait: int
    ) -> JsonObject:
        """Start a workflow, wait as :meth:`execute` does, and return its output alone.

        It is ``{}`` where the workflow has not ended by then.
        """
        target = self.execute(request, "", until, wait, _Strategy.TARGET_WORKFLOW)
        output: JsonObject = target["output"]
        return output

    def update_state(
        self,
        workflow_id: str,
        update: WorkflowStateUpdate,
        request_id: str | None,
        until: Collection[str],
        wait: int,
    ) -> JsonObject:
        """Set variables and report on a task, and wait for what comes of it.

        The variables come first: what the task's end leads to finds them set.  Without
        references to wait for, the wait ends at the next open WAIT.
        """
        state = self._journals.load(workflow_id)
        report = self._report_of(state, update)
        if update.variables:
            self._workflows.set_variables(workflow_id, update.variables)
        if report is not None:
            self._tasks.update(report)
        target = self._wait(
            workflow_id,
            lambda state: (
                any(_is_there(state, ref) for ref in until)
                if until
                else self._tasks.find_blocking(state) is not None
            ),
            wait or DEFAULT_WAIT,
        )
        return self._respond(target, request_id, _Strategy.TARGET_WORKFLOW)

    def _report_of(
        self, state: WorkflowState, update: WorkflowStateUpdate
    ) -> TaskResult | None:
        """Return the report of an update, addressed to the open task that it names."""
        ref, result = update.task_reference_name, update.task_result
        if result is None:
            if ref:
                raise InvalidInput(f"taskResult: required for the task {ref}")
            return None
        if not ref:
            return result
        task = find_open(state, ref)
        if task is None:
            raise NotFound(
                f"Found no running task {ref} of workflow {state.workflow_id} to update"
            )
        address = {
            "workflow_instance_id": state.workflow_id,
            "task_id": ids.task_id(state.workflow_id, task.seq),
        }
        return result.model_copy(update=address)

    def signal(
        self,
        workflow_id: str,
        status: TaskStatus,
        output: Mapping[str, Any],
        strategy: WorkflowSignalReturnStrategy,
        wait: int,
    ) -> JsonObject:
        """Signal the blocking task and wait for the next one, or for the end."""
        signalled = self._tasks.signal(workflow_id, status, output)
        if signalled is None:
            raise NotFound(f"Found no blocked task in workflow {workflow_id} to signal")
        state = self._wait(
            workflow_id,
            lambda state: self._tasks.find_blocking(state) is not None,
            wait,
        )
        return self._respond(state, None, strategy)

    def update(
        self,
        workflow_id: str,
        ref: str,
        status: TaskStatus,
        output: Mapping[str, Any],
        worker_id: str | None,
    ) -> JsonObject:
        """Report on a task by its reference and return the workflow."""
        task_id = self._tasks.update_by_reference(
            workflow_id, ref, status, output, worker_id
        )
        if task_id is None:
            raise NotFound(
                f"Found no running task {ref} of workflow {workflow_id} to update"
            )
        return self._workflows.get(workflow_id)

    def _wait(
        self,
        workflow_id: str,
        is_there: Callable[[WorkflowState], bool],
        wait: int,
    ) -> WorkflowState:
        began = self._home.clock.now()
        deadline = began + min(wait, self._max_wait)
        while True:
            state = self._journals.load(workflow_id)
            if state.status.is_terminal or is_there(state):
                return state
            now = self._home.clock.now()
            left = deadline - now
            if left <= 0 or now < began:  # ... where somebody has set the clock back
                return state
            try:
                self._home.changes.wait(workflow_id, state.version, left)
            except Unavailable:
                # The home shuts down.  What was asked for has been done, so the
                # answer is what is known, not an error that invites to do it again.
                return state

    def _respond(
        self,
        target: WorkflowState,
        request_id: str | None,
        strategy: WorkflowSignalReturnStrategy,
    ) -> JsonObject:
        """Return the SignalResponse that the strategy asks for (reference 2.10)."""
        blocking = self._blocking(target)
        shown: JsonObject = {
            "responseType": str(strategy),
            "targetWorkflowId": target.workflow_id,
            "targetWorkflowStatus": str(target.status),
            "requestId": request_id,
            "signalTimeout": False,
        }
        if strategy is _Strategy.TARGET_WORKFLOW:
            shown |= self._run_of(target.workflow_id)
        elif strategy is _Strategy.BLOCKING_WORKFLOW:
            owner = blocking[0] if blocking else target
            shown |= self._run_of(owner.workflow_id)
        else:
            if blocking is None:
                raise IllegalState(
                    f"No blocking task found in workflow {target.workflow_id}"
                )
            shown |= self._run_of_task(*blocking)
        return {key: value for key, value in shown.items() if value is not None}

    def _blocking(self, state: WorkflowState) -> tuple[WorkflowState, TaskState] | None:
        """Return the deepest open task that keeps the workflow from going on."""
        tasks = sorted(open_tasks(state), key=lambda task: task.seq)
        for task in tasks:
            child = self._journals.find(task.sub_workflow_id or "")
            if child is not None and not child.status.is_terminal:
                return self._blocking(child)
        waiting = [task for task in tasks if task.type in _BLOCKING]
        for task in (*waiting, *(one for one in tasks if one.type != "JOIN")):
            return state, task
        return None

    def _run_of(self, workflow_id: str) -> JsonObject:
        shown = self._workflows.get(workflow_id)
        keys = (
            "workflowId",
            "correlationId",
            "input",
            "output",
            "priority",
            "variables",
            "tasks",
            "createdBy",
            "createTime",
            "status",
            "updateTime",
        )
        return {key: shown[key] for key in keys if key in shown}

    def _run_of_task(self, owner: WorkflowState, task: TaskState) -> JsonObject:
        view = self._workflows.view(owner.workflow_id)
        task_id = ids.task_id(owner.workflow_id, task.seq)
        shown = next(one for one in view.tasks() if one["taskId"] == task_id)
        return {
            "workflowId": owner.workflow_id,
            "correlationId": owner.correlation_id,
            "input": shown["inputData"],
            "output": shown["outputData"],
            "taskType": shown["taskType"],
            "taskId": shown["taskId"],
            "referenceTaskName": shown["referenceTaskName"],
            "retryCount": shown["retryCount"],
            "taskDefName": shown["taskDefName"],
            "workflowType": owner.name,
            "priority": owner.priority,
            "createTime": shown["scheduledTime"],
            "updateTime": shown["updateTime"],
            "status": shown["status"],
        }


def _is_there(state: WorkflowState, ref: str) -> bool:
    task = state.tasks.get(ref)
    if task is None:
        task = next((one for one in state.tasks.values() if one.full_ref == ref), None)
    if task is None:
        return False
    return task.status.is_terminal or task.type in _BLOCKING
