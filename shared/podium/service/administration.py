"""What operators ask: how it is set up, what is pending, look again (reference 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from podium.decider.commands import Wake
from podium.model.task import TaskStatus
from podium.ports import Home
from podium.service.engine import Engine
from podium.service.execution_view import JsonObject
from podium.service.journals import Journals
from podium.service.messages import RunCommand, encode_message
from podium.service.task_search import TaskSearch

UPDATES = "decider"
"""The queue that a report on a task goes through where it cannot be taken at once."""


class Administration:
    """The API nouns ``admin`` and ``queue``, events apart.

    ``settings`` are those of the home, with no secret among them.
    """

    def __init__(
        self,
        home: Home,
        engine: Engine,
        journals: Journals,
        task_search: TaskSearch,
        settings: Mapping[str, Any],
    ) -> None:
        self._home = home
        self._engine = engine
        self._journals = journals
        self._task_search = task_search
        self._settings = settings

    def config(self) -> JsonObject:
        """Return the settings and the version."""
        return {
            **self._settings,
            "home": "embedded" if self._home.projects_inline else "aws",
            "version": version("podium"),
        }

    def pending(self, task_type: str, start: int, count: int) -> list[JsonObject]:
        """Return a page of the open tasks of a type, oldest first."""
        return self._task_search.pending(task_type, start, count)

    def requeue_sweep(self, workflow_id: str) -> str:
        """Have the decider look at a workflow once more, in its turn."""
        self._journals.load(workflow_id)
        message = encode_message(RunCommand(command=Wake()))
        self._home.commands.send(workflow_id, message)
        return f"true.{workflow_id}"

    def repair(self, workflow_id: str) -> bool:
        """Look at a workflow now; tell whether there was anything to be done for it.

        What is due is done, and what its state calls for is dispatched once more: a
        message that was there already does no harm.
        """
        before = self._journals.load(workflow_id)
        state = self._engine.run(workflow_id, Wake(), known=before).state
        sent = self._engine.redispatch(workflow_id, state)
        return sent > 0 or state.version != before.version

    def update_queues(self) -> dict[str, str]:
        """Return which queue takes reports of a status from outside (reference 1.5).

        Conductor has one for each; here all go to the decider's.
        """
        return {
            str(status): UPDATES for status in (TaskStatus.COMPLETED, TaskStatus.FAILED)
        }

    def update_queue_sizes(self) -> dict[str, int]:
        """Return how many commands wait for the decider."""
        return {UPDATES: self._home.commands.size()}
