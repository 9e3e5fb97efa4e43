"""A deployment in one process: its functions, and what calls them."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from podium.adapters.aws_clients import connect
from podium.adapters.aws_home import open_aws_home
from podium.adapters.sqs.event_source import SqsEventSource
from podium.clock import SystemClock
from podium.errors import Unavailable
from podium.settings import AccessMode, AwsSettings
from podium_functions import projector
from podium_functions.control_api import open_control_api
from podium_functions.decider import Decider
from podium_functions.runtime import Runtime
from podium_functions.sweeper import Sweeper
from podium_functions.system_tasks import SystemTasks
from podium_local.aws.data import provide_data
from podium_local.aws.endpoint import Endpoint
from podium_local.aws.functions import Batch, Function, QueueSource
from podium_local.aws.stream import TableStream
from podium_local.event_pump import EventPump
from podium_local.gateway import Gateway
from podium_local.options import Options
from podium_local.pages import refusal_of
from podium_local.pump import QueuePump
from podium_local.rounds import Rounds
from podium_local.stack import settings_of

logger = logging.getLogger(__name__)

DECIDES: Final = {"CommandsQueueArn": 4, "TimersQueueArn": 2, "GuardsQueueArn": 1}
"""The queues of the decider's function, and how many of their batches go at once."""
RUNS_TASKS: Final = {
    "HttpQueueArn": 8,
    "UrgentHttpQueueArn": 8,
    "EventQueueArn": 2,
    "UrgentEventQueueArn": 2,
    "NotificationsQueueArn": 2,
}
"""The same of the system tasks' function."""

DECIDER_HIDES, TASKS_HIDE = 10, 180
"""Seconds for which a received message is hidden.  What a killed process had received
comes again after them, and of a workflow's commands none before.  A decision that takes
longer is made twice, which does no harm; a task's message has to outlast its lease.
"""
SWEEP_EVERY = 60.0
FOLLOW_EVERY = 0.5

_ANY_SINK = ("arn:*:sqs:*:*:*", "arn:*:sns:*:*:*", "arn:*:events:*:*:*")
_ANY_NETWORK = ("0.0.0.0/0", "::/0")


class AwsPodium:
    """The AWS home with everything that runs in it."""

    def __init__(
        self, url: str, options: Options, environment: Mapping[str, str]
    ) -> None:
        endpoint = Endpoint.parse(url, environment)
        outputs = provide_data(endpoint, options.prefix)
        settings = _settings(endpoint, outputs, options, environment)
        clients = connect(settings, endpoint.session())
        clock = SystemClock()
        aws = open_aws_home(
            settings, clock=clock, draw=secrets.randbits, clients=clients
        )
        events = SqsEventSource(clients.of)
        runtime = Runtime(aws, settings, environment, {"sqs": events})
        self.gateway = Gateway(open_control_api(runtime), clock, refusal_of(options))
        self._podium = runtime.build()
        project = Function("projector", partial(projector.make, runtime))
        self._stream = TableStream(
            clients, settings.bucket, outputs["WorkflowsStream"], project
        )
        sweep = Function("sweeper", lambda: Sweeper(runtime).handle)
        self._pumps: list[QueuePump[Batch] | Rounds | EventPump] = [
            *_queue_pumps(runtime, clients.sqs, outputs),
            Rounds("projector", self._follow, FOLLOW_EVERY),
            Rounds("sweeper", _once(sweep), SWEEP_EVERY),
            EventPump(self._podium.events, "sqs", events),
        ]
        self._healer: threading.Thread | None = None

    def start(self) -> None:
        """Take up what was left, and begin."""
        for pump in self._pumps:
            pump.start()

    def _follow(self) -> bool:
        """Follow the journals; once all is known of them, see to what was left."""
        is_behind = self._stream.follow()
        if not is_behind and self._healer is None:
            heal = threading.Thread(target=self._heal, name="guard", daemon=True)
            self._healer = heal
            heal.start()
        return is_behind

    def _heal(self) -> None:
        """Look once at all that runs: what a killed process had received is hidden.

        Without it guards would, within a minute.
        """
        try:
            count = self._podium.guard.look_at_all()
        except Unavailable as failure:
            logger.warning("guard_leaves_it", extra={"reason": failure.message})
        else:
            if count:
                logger.info("workflows_taken_up", extra={"count": count})

    def request_stop(self) -> None:
        """Take up nothing more."""
        for pump in self._pumps:
            pump.request_stop()

    def stop(self) -> None:
        """Finish what is under way; who waits for an answer gets it."""
        self.request_stop()
        for pump in self._pumps:
            pump.join()
        self.gateway.close()


def _settings(
    endpoint: Endpoint,
    outputs: Mapping[str, str],
    options: Options,
    environment: Mapping[str, str],
) -> AwsSettings:
    """Return the settings of a deployment in which a developer may do everything."""
    return settings_of(
        outputs,
        endpoint.region,
        endpoint.url,
        access_mode=AccessMode.KEYS if options.asks_for_keys else AccessMode.OPEN,
        retention_days=options.retention_days,
        workflow_webhook=options.workflow_webhook,
        task_webhook=options.task_webhook,
        status_queue=options.status_queue,
        kafka_servers=environment.get("PODIUM_KAFKA_SERVERS"),
        event_sinks=_ANY_SINK,
        http_allowed_networks=_ANY_NETWORK,
    )


def _queue_pumps(
    runtime: Runtime, client: Any, outputs: Mapping[str, str]
) -> Iterator[QueuePump[Batch]]:
    """Yield what works off the queues of the functions that have some."""
    base_url = runtime.settings.commands_queue_url.rpartition("/")[0]
    base_arn = outputs["CommandsQueueArn"].rpartition(":")[0]
    decide = Function("decider", lambda: Decider(runtime).handle)
    run_tasks = Function("system-tasks", lambda: SystemTasks(runtime).handle)
    for function, queues, hides in (
        (decide, DECIDES, DECIDER_HIDES),
        (run_tasks, RUNS_TASKS, TASKS_HIDE),
    ):
        source = QueueSource(
            client, runtime.aws.sqs, base_url, base_arn, function, hides
        )
        for output, at_once in queues.items():
            yield QueuePump(source, outputs[output].rpartition(":")[2], at_once)


def _once(function: Function) -> Callable[[], bool]:
    """Return what calls a function of a schedule: once a round."""

    def work() -> bool:
        function({})
        return False

    return work
