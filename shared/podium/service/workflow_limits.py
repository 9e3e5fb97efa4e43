"""How many workflows of a key may run at once: ``rateLimitConfig`` (2.5, 4.11).

Conductor keeps the field and does nothing about it.  Here a workflow beyond the limit
is refused (``REJECT``), or begins as queued (``QUEUE``): it has its id and is RUNNING,
``rateLimited`` says why nothing happens, and it goes on as soon as another of the key
has ended, first come first served within a priority.

The key is one for all definitions: whose limits are to be their own has its name in it.
Without a key it is the definition's name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from podium.decider.commands import Admit
from podium.decider.events import WorkflowQuota
from podium.decider.state import WorkflowState
from podium.expressions.template import compile_template, java_string
from podium.limits import Waiter
from podium.model.workflow_definition import WorkflowDef
from podium.ports import Home
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.slots import LOOKED_AFTER_EVERY, Slots


class WorkflowLimits:
    """Admits workflows."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._holders = _Workflows(home, journals)
        self._slots = Slots(home, self._holders)

    def enter(self, quota: WorkflowQuota, workflow_id: str) -> bool:
        """Take a slot for a workflow that is about to start; False: there is none."""
        holder = _holder(workflow_id, 0)
        waiter = Waiter(_limit(quota), holder, quota.concurrent, 0)
        return self._slots.take_now(waiter, LOOKED_AFTER_EVERY)

    def stand_in_line(self, state: WorkflowState, quota: WorkflowQuota) -> None:
        """Have a queued workflow wait for its slot, or admit it where it has one."""
        waiter = Waiter(
            limit=_limit(quota),
            holder=_holder(state.workflow_id, state.run),
            most=quota.concurrent,
            since=state.created_at,
            priority=state.priority,
        )
        if self._slots.take(waiter, LOOKED_AFTER_EVERY):
            self._holders.call(waiter)

    def free(self, state: WorkflowState, quota: WorkflowQuota) -> None:
        """Give back the slot of a workflow that has ended; twice is once."""
        holder = _holder(state.workflow_id, state.run)
        self._slots.free(_limit(quota), [holder])


class _Workflows:
    """The workflows that have slots, or wait for them."""

    def __init__(self, home: Home, journals: Journals) -> None:
        self._home = home
        self._journals = journals

    def is_held(self, holder: str) -> bool:
        """Tell whether a workflow is there and has not ended.

        One that has a slot and was not told of it is told again.
        """
        state = self._find(holder)
        if state is not None and state.queued:
            self._admit(holder)
        return state is not None

    def is_waiting(self, waiter: Waiter) -> bool:
        """Tell whether a workflow is still queued."""
        state = self._find(waiter.holder)
        return state is not None and state.queued

    def _find(self, holder: str) -> WorkflowState | None:
        """Return the workflow if the run is its present one and has not ended."""
        workflow_id, run = _read(holder)
        state = self._journals.find(workflow_id)
        if state is None or state.status.is_terminal or state.run != run:
            return None
        return state

    def call(self, waiter: Waiter) -> None:
        """Have the workflow run."""
        self._admit(waiter.holder)

    def _admit(self, holder: str) -> None:
        workflow_id, run = _read(holder)
        message = encode_message(RunCommand(command=Admit(run=run)))
        self._home.commands.send(workflow_id, message)


def _limit(quota: WorkflowQuota) -> str:
    return f"workflow/{quota.key}"


def _holder(workflow_id: str, run: int) -> str:
    """Return what a run of a workflow is called as the holder of a slot.

    One that was brought back takes another slot, whatever becomes of the first.
    """
    return f"{workflow_id}/{run}"


def _read(holder: str) -> tuple[str, int]:
    workflow_id, _, run = holder.partition("/")
    return workflow_id, int(run)


# --- keys --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Started:
    """What a key may speak of: the workflow as it is asked for (reference 4.12)."""

    fields: Mapping[str, Any]

    def names(self) -> Collection[str]:
        """Return every name that a path may begin with."""
        return ["workflow"]

    def lookup(self, name: str, field: str, key: str | None = None) -> Any:  # noqa: ARG002 - of the protocol
        """Return ``workflow.field``."""
        return self.fields.get(field) if name == "workflow" else None


def quota_of(
    definition: WorkflowDef,
    workflow_id: str,
    correlation_id: str | None,
    workflow_input: Mapping[str, Any],
) -> WorkflowQuota | None:
    """Return the limit that a workflow falls under, None where there is none."""
    config = definition.rate_limit_config
    if config is None or config.concurrent_exec_limit <= 0:
        return None
    started = _Started(
        {
            "input": {**definition.input_template, **workflow_input},
            "correlationId": correlation_id,
            "workflowId": workflow_id,
            "workflowType": definition.name,
            "version": definition.version,
        }
    )
    key = compile_template(config.rate_limit_key or "").resolve(started)
    return WorkflowQuota(
        java_string(key) if key else definition.name, config.concurrent_exec_limit
    )
