"""Finding workflows: search, running, correlated (reference 1.1, 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from podium.errors import InvalidInput, NotFound
from podium.model.workflow import WorkflowStatus, WorkflowSummary
from podium.ports import Home, SearchPage, SummaryRow
from podium.search import And, Comparison, Expression, parse_query, parse_sort
from podium.service.execution_view import JsonObject
from podium.service.parallel import map_each
from podium.service.workflows import Workflows

MAX_SIZE = 5_000


class Searching:
    """Queries over the search index."""

    def __init__(self, home: Home, workflows: Workflows) -> None:
        self._home = home
        self._workflows = workflows

    def search(  # noqa: PLR0913 - the query parameters of the route
        self,
        query: str | None,
        free_text: str | None,
        sort: str | None,
        start: int,
        size: int,
        *,
        classifier: str | None = None,
        top_level_only: bool = False,
    ) -> SearchPage:
        """Return a page of summary rows and the true total."""
        if size > MAX_SIZE:
            raise InvalidInput(
                f"Cannot return more than {MAX_SIZE} workflows. Please use pagination."
            )
        if start < 0 or size < 0:
            raise InvalidInput(f"start and size must not be negative: {start}, {size}")
        expression = parse_query(query or "")
        if classifier:
            expression = And((expression, _equals("classifier", classifier)))
        if top_level_only:
            expression = And((expression, _equals("parentWorkflowId", "")))
        text = free_text if free_text and free_text != "*" else None
        return self._home.index.search(
            expression, text, parse_sort(sort or ""), start, size
        )

    def summaries(self, page: SearchPage) -> JsonObject:
        """Return a page as SearchResult of WorkflowSummary."""
        return {
            "totalHits": page.total,
            "results": [summary_of(row).to_json() for row in page.rows],
        }

    def workflows(self, page: SearchPage) -> JsonObject:
        """Return a page as SearchResult of Workflow, without tasks (``search-v2``)."""
        show = partial(self._show, include_tasks=False)
        shown = map_each(self._home, show, page.rows)
        results = [found for found in shown if found is not None]
        return {"totalHits": page.total, "results": results}

    def _show(self, row: SummaryRow, *, include_tasks: bool) -> JsonObject | None:
        """Return the workflow of a row; None where it is gone by now."""
        try:
            return self._workflows.get(row.workflow_id, include_tasks=include_tasks)
        except NotFound:
            return None

    def running(
        self, name: str, version: int, start: int | None, end: int | None
    ) -> list[str]:
        """Return the ids that run, or with both times those started between them."""
        wanted: list[Expression] = [
            _equals("workflowType", name),
            _equals("version", str(version)),
        ]
        if start is not None and end is not None:
            wanted.append(Comparison("startTime", ">=", (str(start),)))
            wanted.append(Comparison("startTime", "<=", (str(end),)))
        else:
            wanted.append(_equals("status", WorkflowStatus.RUNNING))
        page = self._home.index.search(And(tuple(wanted)), None, (), 0, MAX_SIZE)
        return [row.workflow_id for row in page.rows]

    def correlated(
        self,
        name: str,
        correlation_ids: Sequence[str],
        *,
        include_closed: bool,
        include_tasks: bool,
    ) -> dict[str, list[JsonObject]]:
        """Return the workflows of a name by correlation id."""
        return self.correlated_of(
            [name],
            correlation_ids,
            include_closed=include_closed,
            include_tasks=include_tasks,
        )

    def correlated_of(
        self,
        names: Sequence[str],
        correlation_ids: Sequence[str],
        *,
        include_closed: bool,
        include_tasks: bool,
    ) -> dict[str, list[JsonObject]]:
        """Return the workflows of these names by correlation id, name after name."""
        found: dict[str, list[JsonObject]] = {one: [] for one in correlation_ids}
        rows = [
            row
            for name in dict.fromkeys(names)
            for row in self._home.index.correlated(
                name, correlation_ids, include_closed=include_closed
            )
        ]
        show = partial(self._show, include_tasks=include_tasks)
        for row, shown in zip(rows, map_each(self._home, show, rows), strict=True):
            if shown is not None:
                found[row.correlation_id or ""].append(shown)
        return found


def _equals(field: str, value: str) -> Comparison:
    return Comparison(field, "=", (str(value),))


def summary_of(row: SummaryRow) -> WorkflowSummary:
    """Return Conductor's WorkflowSummary of a row; times become ISO strings (2.9)."""
    ended = row.end_time or None
    return WorkflowSummary.model_construct(
        workflow_type=row.workflow_type,
        version=row.version,
        workflow_id=row.workflow_id,
        correlation_id=row.correlation_id,
        start_time=iso_time(row.start_time),
        update_time=iso_time(row.update_time),
        end_time=iso_time(row.end_time),
        status=WorkflowStatus(row.status),
        input=row.input,
        output=row.output,
        reason_for_incompletion=row.reason_for_incompletion,
        execution_time=(row.end_time - row.start_time) if ended else 0,
        event=row.event,
        failed_reference_task_names=row.failed_reference_task_names,
        external_input_payload_storage_path=row.external_input_payload_storage_path,
        external_output_payload_storage_path=row.external_output_payload_storage_path,
        priority=row.priority,
        failed_task_names=row.failed_task_names,
        created_by=row.created_by,
        task_to_domain=dict(row.task_to_domain or {}),
        idempotency_key=row.idempotency_key,
        parent_workflow_id=row.parent_workflow_id,
        classifier=row.classifier,
    )


def iso_time(milliseconds: int) -> str | None:
    """Return a time as summaries show it, None for 0: not yet (reference 2.9)."""
    if not milliseconds:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"
