"""``podium dev``: the whole service in one process (design 8).

On SQLite, or with ``--aws`` on an emulator of AWS.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import resource
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Protocol, TypeAlias

from podium.access.authentication import DEFAULT_LIFETIME
from podium.adapters.aws_clients import connect_from_environment
from podium.adapters.environment_secrets import EnvironmentSecrets
from podium.adapters.event_sinks import open_sinks
from podium.adapters.sqlite.home import SqliteHome, open_home
from podium.bootstrap import Podium, build
from podium.clock import SystemClock
from podium.errors import InvalidInput
from podium.eventing import Eventing
from podium.ports import ReceivedMessage
from podium.service.announcer import NOTIFICATIONS
from podium.settings import conductor_environment
from podium_functions.api import Api
from podium_functions.callers import anybody, by_token
from podium_local.event_pump import EventPump, event_sources
from podium_local.gateway import Gateway
from podium_local.healer import Healer
from podium_local.janitor import JanitorPump
from podium_local.options import Options
from podium_local.pages import refusal_of
from podium_local.pump import Pump, QueuePump
from podium_local.rounds import Rounds
from podium_local.server import build_server, listen

logger = logging.getLogger(__name__)

Beside: TypeAlias = Callable[[str], AbstractContextManager[object]]
"""What goes on beside the server, given its URL."""

MEMORY = ":memory:"
SWITCH_INTERVAL = 0.001
"""Seconds.  Python lets a busy thread run on for 5 ms while others wait, which is
longer than a whole decision takes."""
MAX_FILES = 10_240
"""Open files that are asked for; macOS grants a process no more."""
PUT_BACK_FOR = 5_000
"""Milliseconds until a message comes again whose handling met trouble."""
LOOK_FOR_FILE_EVERY = 2.0
"""Seconds from one look at whether the database's file is still there to the next."""
COLLECTION_THRESHOLDS = (20_000, 20, 50)
"""Nearly everything here is freed by its reference count; looking for cycles among all
cached states every few hundred requests is what the slowest of them would wait for."""


class LocalPodium(Protocol):
    """A home with everything that runs in it."""

    gateway: Gateway

    def start(self) -> None:
        """Take up what was left, and begin."""
        ...

    def request_stop(self) -> None:
        """Take up nothing more."""
        ...

    def stop(self) -> None:
        """Finish what is under way."""
        ...


class EmbeddedPodium:
    """The embedded home with everything that runs in it."""

    def __init__(self, options: Options, environment: Mapping[str, str]) -> None:
        clock = SystemClock()
        self._opened: SqliteHome = open_home(
            options.database,
            clock=clock,
            draw=secrets.randbits,
            full_sync=options.full_sync,
            retention_days=options.retention_days,
            secrets=EnvironmentSecrets(environment),
        )
        client = connect_from_environment(environment)
        sources = event_sources(client, environment)
        self.podium: Podium = build(
            self._opened.home,
            conductor_environment(environment),
            token_lifetime=DEFAULT_LIFETIME if options.asks_for_keys else None,
            settings=options.shown,
            eventing=Eventing(
                sinks=open_sinks(client),
                sources=sources,
                listeners=options.listeners,
                kafka_servers=environment.get("PODIUM_KAFKA_SERVERS") or None,
            ),
        )
        keys = self.podium.authentication
        api = Api(self.podium, identify=by_token(keys) if keys else anybody)
        self.gateway = Gateway(api.handle, clock, refusal_of(options))
        self._pumps: list[
            Pump | QueuePump[ReceivedMessage] | Rounds | EventPump | Healer
        ] = [
            Pump(self._opened, self.podium),
            QueuePump(
                self.podium.notifications, NOTIFICATIONS, put_back=self._put_back
            ),
            *(
                QueuePump(self.podium.system_tasks, one, put_back=self._put_back)
                for one in self.podium.system_tasks.types
            ),
            JanitorPump(self._opened, self.podium),
        ]
        self._pumps += [
            EventPump(self.podium.events, provider, source)
            for provider, source in sources.items()
        ]
        self._pumps += [
            Healer(self.podium.guard, self.podium.scheduler),
            Rounds("file", self._look_for_file, LOOK_FOR_FILE_EVERY),
        ]

    def start(self) -> None:
        """Take up what was left, and begin."""
        self._opened.release_in_flight()
        for pump in self._pumps:
            pump.start()

    def _look_for_file(self) -> bool:
        if self._opened.database.look_for_file():
            logger.error(
                "database_gone", extra={"database": self._opened.database.path}
            )
        return False

    def _put_back(self, queue: str, received: ReceivedMessage) -> None:
        """Have a message come again soon."""
        self._opened.queues.release(queue, [received.receipt], PUT_BACK_FOR)

    def request_stop(self) -> None:
        """Take up nothing more; held polls and waiting calls return what they have."""
        for pump in self._pumps:
            pump.request_stop()
        self._opened.signals.release_all()

    def stop(self) -> None:
        """Finish what is under way and close the database."""
        self.request_stop()
        for pump in self._pumps:
            pump.join()
        self.gateway.close()
        self._opened.close()


def run(options: Options, beside: Beside = nullcontext) -> None:
    """Serve until SIGINT or SIGTERM; ``beside`` is entered while the server runs."""
    _tune_python()
    _allow_many_connections()
    alone = _only_user_of(options.database) if options.aws is None else nullcontext()
    with alone, listen(options.host, options.port) as opened:
        local = _open(options)
        server = build_server(local.gateway)

        def stop(_signal: int, _frame: object) -> None:
            server.stop()
            local.request_stop()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        local.start()
        logger.info(
            "podium_listens", extra={"url": address_of(opened), **_home_of(options)}
        )
        try:
            with beside(address_of(opened)):
                server.run(sockets=[opened])
        finally:
            local.stop()
        logger.info("podium_stopped")


def _open(options: Options) -> LocalPodium:
    """Open the home that is wanted."""
    if options.aws is None:
        return EmbeddedPodium(options, os.environ)
    from podium_local.aws.podium import AwsPodium  # boto3 is for those who want it

    return AwsPodium(options.aws, options, os.environ)


def _home_of(options: Options) -> dict[str, str]:
    if options.aws is None:
        return {"database": options.database}
    return {"aws": options.aws, "stack": options.prefix}


def _tune_python() -> None:
    """Have Python serve many short requests, not one long computation."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.freeze()
    gc.set_threshold(*COLLECTION_THRESHOLDS)


def _allow_many_connections() -> None:
    """Use as many open files as the system grants: shells begin with 256 or 1,024.

    A connection is one, and who finds none left is turned away without a word.
    """
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if most == resource.RLIM_INFINITY else min(MAX_FILES, most)
    if granted != resource.RLIM_INFINITY and granted < wanted:
        with suppress(OSError, ValueError):  # a system may have a limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def address_of(opened: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = opened.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


@contextmanager
def _only_user_of(database: str) -> Iterator[None]:
    """Make the database's folder, and keep other servers off its file."""
    if database == MEMORY:
        yield
        return
    path = Path(database).resolve()  # a link is the file that it leads to
    if path.is_dir():
        raise InvalidInput(f"--db: {database!r} is a folder, expected a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if path.parent.name == ".podium" and not ignore.exists():
            ignore.write_text("*\n")
        lock = path.with_name(f"{path.name}.lock").open("w")
    except OSError as failure:
        raise InvalidInput(f"--db: cannot use {database}: {failure}") from failure
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InvalidInput(
                f"--db: {database} is in use by another podium dev"
            ) from None
        yield
