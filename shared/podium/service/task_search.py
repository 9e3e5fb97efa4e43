"""Finding tasks, and workflows by their tasks (reference 1.1, 1.3, 6.1).

The search index narrows down the workflows (:mod:`podium.service.task_candidates`);
then the tasks of each are read from its journal, or from the archive.  That is work per
workflow, so a query that leaves too many of them is refused with a word on how to
narrow it, rather than answered in part.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, TypeAlias

from podium import ids
from podium.errors import InvalidInput, NotFound
from podium.expressions.template import java_string
from podium.model.task import TaskStatus, TaskSummary
from podium.ports import Home, SearchPage, SummaryRow
from podium.search import (
    TASK_FIELDS,
    And,
    Comparison,
    Expression,
    Kind,
    Or,
    SortKey,
    matches,
    matches_wildcards,
    parse_query,
    parse_sort,
)
from podium.service.execution_view import JsonObject
from podium.service.parallel import PATIENCE, map_each
from podium.service.projection import SUMMARY_LIMIT
from podium.service.searching import iso_time
from podium.service.task_candidates import candidates_of
from podium.service.workflows import Workflows

logger = logging.getLogger(__name__)

MOST_WORKFLOWS = 5_000
"""How many workflows one query may look into."""
_WORTH_A_WORD = 100
_NEWEST_FIRST = (SortKey("scheduledTime", descending=True),)
_HOW_TO_NARROW = (
    "Narrow the query by workflowType, correlationId, workflowId or taskId, by open "
    "tasks (status IN (SCHEDULED, IN_PROGRESS)) or by time (startTime > ...)."
)
_Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each task."""

    query: Expression
    free_text: str | None
    order: tuple[SortKey, ...]

    @classmethod
    def parse(
        cls, query: str | None, free_text: str | None, sort: str | None
    ) -> Question:
        """Read the parameters of the routes; fields that are not known are ignored."""
        return cls(
            parse_query(query or "", TASK_FIELDS),
            free_text if free_text and free_text != "*" else None,
            parse_sort(sort or "", TASK_FIELDS) or _NEWEST_FIRST,
        )

    def is_met_by(self, values: _Values) -> bool:
        """Tell whether a task is asked for."""
        if not matches(self.query, values, TASK_FIELDS):
            return False
        if self.free_text is None:
            return True
        pattern = f"*{self.free_text}*"
        texts = (values[field] for field in _TEXTS)
        return any(matches_wildcards(pattern, str(one)) for one in texts if one)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that have to be known to answer."""
        asked = {*_fields(self.query), *(key.field for key in self.order)}
        return frozenset(asked | set(_TEXTS) if self.free_text else asked)


@dataclass(frozen=True, slots=True)
class _Hit:
    """A task that was found, with what it is sorted by."""

    task_id: str
    row: SummaryRow
    values: _Values


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of tasks, as they are shown, and the true total."""

    total: int
    tasks: tuple[JsonObject, ...]


