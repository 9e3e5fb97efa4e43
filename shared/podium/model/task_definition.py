"""TaskDef: how a task type is retried, timed out and limited (reference 2.4)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from podium.model.conductor_json import Auditable, Integer, JsonMap, Long
from podium.model.schema import SchemaDef


class TimeoutPolicy(StrEnum):
    """What happens when a task is not done in time."""

    RETRY = "RETRY"
    TIME_OUT_WF = "TIME_OUT_WF"
    ALERT_ONLY = "ALERT_ONLY"


class RetryLogic(StrEnum):
    """How the delay before a retry grows (reference 4.4)."""

    FIXED = "FIXED"
    EXPONENTIAL_BACKOFF = "EXPONENTIAL_BACKOFF"
    LINEAR_BACKOFF = "LINEAR_BACKOFF"


class TaskDef(Auditable):
    """A task type as registered; its defaults are those of Conductor's class."""

    name: str = ""
    description: str | None = None
    retry_count: Integer = 3
    timeout_seconds: Long = 0
    input_keys: tuple[str, ...] = ()
    output_keys: tuple[str, ...] = ()
    runtime_metadata: tuple[str, ...] = ()
    timeout_policy: TimeoutPolicy = TimeoutPolicy.TIME_OUT_WF
    retry_logic: RetryLogic = RetryLogic.FIXED
    retry_delay_seconds: Integer = 60
    response_timeout_seconds: Long = 3600
    concurrent_exec_limit: Integer | None = None
    input_template: JsonMap = Field(default_factory=dict)
    rate_limit_per_frequency: Integer = 0
    rate_limit_frequency_in_seconds: Integer = 1
    isolation_group_id: str | None = None
    execution_name_space: str | None = None
    owner_email: str | None = None
    poll_timeout_seconds: Integer | None = None
    backoff_scale_factor: Integer = 1
    max_retry_delay_seconds: Integer = 0
    backoff_jitter_ms: Integer = 0
    base_type: str | None = None
    total_timeout_seconds: Long = 0
    task_status_listener_enabled: bool = True
    input_schema: SchemaDef | None = None
    output_schema: SchemaDef | None = None
    enforce_schema: bool = False
