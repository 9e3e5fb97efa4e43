"""EventHandler: what to do when an event comes, and what was done (reference 2.11)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import ConductorModel, JsonMap


class ActionType(StrEnum):
    """What an action does."""

    START_WORKFLOW = "start_workflow"
    COMPLETE_TASK = "complete_task"
    FAIL_TASK = "fail_task"
    TERMINATE_WORKFLOW = "terminate_workflow"
    UPDATE_WORKFLOW_VARIABLES = "update_workflow_variables"
    START_AGENT = "start_agent"


class StartWorkflow(ConductorModel):
    """Which workflow to start; its input may refer to the event."""

    name: str | None = None
    version: int | None = None
    correlation_id: str | None = None
    input: JsonMap = Field(default_factory=dict)
    task_to_domain: dict[str, str] | None = Field(default=None)


class TaskDetails(ConductorModel):
    """Which task to complete or fail: by workflow and reference name, or by id."""

    workflow_id: str | None = None
    task_ref_name: str | None = None
    output: JsonMap = Field(default_factory=dict)
    task_id: str | None = None
    reason_for_incompletion: str | None = None


class TerminateWorkflow(ConductorModel):
    """Which workflow to terminate, and why."""

    workflow_id: str | None = None
    termination_reason: str | None = None


class UpdateWorkflowVariables(ConductorModel):
    """Which workflow's variables to set, appending to lists where asked to."""

    workflow_id: str | None = None
    variables: JsonMap | None = Field(default=None)
    append_array: bool | None = None


class StartAgent(ConductorModel):
    """Which agent to start, with what prompt."""

    name: str | None = None
    version: int | None = None
    prompt: str | None = None
    session_id: str | None = None
    media: tuple[str, ...] | None = Field(default=None)
    context: JsonMap | None = Field(default=None)
    idempotency_key: str | None = None


class Action(ConductorModel):
    """One thing to do; its details stand under the action's own name."""

    action: ActionType | None = None
    start_workflow: StartWorkflow | None = Field(default=None, alias="start_workflow")
    complete_task: TaskDetails | None = Field(default=None, alias="complete_task")
    fail_task: TaskDetails | None = Field(default=None, alias="fail_task")
    terminate_workflow: TerminateWorkflow | None = Field(
        default=None, alias="terminate_workflow"
    )
    update_workflow_variables: UpdateWorkflowVariables | None = Field(
        default=None, alias="update_workflow_variables"
    )
    start_agent: StartAgent | None = Field(default=None, alias="start_agent")
    expand_inline_json: bool = Field(default=False, alias="expandInlineJSON")


class EventHandler(ConductorModel):
    """Runs its actions for each event of its name that meets its condition."""

    name: str = ""
    event: str = ""
    condition: str | None = None
    actions: tuple[Action, ...] = ()
    active: bool = False
    evaluator_type: str | None = None


class HandledEvent(ConductorModel):
    """A handler in short: what it listens to, and how much it does."""

    name: str = ""
    event: str = ""
    active: bool = False
    number_of_actions: int = 0


class EventExecutionStatus(StrEnum):
    """How far an action of a handler got."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class EventExecution(ConductorModel):
    """The record of one action run for one event."""

    id: str = ""
    message_id: str = ""
    name: str = ""
    event: str = ""
    created: int = 0
    status: EventExecutionStatus = EventExecutionStatus.IN_PROGRESS
    action: ActionType | None = None
    output: JsonMap = Field(default_factory=dict)