class TaskSearch:
    """Queries over tasks."""

    def __init__(self, home: Home, workflows: Workflows) -> None:
        self._home = home
        self._workflows = workflows

    def tasks(self, question: Question, start: int, size: int) -> TaskPage:
        """Return tasks ``start``..``start + size`` of those that are asked for."""
        hits = self._find(question, start, size)
        return TaskPage(len(hits), tuple(self._show(hits[start : start + size])))

    def workflows(self, question: Question, start: int, size: int) -> SearchPage:
        """Return the workflows that have such a task, each once."""
        hits = self._find(question, start, size)
        rows = list({hit.row.workflow_id: hit.row for hit in hits}.values())
        return SearchPage(len(rows), tuple(rows[start : start + size]))

    def pending(self, task_type: str, start: int, count: int) -> list[JsonObject]:
        """Return open tasks of a type or a definition's name, oldest first."""
        of_type = (
            Comparison("taskType", "=", (task_type,)),
            Comparison("taskDefName", "=", (task_type,)),
        )
        is_open = Comparison("status", "IN", ("SCHEDULED", "IN_PROGRESS"))
        oldest_first = (SortKey("scheduledTime"),)
        question = Question(And((Or(of_type), is_open)), None, oldest_first)
        return list(self.tasks(question, start, count).tasks)

    # --- looking ---------------------------------------------------------------

    def _find(self, question: Question, start: int, size: int) -> list[_Hit]:
        """Return all that is asked for, in order."""
        if start < 0 or size < 0:
            raise InvalidInput(f"start and size must not be negative: {start}, {size}")
        rows = self._candidates(question.query)
        deadline = self._home.clock.now() + PATIENCE
        look = partial(self._look_into, question, question.fields, deadline)
        found = [hit for hits in map_each(self._home, look, rows) for hit in hits]
        if len(rows) >= _WORTH_A_WORD:
            logger.info(
                "search_scanned", extra={"looked_at": len(rows), "found": len(found)}
            )
        return _sorted(found, question.order)

    def _candidates(self, query: Expression) -> Sequence[SummaryRow]:
        """Return the workflows to look into, newest first."""
        asked = candidates_of(query)
        page = self._home.index.search(asked, None, (), 0, MOST_WORKFLOWS)
        if page.total > MOST_WORKFLOWS:
            raise InvalidInput(
                f"The tasks of {page.total} workflows would have to be looked at, and "
                f"{MOST_WORKFLOWS} may be. {_HOW_TO_NARROW}"
            )
        return page.rows

    def _look_into(
        self,
        question: Question,
        fields: frozenset[str],
        deadline: int,
        row: SummaryRow,
    ) -> list[_Hit]:
        if self._home.clock.now() >= deadline:
            raise InvalidInput(
                f"The search took more than {PATIENCE // 1000} s. {_HOW_TO_NARROW}"
            )
        hits = []
        for task in self._tasks_of(row.workflow_id):
            values = {field: _VALUES[field](task) for field in fields}
            if question.is_met_by(values):
                kept = {key.field: values[key.field] for key in question.order}
                hits.append(_Hit(task["taskId"], row, kept))
        return hits

    def _tasks_of(self, workflow_id: str) -> list[JsonObject]:
        try:
            return self._workflows.view(workflow_id).tasks()
        except NotFound:
            return []  # removed since the index was asked

    def _show(self, hits: Iterable[_Hit]) -> Iterable[JsonObject]:
        """Yield the tasks behind hits; one of a workflow that is gone is left out."""
        known: dict[str, dict[str, JsonObject]] = {}
        for hit in hits:
            owner = ids.workflow_of(hit.task_id)
            if owner not in known:
                known[owner] = {one["taskId"]: one for one in self._tasks_of(owner)}
            if hit.task_id in known[owner]:
                yield known[owner][hit.task_id]


def _fields(query: Expression) -> Iterable[str]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _fields(part)
        case Comparison(field) if field in TASK_FIELDS:
            yield field


def _sorted(hits: Sequence[_Hit], order: Sequence[SortKey]) -> list[_Hit]:
    """Return the hits in an order; what is equal in it comes in that of their ids.

    What is not there sorts before everything, as it does in SQL.
    """
    is_newest_first = tuple(order) == _NEWEST_FIRST
    found = sorted(hits, key=lambda hit: hit.task_id, reverse=is_newest_first)
    for key in reversed(order):
        found.sort(key=partial(_rank, key.field), reverse=key.descending)
    return found


def _rank(field: str, hit: _Hit) -> tuple[bool, Any]:
    value = hit.values[field]
    return value is not None, value


# --- the values of a task ----------------------------------------------------------


def _execution_time(task: JsonObject) -> int:
    ended: int = task["endTime"]
    return ended - int(task["startTime"]) if ended else 0


def _text_of(name: str) -> Callable[[JsonObject], str]:
    return lambda task: java_string(task[name])


def _optional(name: str) -> Callable[[JsonObject], Any]:
    return lambda task: task.get(name)


_VALUES: Mapping[str, Callable[[JsonObject], Any]] = {
    **{field: _optional(field) for field in TASK_FIELDS},
    "executionTime": _execution_time,
    "input": _text_of("inputData"),
    "output": _text_of("outputData"),
    "workflowId": itemgetter("workflowInstanceId"),
}
_TEXTS = tuple(field for field, kind in TASK_FIELDS.items() if kind is Kind.TEXT)


def summary_of_task(task: JsonObject) -> TaskSummary:
    """Return Conductor's TaskSummary of a task; times become ISO strings (2.9)."""
    return TaskSummary.model_construct(
        workflow_id=task["workflowInstanceId"],
        workflow_type=task["workflowType"],
        correlation_id=task.get("correlationId"),
        scheduled_time=iso_time(task["scheduledTime"]),
        start_time=iso_time(task["startTime"]),
        update_time=iso_time(task["updateTime"]),
        end_time=iso_time(task["endTime"]),
        status=TaskStatus(task["status"]),
        reason_for_incompletion=task.get("reasonForIncompletion"),
        execution_time=_execution_time(task),
        queue_wait_time=task["queueWaitTime"],
        task_def_name=task["taskDefName"],
        task_type=task["taskType"],
        input=java_string(task["inputData"])[:SUMMARY_LIMIT],
        output=java_string(task["outputData"])[:SUMMARY_LIMIT],
        task_id=task["taskId"],
        external_output_payload_storage_path=task.get(
            "externalOutputPayloadStoragePath"
        ),
        workflow_priority=task["workflowPriority"],
        domain=task.get("domain"),
    )
