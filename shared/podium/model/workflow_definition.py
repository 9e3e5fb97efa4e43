"""WorkflowDef: a workflow as its author wrote it (reference 2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import (
    Auditable,
    ConductorModel,
    Integer,
    JsonMap,
    Long,
)
from podium.model.schema import SchemaDef
from podium.model.workflow_task import (
    CacheConfig,
    IdempotencyStrategy,
    SubWorkflowParams,
    WorkflowTask,
)

__all__ = [
    "CacheConfig",
    "IdempotencyStrategy",
    "RateLimitConfig",
    "RateLimitPolicy",
    "SchemaDef",
    "WorkflowDef",
    "WorkflowTimeoutPolicy",
]


class WorkflowTimeoutPolicy(StrEnum):
    """What happens when a workflow is not done in time."""

    ALERT_ONLY = "ALERT_ONLY"
    TIME_OUT_WF = "TIME_OUT_WF"


class RateLimitPolicy(StrEnum):
    """What happens to a start beyond the limit."""

    QUEUE = "QUEUE"
    REJECT = "REJECT"


class RateLimitConfig(ConductorModel):
    """How many workflows with the same key may run at once (reference 2.5)."""

    rate_limit_key: str | None = None
    concurrent_exec_limit: int = 0
    policy: RateLimitPolicy = RateLimitPolicy.QUEUE


class WorkflowDef(Auditable):
    """A workflow definition; its defaults are those of Conductor's class."""

    name: str = ""
    description: str | None = None
    version: Integer = 1
    tasks: tuple[WorkflowTask, ...] = ()
    input_parameters: tuple[str, ...] = ()
    output_parameters: JsonMap = Field(default_factory=dict)
    failure_workflow: str | None = None
    schema_version: Integer = 2
    restartable: bool = True
    workflow_status_listener_enabled: bool = False
    owner_email: str | None = None
    timeout_policy: WorkflowTimeoutPolicy = WorkflowTimeoutPolicy.ALERT_ONLY
    timeout_seconds: Long = 0
    variables: JsonMap = Field(default_factory=dict)
    input_template: JsonMap = Field(default_factory=dict)
    failure_workflow_version: Integer | None = None
    workflow_status_listener_sink: str | None = None
    rate_limit_config: RateLimitConfig | None = None
    input_schema: SchemaDef | None = None
    output_schema: SchemaDef | None = None
    enforce_schema: bool = True
    metadata: JsonMap = Field(default_factory=dict)
    cache_config: CacheConfig | None = None
    masked_fields: tuple[str, ...] = ()

    def collect_tasks(self) -> Iterator[WorkflowTask]:
        """Yield every task of the definition, nested ones after what holds them."""
        for task in self.tasks:
            yield from task.collect()

    @property
    def classifier(self) -> str:
        """What kind of workflow this is: its own word, ``agent`` or ``workflow``."""
        own = self.metadata.get("classifier")
        if isinstance(own, str) and own.strip():
            return own
        stamps = (self.metadata.get("agent_sdk"), self.metadata.get("agentDef"))
        if stamps != (None, None):
            return "agent"
        return "workflow"


_names = {"WorkflowDef": WorkflowDef}
SubWorkflowParams.model_rebuild(_types_namespace=_names)
WorkflowTask.model_rebuild(force=True)
WorkflowDef.model_rebuild(force=True)
