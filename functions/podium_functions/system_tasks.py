"""The system tasks' function: HTTP and EVENT, from a queue and an urgent lane each.

The tasks of a batch run side by side, for most of their time is waiting.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.sqs.names import NORMAL, URGENT, aws_name
from podium.adapters.sqs.task_queues import decode_task
from podium_functions.batches import Failures, Message, read_batch, settle
from podium_functions.runtime import Entrypoint, Event, Runtime

THREADS = 10


class SystemTasks:
    """Runs the tasks behind batches of messages."""

    def __init__(self, runtime: Runtime, threads: int = THREADS) -> None:
        settings = runtime.settings
        self._tasks = runtime.build().system_tasks
        self._types = {
            aws_name(settings.queue_prefix, task_type, lane): task_type
            for task_type in self._tasks.types
            for lane in (NORMAL, URGENT)
        }
        self._failures = Failures(runtime.aws.sqs, settings.commands_queue_url)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="system-task")

    def handle(self, event: Event, _context: LambdaContext) -> dict[str, Any]:
        """Run the tasks of one batch."""
        each = [[message] for message in read_batch(event)]
        failed = self._pool.map(partial(settle, self._run), each)
        return self._failures.answer([one for some in failed for one in some])

    def _run(self, messages: list[Message]) -> None:
        [message] = messages
        self._tasks.run(self._types[message.queue], decode_task(message.body))


handler = Entrypoint(lambda runtime: SystemTasks(runtime).handle)
