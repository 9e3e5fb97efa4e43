"""The AWS home: every port over DynamoDB, SQS and S3, and what is swept each minute."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from podium.adapters.aws_clients import AwsClients, Pause, connect
from podium.adapters.dynamodb.access import DynamoApplications, DynamoSigningKeys
from podium.adapters.dynamodb.changes import DynamoChanges
from podium.adapters.dynamodb.executions import DynamoEventExecutions
from podium.adapters.dynamodb.idempotency import DynamoIdempotencyKeys
from podium.adapters.dynamodb.index import DynamoSearchIndex
from podium.adapters.dynamodb.journal import DynamoJournal
from podium.adapters.dynamodb.leases import DynamoLeases
from podium.adapters.dynamodb.limits import DynamoLimits
from podium.adapters.dynamodb.logs import DynamoTaskLogs
from podium.adapters.dynamodb.metadata import DynamoMetadata
from podium.adapters.dynamodb.newcomers import Newcomers
from podium.adapters.dynamodb.outputs import DynamoOutputCache
from podium.adapters.dynamodb.polls import DynamoPolls
from podium.adapters.dynamodb.queue_registry import QueueRegistry
from podium.adapters.dynamodb.records import DynamoRecords
from podium.adapters.dynamodb.schedules import DynamoSchedules
from podium.adapters.dynamodb.table import Table
from podium.adapters.dynamodb.timer_table import TimerTable
from podium.adapters.event_bus import EventBusStatusEvents
from podium.adapters.event_sinks import open_sinks
from podium.adapters.parameter_store import ParameterStoreSecrets
from podium.adapters.s3 import S3Links, S3Payloads
from podium.adapters.s3_archive import S3Archive
from podium.adapters.sqs.client import Sqs
from podium.adapters.sqs.commands import SqsCommandQueue
from podium.adapters.sqs.task_queues import SqsTaskQueues
from podium.adapters.sqs.timers import AwsTimers
from podium.clock import Clock
from podium.eventing import EventSink
from podium.ports import Home
from podium.settings import AwsSettings
from podium.sinks import NoStatusEvents, StatusEvents

_NEVER = threading.Event()


GUARD_AFTER = 60_000
"""Milliseconds until somebody looks whether a decision was carried out (design 5)."""
MAX_CONFLICTS = 3
"""Each lost append is billed; in the decider's queue commands wait for their turn."""


@dataclass(frozen=True, slots=True)
class AwsHome:
    """The ports (``home``), timers and new rows with their sweeps, SQS, and the sinks.

    A function whose messages Lambda receives for it gives them back through ``sqs``.
    """

    home: Home
    timers: AwsTimers
    newcomers: Newcomers
    sqs: Sqs
    sinks: Mapping[str, EventSink]


def open_aws_home(
    settings: AwsSettings,
    *,
    clock: Clock,
    draw: Callable[[int], int],
    clients: AwsClients | None = None,
    pause: Pause = _NEVER.wait,
) -> AwsHome:
    """Open the home of a deployment; nothing is asked of AWS before it is needed.

    ``clients`` are made from the settings where none are given.  ``pause`` lets seconds
    pass where something has to be waited for.
    """
    made = clients or connect(settings)

    def table(name: str) -> Table:
        return Table(made.dynamodb, name, draw, pause)

    workflows, catalog = table(settings.workflows_table), table(settings.catalog_table)
    sqs = Sqs(made.sqs, pause)
    payloads = S3Payloads(made.s3, settings.bucket)
    journal = DynamoJournal(workflows, clock)
    timer_table = TimerTable(table(settings.timers_table), settings.timer_shards)
    timers = AwsTimers(
        sqs, settings.timers_queue_url, settings.guards_queue_url, timer_table, clock
    )
    queues = SqsTaskQueues(
        sqs,
        QueueRegistry(catalog),
        clock,
        pause,
        settings.queue_prefix,
        settings.timers_queue_url,
    )
    newcomers = Newcomers(
        workflows, settings.index_shards, clock, settings.requests_at_once
    )
    home = Home(
        clock=clock,
        draw=draw,
        atomic=nullcontext,
        journal=journal,
        leases=DynamoLeases(workflows),
        queues=queues,
        limits=DynamoLimits(catalog),
        commands=SqsCommandQueue(sqs, settings.commands_queue_url, payloads, draw),
        timers=timers,
        metadata=DynamoMetadata(catalog, clock, settings.definitions_kept),
        index=DynamoSearchIndex(
            workflows,
            newcomers,
            settings.index_shards,
            settings.search_retention_days,
            settings.retention_days,
        ),
        payloads=payloads,
        payload_links=S3Links(made.s3, settings.bucket),
        logs=DynamoTaskLogs(workflows, clock, draw),
        polls=DynamoPolls(catalog, settings.polls_every),
        keys=DynamoIdempotencyKeys(catalog),
        outputs=DynamoOutputCache(catalog),
        changes=DynamoChanges(journal, pause),
        applications=DynamoApplications(catalog),
        signing_keys=DynamoSigningKeys(catalog),
        schedules=DynamoSchedules(catalog),
        records=DynamoRecords(workflows, clock),
        archive=S3Archive(made.s3, settings.bucket),
        status_events=_status_events(made, settings),
        executions=DynamoEventExecutions(catalog),
        secrets=ParameterStoreSecrets(
            lambda: made.of("ssm"), settings.secrets_path, clock
        ),
        retention_days=settings.retention_days,
        guard_after=GUARD_AFTER,
        projects_inline=False,
        max_conflicts=MAX_CONFLICTS,
        requests_at_once=settings.requests_at_once,
        offers_travel=True,
    )
    sinks = open_sinks(made.of, settings.event_sink_patterns)
    return AwsHome(home, timers, newcomers, sqs, sinks)


def _status_events(clients: AwsClients, settings: AwsSettings) -> StatusEvents:
    if clients.events is None or settings.event_bus is None:
        return NoStatusEvents()
    return EventBusStatusEvents(
        clients.events, settings.event_bus, hears_of_tasks=settings.task_events
    )
