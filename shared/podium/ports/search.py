"""Search rows and the index over them (design 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic.alias_generators import to_snake

from podium.search import WORKFLOW_FIELDS, Expression, SortKey
from podium.sinks import ArchivedAt


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """The search row of one workflow (reference 2.9); times in epoch milliseconds.

    ``version_seen`` is the journal version it was made from: an older row never
    replaces a newer one.  ``retention_days`` is what its definition says of how long
    its journal is kept, None where it leaves that to the deployment.  ``archived`` is
    where the archive has the workflow as of that version.
    """

    workflow_id: str
    version_seen: int
    workflow_type: str
    version: int
    status: str
    start_time: int
    update_time: int
    end_time: int = 0
    correlation_id: str | None = None
    input: str = "{}"
    output: str = "{}"
    reason_for_incompletion: str | None = None
    event: str | None = None
    failed_reference_task_names: str = ""
    failed_task_names: tuple[str, ...] = ()
    external_input_payload_storage_path: str | None = None
    external_output_payload_storage_path: str | None = None
    priority: int = 0
    created_by: str | None = None
    task_to_domain: Mapping[str, str] | None = None
    idempotency_key: str | None = None
    parent_workflow_id: str = ""
    classifier: str = "workflow"
    retention_days: int | None = None
    archived: ArchivedAt | None = None


ROW_ATTRIBUTES: Mapping[str, str] = {
    field: to_snake(field) for field in WORKFLOW_FIELDS if field != "executionTime"
}
"""Which attribute of a row answers a search field; one follows from two others."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of rows and the true total (reference 6.2)."""

    total: int
    rows: tuple[SummaryRow, ...]


class SearchIndex(Protocol):
    """Summary rows and the queries over them; may follow the journal by seconds."""

    def put(self, row: SummaryRow) -> None:
        """Store the row unless a newer one is there."""
        ...

    def delete(self, workflow_id: str) -> None:
        """Remove the row."""
        ...

    def find(self, workflow_ids: Sequence[str]) -> dict[str, SummaryRow]:
        """Return those of the rows that are there, by id, strongly consistent."""
        ...

    def search(
        self,
        query: Expression,
        free_text: str | None,
        sort: Sequence[SortKey],
        start: int,
        size: int,
    ) -> SearchPage:
        """Return rows ``start``..``start + size`` of those that match, and the total.

        Fields outside :data:`podium.search.WORKFLOW_FIELDS` match everything.
        Without a sort the newest start comes first.
        """
        ...

    def correlated(
        self, name: str, correlation_ids: Sequence[str], *, include_closed: bool
    ) -> list[SummaryRow]:
        """Return the rows of a workflow name with one of these correlation ids."""
        ...
