"""WorkflowTask: one step of a definition, and what may stand inside it (2.3, 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, Field, field_validator, model_validator

from podium.model.conductor_json import ConductorModel, JsonMap
from podium.model.task_definition import TaskDef

if TYPE_CHECKING:
    from podium.model.workflow_definition import WorkflowDef


class IdempotencyStrategy(StrEnum):
    """What a start with an idempotency key that is taken does (reference 2.5)."""

    FAIL = "FAIL"
    RETURN_EXISTING = "RETURN_EXISTING"
    FAIL_ON_RUNNING = "FAIL_ON_RUNNING"


class JoinMode(StrEnum):
    """Whether a JOIN is evaluated at once or by its queue."""

    SYNC = "SYNC"
    ASYNC = "ASYNC"


class CacheConfig(ConductorModel):
    """Under which key, and for how long, a task's output may be reused."""

    key: str | None = None
    ttl_in_second: int = 0


class StateChangeEvent(ConductorModel):
    """An event to publish when a task changes its status."""

    type: str = ""
    payload: JsonMap | None = Field(default=None)


class SubWorkflowParams(ConductorModel):
    """Which workflow a SUB_WORKFLOW task starts (reference 2.5).

    ``workflow_definition`` is a definition, or an expression that gives one.  Where an
    inline definition stands without ``name`` and ``version``, they are its own.
    """

    name: str | None = None
    version: int | None = None
    task_to_domain: dict[str, str] | None = Field(default=None)
    workflow_definition: WorkflowDef | str | None = Field(
        default=None, union_mode="left_to_right"
    )
    idempotency_key: str | None = None
    idempotency_strategy: IdempotencyStrategy | None = None
    priority: Any = None

    @field_validator("workflow_definition", mode="before")
    @classmethod
    def _refuse_other_strings(cls, value: Any) -> Any:
        if isinstance(value, str):
            if not (value.startswith("${") and value.endswith("}")):
                message = "workflowDefinition is a string, but not a valid DSL string"
                raise ValueError(message)
        elif isinstance(value, (bool, int, float, list)):
            # ValueError on purpose: pydantic turns a TypeError into a crash.
            message = (
                "workflowDefinition must be either null, or WorkflowDef, "
                "or a valid DSL string"
            )
            raise ValueError(message)  # noqa: TRY004
        return value

    @model_validator(mode="before")
    @classmethod
    def _take_name_from_definition(cls, data: Any) -> Any:
        if isinstance(data, dict):
            inline = data.get("workflowDefinition")
            if isinstance(inline, dict):
                own = {"name": inline.get("name"), "version": inline.get("version", 1)}
                given = {key: data[key] for key in data if data[key] is not None}
                return own | given
        return data


class WorkflowTask(ConductorModel):
    """A step of a workflow definition; ``type`` is free text, SIMPLE by default."""

    name: str = ""
    task_reference_name: str = ""
    description: str | None = None
    input_parameters: JsonMap = Field(default_factory=dict)
    type: str = Field(
        default="SIMPLE",
        validation_alias=AliasChoices("type", "workflowTaskType"),
        serialization_alias="type",
    )
    dynamic_task_name_param: str | None = None
    case_value_param: str | None = None
    case_expression: str | None = None
    script_expression: str | None = None
    decision_cases: dict[str, tuple[WorkflowTask, ...]] = Field(default_factory=dict)
    dynamic_fork_join_tasks_param: str | None = None
    dynamic_fork_tasks_param: str | None = None
    dynamic_fork_tasks_input_param_name: str | None = None
    default_case: tuple[WorkflowTask, ...] = ()
    fork_tasks: tuple[tuple[WorkflowTask, ...], ...] = ()
    start_delay: int = 0
    sub_workflow_param: SubWorkflowParams | None = None
    join_on: tuple[str, ...] = ()
    sink: str | None = None
    optional: bool = False
    task_definition: TaskDef | None = None
    rate_limited: bool | None = None
    default_exclusive_join_task: tuple[str, ...] = ()
    async_complete: bool = False
    loop_condition: str | None = None
    loop_over: tuple[WorkflowTask, ...] = ()
    items: str | list[Any] | None = None
    retry_count: int | None = None
    evaluator_type: str | None = None
    expression: str | None = None
    on_state_change: dict[str, tuple[StateChangeEvent, ...]] = Field(
        default_factory=dict
    )
    join_status: str | None = None
    cache_config: CacheConfig | None = None
    permissive: bool = False
    join_mode: JoinMode | None = None
    metadata: JsonMap = Field(default_factory=dict)

    def children(self) -> Sequence[tuple[WorkflowTask, ...]]:
        """Return the sequences that stand inside this task, by its type."""
        match self.type:
            case "DECISION" | "SWITCH":
                return (*self.decision_cases.values(), self.default_case)
            case "FORK_JOIN":
                return self.fork_tasks
            case "DO_WHILE":
                return (self.loop_over,)
            case _:
                return ()

    def collect(self) -> Iterator[WorkflowTask]:
        """Yield this task and all tasks inside it, in the order of the definition."""
        yield self
        for sequence in self.children():
            for task in sequence:
                yield from task.collect()
