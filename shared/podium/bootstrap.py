"""Where the pieces meet: a home's adapters, the engine, and the nouns of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from podium.ports import Home
from podium.service.decider_queue import DeciderQueue
from podium.service.definitions import Definitions
from podium.service.dispatch import Dispatcher
from podium.service.engine import Engine
from podium.service.events import EventHandlers
from podium.service.facts import FactFinder
from podium.service.guard import Guard
from podium.service.journals import Journals
from podium.service.polling import Polling
from podium.service.projection import Projection
from podium.service.searching import Searching
from podium.service.snapshots import Snapshots
from podium.service.starting import Starter
from podium.service.synchronous import Synchronous
from podium.service.system_tasks import SystemTasks
from podium.service.tasks import Tasks
from podium.service.workflows import Workflows
from podium.tasks.contract import SystemTask
from podium.tasks.event import EventTask
from podium.tasks.http import HttpTask


@dataclass(frozen=True, slots=True)
class Podium:
    """The whole service over one home: what routes, functions and tests call."""

    definitions: Definitions
    events: EventHandlers
    starter: Starter
    workflows: Workflows
    searching: Searching
    tasks: Tasks
    polling: Polling
    synchronous: Synchronous
    decider_queue: DeciderQueue
    system_tasks: SystemTasks
    guard: Guard


def build(home: Home, environment: Mapping[str, str] | None = None) -> Podium:
    """Put the service together over a home.

    ``environment`` is what ``${workflow.env.NAME}`` reads (reference 4.12).
    """
    journals = Journals(home)
    snapshots = Snapshots(home.metadata)
    finder = FactFinder(home, journals, snapshots, environment or {})
    projection = Projection(home, journals, snapshots)
    engine = Engine(home, journals, finder, projection, Dispatcher(home))
    starter = Starter(home, engine, journals, snapshots)
    guard = Guard(home, engine, journals)
    workflows = Workflows(home, engine, journals, snapshots)
    polling = Polling(home, journals, snapshots)
    tasks = Tasks(home, engine, journals, polling)
    events = EventHandlers(home, starter, tasks)
    types: dict[str, SystemTask] = {
        "HTTP": HttpTask(),
        "EVENT": EventTask(events.publish),
    }
    return Podium(
        definitions=Definitions(home),
        events=events,
        starter=starter,
        workflows=workflows,
        searching=Searching(home, workflows),
        tasks=tasks,
        polling=polling,
        synchronous=Synchronous(home, journals, starter, workflows, tasks),
        decider_queue=DeciderQueue(engine, journals, starter, workflows, guard),
        system_tasks=SystemTasks(home, engine, journals, types),
        guard=guard,
    )
