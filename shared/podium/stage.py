"""The stage of a dry run: SQLite in memory, definitions borrowed from the real home.

It is made for one request and thrown away with it, on Lambda as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from podium.adapters.sqlite.database import Database
from podium.adapters.sqlite.home import IN_MEMORY, open_home
from podium.adapters.sqlite.metadata import SqliteMetadata
from podium.adapters.sqlite.timers import ArmedTimer
from podium.clock import ManualClock
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.ports import Home, Metadata
from podium.secret_store import Secrets
from podium.service.dry_run import Stage

if TYPE_CHECKING:
    from podium.bootstrap import Podium


VEIL = "***"


class _Borrowed(SqliteMetadata):
    """Definitions of the real home; what a running workflow points to is the stage's.

    Whatever else metadata are asked for the stage answers, where there is nothing.
    """

    def __init__(self, database: Database, real: Metadata) -> None:
        super().__init__(database)
        self._real = real

    def find_workflow(self, name: str, version: int | None) -> WorkflowDef | None:
        """Return that version, or the highest one, of the real home."""
        return self._real.find_workflow(name, version)

    def find_task(self, name: str) -> TaskDef | None:
        """Return the real home's task definition of that name."""
        return self._real.find_task(name)

    def find_tasks(self, names: Collection[str]) -> dict[str, TaskDef]:
        """Return those of the real home's task definitions that there are."""
        return self._real.find_tasks(names)


class _Veiled:
    """The secrets of the real home, whose values are :data:`VEIL`.

    Whoever may try out workflows sees what they compute, and is not to read secrets.
    """

    def __init__(self, real: Secrets) -> None:
        self._real = real

    def names(self) -> list[str]:
        """Return the names of all secrets."""
        return self._real.names()

    def find(self, names: Collection[str]) -> Mapping[str, str]:
        """Return the veil for each that there is."""
        return dict.fromkeys(self._real.find(names), VEIL)


@contextmanager
def open_stage(real: Home, build: Callable[[Home], Podium]) -> Iterator[Stage]:
    """Open a stage at the real home's time and clear it away afterwards."""
    clock = ManualClock(real.clock.now())
    opened = open_home(IN_MEMORY, clock=clock, draw=real.draw)
    try:
        borrowed = _Borrowed(opened.database, real.metadata)
        secrets = _Veiled(real.secrets)
        home = replace(opened.home, metadata=borrowed, secrets=secrets)
        podium = build(home)
        yield Stage(
            home=home,
            clock=clock,
            starter=podium.starter,
            tasks=podium.tasks,
            workflows=podium.workflows,
            decider_queue=podium.decider_queue,
            receive=lambda: opened.commands.receive(1),
            delete=opened.commands.delete,
            fired=lambda: opened.timers.due(clock.now(), 1),
            done=lambda timer: opened.timers.done(
                [ArmedTimer(timer.due, timer.workflow_id)]
            ),
            next_due=opened.timers.next_due,
        )
    finally:
        opened.close()
