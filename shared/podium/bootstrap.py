"""Where the pieces meet: a home's adapters, the engine, and the nouns of the API."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from podium.access.authentication import Authentication
from podium.adapters.kafka import Kafka
from podium.eventing import NO_EVENTS, Eventing, EventSink
from podium.ports import Home
from podium.service.administration import Administration
from podium.service.announcer import Announcer
from podium.service.archives import Archives
from podium.service.bulk import Bulk
from podium.service.decider_queue import DeciderQueue
from podium.service.definitions import Definitions
from podium.service.dispatch import Dispatcher
from podium.service.dry_run import DryRuns, Stage
from podium.service.engine import Engine
from podium.service.environment import Environment
from podium.service.event_actions import EventActions
from podium.service.event_processing import EventProcessing
from podium.service.events import EventHandlers
from podium.service.external_payloads import ExternalPayloads
from podium.service.facts import FactFinder
from podium.service.guard import Guard
from podium.service.journals import Journals
from podium.service.launching import Launcher
from podium.service.notifications import Notifications
from podium.service.polling import Polling
from podium.service.projection import Projection
from podium.service.projector import Projector
from podium.service.queues import Queues
from podium.service.recovery import Recovery
from podium.service.retention import Retention
from podium.service.revivals import Revivals
from podium.service.scheduled_runs import ScheduledRuns
from podium.service.scheduler import Scheduler
from podium.service.searching import Searching
from podium.service.snapshots import Snapshots
from podium.service.starting import Starter
from podium.service.synchronous import Synchronous
from podium.service.system_tasks import SystemTasks
from podium.service.task_search import TaskSearch
from podium.service.tasks import Tasks
from podium.service.wait_queues import WaitQueues
from podium.service.workflow_messages import WorkflowMessages
from podium.service.workflows import Workflows
from podium.tasks.addresses import ALL_BUT_METADATA, AddressPolicy
from podium.tasks.contract import SystemTask
from podium.tasks.event import EventTask
from podium.tasks.http import HttpTask
from podium.tasks.kafka import KafkaSink, KafkaTask


@dataclass(frozen=True, slots=True)
class Podium:
    """The whole service over one home: what routes, functions and tests call."""

    definitions: Definitions
    events: EventHandlers
    wait_queues: WaitQueues
    starter: Starter
    workflows: Workflows
    recovery: Recovery
    searching: Searching
    tasks: Tasks
    polling: Polling
    synchronous: Synchronous
    decider_queue: DeciderQueue
    system_tasks: SystemTasks
    guard: Guard
    queues: Queues
    archives: Archives
    retention: Retention
    projector: Projector
    notifications: Notifications
    bulk: Bulk
    task_search: TaskSearch
    dry_runs: DryRuns
    administration: Administration
    environment: Environment
    messages: WorkflowMessages
    external_payloads: ExternalPayloads
    scheduler: Scheduler
    authentication: Authentication | None


def build(  # noqa: PLR0913 - each has a default, and one caller at most
    home: Home,
    environment: Mapping[str, str] | None = None,
    *,
    http_policy: AddressPolicy = ALL_BUT_METADATA,
    http_longest: int = 0,
    token_lifetime: int | None = None,
    poll_hold: int = 0,
    settings: Mapping[str, Any] | None = None,
    eventing: Eventing = NO_EVENTS,
) -> Podium:
    """Put the service together over a home.

    ``environment`` is what ``${workflow.env.NAME}`` reads (reference 4.12), and
    ``http_policy`` says where HTTP tasks may connect to, ``http_longest`` how many
    milliseconds they may wait for an answer, 0 for as long as they ask for.  With a
    ``token_lifetime`` there are tokens for access keys.  ``poll_hold`` is for how many
    milliseconds an empty poll is held at least.  ``settings`` are shown to whoever
    administers it: no secrets.  ``eventing`` is where events go to and come from.
    """
    snapshots = Snapshots(home.metadata)
    retention = Retention(home, snapshots)
    journals = Journals(home, retention)
    archives = Archives(home, journals, snapshots)
    finder = FactFinder(home, journals, snapshots, environment or {})
    projection = Projection(home, journals, snapshots)
    announcer = Announcer(home, snapshots, eventing.listeners)
    dispatcher = Dispatcher(home, journals)
    engine = Engine(home, journals, finder, projection, dispatcher, announcer)
    starter = Starter(home, engine, journals, snapshots)
    guard = Guard(home, engine, journals, retention)
    workflows = Workflows(home, engine, archives, snapshots)
    revivals = Revivals(home, engine, journals, archives, retention, guard)
    decider_queue = DeciderQueue(
        engine,
        journals,
        Launcher(engine, journals, starter, workflows),
        guard,
        revivals,
        ScheduledRuns(home, starter),
    )
    recovery = Recovery(home, engine, journals, snapshots, revivals, decider_queue)
    variables = Environment(home, environment)
    polling = Polling(home, journals, snapshots, poll_hold, variables)
    tasks = Tasks(home, engine, journals, polling, archives)
    wait_queues = WaitQueues(journals, tasks)
    processing = EventProcessing(home, EventActions(home, engine, starter, tasks))
    events = EventHandlers(home, processing, wait_queues, eventing)
    sinks, kafka = _sinks(eventing)
    listened = Notifications(
        home, journals, workflows, eventing.listeners, events.publish, sinks
    )
    task_search = TaskSearch(home, workflows)
    types: dict[str, SystemTask] = {
        "HTTP": HttpTask(http_policy, longest=http_longest),
        "EVENT": EventTask(events.publish, sinks),
        "KAFKA_PUBLISH": KafkaTask(kafka),
    }
    return Podium(
        definitions=Definitions(home),
        events=events,
        wait_queues=wait_queues,
        starter=starter,
        workflows=workflows,
        searching=Searching(home, workflows),
        tasks=tasks,
        polling=polling,
        synchronous=Synchronous(home, journals, starter, workflows, tasks),
        decider_queue=decider_queue,
        system_tasks=SystemTasks(home, engine, journals, types, variables),
        guard=guard,
        queues=Queues(home, engine, journals, guard),
        archives=archives,
        retention=retention,
        projector=Projector(home, journals, snapshots, projection, archives, announcer),
        notifications=listened,
        recovery=recovery,
        bulk=Bulk(home, workflows, recovery),
        task_search=task_search,
        dry_runs=DryRuns(home.clock, partial(_open_stage, home, environment)),
        administration=Administration(
            home, engine, journals, task_search, settings or {}
        ),
        environment=variables,
        messages=WorkflowMessages(home, engine),
        external_payloads=ExternalPayloads(home),
        scheduler=Scheduler(home),
        authentication=_authentication(home, token_lifetime),
    )


def _authentication(home: Home, token_lifetime: int | None) -> Authentication | None:
    if token_lifetime is None:
        return None
    return Authentication(
        home.clock, home.applications, home.signing_keys, token_lifetime
    )


def _sinks(eventing: Eventing) -> tuple[Mapping[str, EventSink], Kafka]:
    """Return the sinks that there are, and the client behind one of them."""
    kafka = Kafka()
    if eventing.kafka_servers is None:
        return eventing.sinks, kafka
    return {**eventing.sinks, "kafka": KafkaSink(kafka, eventing.kafka_servers)}, kafka


def _open_stage(
    home: Home, environment: Mapping[str, str] | None
) -> AbstractContextManager[Stage]:
    """Open the stage of a dry run; SQLite is loaded by who wants one."""
    from podium.stage import open_stage

    return open_stage(home, partial(build, environment=environment))
