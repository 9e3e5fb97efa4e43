"""The native worker process: long polls of SQS in place of a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from podium.service.native import NativeWorkers
from podium_sdk.native.deployment import open_native_workers
from podium_sdk.native.task_client import LONGEST_WAIT, NativeTaskClient
from podium_sdk.runner import Runner
from podium_sdk.settings import RunnerSettings
from podium_sdk.timing import Timing
from podium_sdk.worker import WorkerTask


class NativeRunner(Runner):
    """A runner whose tasks come from their queues.

    The deployment is the one that the environment's variables name, unless one is
    given.  An empty receive is held for ``longest_wait`` seconds, which is also how
    long a stop may have to wait; a worker's ``poll_timeout`` is a server's matter.

    A task that has just been scheduled is begun without a lease: its message in flight
    stands for it.  SQS may deliver a message twice at the same moment, rarely; with
    ``strict_leases`` that does no harm, and each task costs a read and a write more.
    """

    def __init__(
        self,
        workers: Sequence[WorkerTask[..., Any]],
        settings: RunnerSettings | None = None,
        deployment: NativeWorkers | None = None,
        timing: Timing | None = None,
        *,
        longest_wait: float = LONGEST_WAIT,
        strict_leases: bool = False,
    ) -> None:
        client = NativeTaskClient(
            deployment or open_native_workers(),
            longest_wait,
            timing,
            strict_leases=strict_leases,
        )
        super().__init__(client, workers, settings, timing)
