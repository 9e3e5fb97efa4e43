"""Where the pieces meet: a home's adapters, the engine, and the nouns of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from podium.access.authentication import Authentication
from podium.ports import Home
from podium.service.archives import Archives
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
from podium.service.projector import Projector
from podium.service.retention import Retention
from podium.service.searching import Searching
from podium.service.snapshots import Snapshots
from podium.service.starting import Starter
from podium.service.synchronous import Synchronous
from podium.service.system_tasks import SystemTasks
from podium.service.tasks import Tasks
from podium.service.workflows import Workflows
from podium.tasks.addresses import ALL_BUT_METADATA, AddressPolicy
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
    archives: Archives
    retention: Retention
    projector: Projector
    authentication: Authentication | None


def build(
    home: Home,
    environment: Mapping[str, str] | None = None,
    *,
    http_policy: AddressPolicy = ALL_BUT_METADATA,
    http_longest: int = 0,
    token_lifetime: int | None = None,
    poll_hold: int = 0,
) -> Podium:
    """Put the service together over a home.

    ``environment`` is what ``${workflow.env.NAME}`` reads (reference 4.12), and
    ``http_policy`` says where HTTP tasks may connect to, ``http_longest`` how many
    milliseconds they may wait for an answer, 0 for as long as they ask for.  With a ``token_lifetime``
    there are tokens for access keys.  ``poll_hold`` is for how many milliseconds an
    empty poll is held at least.
    """
    snapshots = Snapshots(home.metadata)
    retention = Retention(home, snapshots)
    journals = Journals(home, retention)
    archives = Archives(home, journals, snapshots)
    finder = FactFinder(home, journals, snapshots, environment or {})
    projection = Projection(home, journals, snapshots)
    engine = Engine(home, journals, finder, projection, Dispatcher(home, journals))
    starter = Starter(home, engine, journals, snapshots)
    guard = Guard(home, engine, journals, retention)
    workflows = Workflows(home, engine, archives, snapshots)
    polling = Polling(home, journals, snapshots, poll_hold)
    tasks = Tasks(home, engine, journals, polling, archives)
    events = EventHandlers(home, starter, tasks)
    types: dict[str, SystemTask] = {
        "HTTP": HttpTask(http_policy, longest=http_longest),
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
        archives=archives,
        retention=retention,
        projector=Projector(home, journals, snapshots, projection, archives),
        authentication=_authentication(home, token_lifetime),
    )


def _authentication(home: Home, token_lifetime: int | None) -> Authentication | None:
    if token_lifetime is None:
        return None
    return Authentication(
        home.clock, home.applications, home.signing_keys, token_lifetime
    )
