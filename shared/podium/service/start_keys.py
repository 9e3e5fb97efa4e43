"""Keys that a definition reads from a workflow that is asked for (reference 2.2, 4.11).

``rateLimitConfig`` and ``cacheConfig`` say of which start they speak by a text with
expressions.  Nothing has run yet: they may read the input and who is started.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from podium.decider.events import Remembering, WorkflowQuota
from podium.expressions.template import compile_template, java_string
from podium.model.workflow_definition import WorkflowDef


@dataclass(frozen=True, slots=True)
class Asked:
    """A workflow that is asked for: its definition, and what it is started with."""

    definition: WorkflowDef
    workflow_id: str
    correlation_id: str | None
    input: Mapping[str, Any]

    def quota(self) -> WorkflowQuota | None:
        """Return the limit that the workflow falls under, None where there is none."""
        config = self.definition.rate_limit_config
        if config is None or config.concurrent_exec_limit <= 0:
            return None
        key = self._read(config.rate_limit_key)
        return WorkflowQuota(key or self.definition.name, config.concurrent_exec_limit)

    def cache(self) -> Remembering | None:
        """Return under which key the workflow's output is remembered, if it is."""
        config = self.definition.cache_config
        if config is None or config.ttl_in_second <= 0:
            return None
        key = self._read(config.key)
        return Remembering(key, config.ttl_in_second) if key else None

    def _read(self, text: str | None) -> str:
        found = compile_template(text or "").resolve(_Started(self))
        return "" if found is None else java_string(found)


class _Started:
    """What a key may speak of (reference 4.12); the input's names are known bare."""

    def __init__(self, asked: Asked) -> None:
        self._input = {**asked.definition.input_template, **asked.input}
        self._workflow = {
            "input": self._input,
            "correlationId": asked.correlation_id,
            "workflowId": asked.workflow_id,
            "workflowType": asked.definition.name,
            "version": asked.definition.version,
        }

    def names(self) -> Collection[str]:
        """Return every name that a path may begin with."""
        return [*self._input, "workflow"]

    def lookup(self, name: str, field: str, key: str | None = None) -> Any:  # noqa: ARG002 - of the protocol
        """Return ``workflow.field``, or what the input has under the name."""
        if name == "workflow":
            return self._workflow.get(field)
        value = self._input.get(name)
        if not field:
            return value
        return value.get(field) if isinstance(value, dict) else None
