"""The search row of a workflow, made from its state (reference 2.9, design 7).

Embedded, the row is written in the transaction of the decision; on AWS the projector
makes it from the journal's stream.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from podium.decider import events as ev
from podium.decider.state import WorkflowState
from podium.decider.turn import given_by
from podium.expressions.template import java_string
from podium.model.workflow_definition import WorkflowDef
from podium.ports import Home, SummaryRow
from podium.service.journals import Journals
from podium.service.masking import mask
from podium.service.retention import retention_days
from podium.service.snapshots import Snapshots

SUMMARY_LIMIT = 4_000
"""Characters of input and output that a row keeps: it is for finding."""

SHOWN_IN_ROW = (
    ev.WorkflowStarted,
    ev.WorkflowPaused,
    ev.WorkflowResumed,
    ev.WorkflowRestarted,
    ev.WorkflowReopened,
    ev.WorkflowEnded,
)


class Projection:
    """Keeps the search index in step with the journal."""

    def __init__(self, home: Home, journals: Journals, snapshots: Snapshots) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots

    def follow(self, state: WorkflowState, events: Iterable[ev.Event]) -> None:
        """Write the row if one of these events shows in it."""
        if any(isinstance(event, SHOWN_IN_ROW) for event in events):
            self._home.index.put(self.row(state))

    def row(self, state: WorkflowState) -> SummaryRow:
        """Return the search row of a workflow."""
        definition = self._snapshots.load(state.definition).source
        return row_of(state, definition, self._input(state), self._output(state))

    def _input(self, state: WorkflowState) -> msgspec.Raw:
        if state.input or state.input_path is not None:
            return state.input or ev.EMPTY
        return given_by(self._journals.events(state.workflow_id, state.input_in))

    def _output(self, state: WorkflowState) -> msgspec.Raw:
        if not state.output_in:
            return ev.EMPTY
        return next(
            event.output
            for event in self._journals.events(state.workflow_id, state.output_in)
            if isinstance(event, ev.WorkflowEnded)
        )


def row_of(
    state: WorkflowState,
    definition: WorkflowDef,
    given: msgspec.Raw,
    output: msgspec.Raw,
) -> SummaryRow:
    """Return the search row of a workflow with what it was given and what it gave."""
    return SummaryRow(
        workflow_id=state.workflow_id,
        version_seen=state.version,
        workflow_type=state.name,
        version=state.definition_version,
        status=str(state.status),
        start_time=state.created_at,
        update_time=state.updated_at,
        end_time=state.ended_at,
        correlation_id=state.correlation_id,
        input=_text(given, definition.masked_fields),
        output=_text(output, definition.masked_fields),
        reason_for_incompletion=state.reason,
        event=state.event,
        failed_reference_task_names=",".join(state.failed_refs),
        failed_task_names=state.failed_names,
        external_input_payload_storage_path=state.input_path,
        priority=state.priority,
        created_by=state.created_by,
        task_to_domain=state.task_to_domain or None,
        idempotency_key=state.idempotency_key,
        parent_workflow_id=state.parent_id or "",
        classifier=definition.classifier,
        retention_days=retention_days(definition.metadata),
    )


def _text(payload: msgspec.Raw, masked: Collection[str]) -> str:
    shown = mask(msgspec.json.decode(payload), masked)
    return java_string(shown)[:SUMMARY_LIMIT]
