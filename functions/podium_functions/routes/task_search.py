"""Finding tasks, and workflows by their tasks (reference 1.1, 1.3, 6)."""

from __future__ import annotations

from podium.bootstrap import Podium
from podium.service.execution_view import JsonObject
from podium.service.task_search import Question, summary_of_task
from podium_functions.endpoint import Routes

routes = Routes("Task search", "/api")


@routes.get("/tasks/search")
def search(
    podium: Podium,
    *,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    free_text: str = "*",
    query: str | None = None,
) -> JsonObject:
    """Find tasks; the answer has their summaries."""
    question = Question.parse(query, free_text, sort)
    page = podium.task_search.tasks(question, start, size)
    results = [summary_of_task(task) for task in page.tasks]
    return {"totalHits": page.total, "results": results}


@routes.get("/tasks/search-v2")
def search_v2(
    podium: Podium,
    *,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    free_text: str = "*",
    query: str | None = None,
) -> JsonObject:
    """Find tasks; the answer has the tasks themselves."""
    question = Question.parse(query, free_text, sort)
    page = podium.task_search.tasks(question, start, size)
    return {"totalHits": page.total, "results": page.tasks}


@routes.get("/workflow/search-by-tasks")
def search_workflows(
    podium: Podium,
    *,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    free_text: str = "*",
    query: str | None = None,
) -> JsonObject:
    """Find workflows by their tasks; the answer has their summaries."""
    question = Question.parse(query, free_text, sort)
    page = podium.task_search.workflows(question, start, size)
    return podium.searching.summaries(page)


@routes.get("/workflow/search-by-tasks-v2")
def search_workflows_v2(
    podium: Podium,
    *,
    start: int = 0,
    size: int = 100,
    sort: str | None = None,
    free_text: str = "*",
    query: str | None = None,
) -> JsonObject:
    """Find workflows by their tasks; the answer has them, without their tasks."""
    question = Question.parse(query, free_text, sort)
    page = podium.task_search.workflows(question, start, size)
    return podium.searching.workflows(page)
