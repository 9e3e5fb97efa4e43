"""The system tasks' function: what is published or called for a workflow.

It has the queues of HTTP and of EVENT, with an urgent lane each, and that of
notifications.  The messages of a batch are handled side by side, for most of their time
is waiting.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.sqs.names import NORMAL, aws_name
from podium.adapters.sqs.task_queues import decode_task
from podium.ports import TaskMessage
from podium.service.announcer import NOTIFICATIONS
from podium.service.notifications import Postponed
from podium_functions.batches import Failures, Message, read_batch, settle
from podium_functions.runtime import Entrypoint, Event, Runtime

THREADS = 10


class SystemTasks:
    """Handles what batches of messages are about."""

    def __init__(self, runtime: Runtime, threads: int = THREADS) -> None:
        settings = runtime.settings
        podium = runtime.build()
        self._tasks = podium.system_tasks
        self._notifications = podium.notifications
        self._queues = runtime.aws.home.queues
        self._told = aws_name(settings.queue_prefix, NOTIFICATIONS, NORMAL)
        self._failures = Failures(runtime.aws.sqs, settings.commands_queue_url)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="system-task")

    def handle(self, event: Event, _context: LambdaContext) -> dict[str, Any]:
        """Handle one batch, of one queue."""
        each = [[message] for message in read_batch(event)]
        failed = self._pool.map(partial(settle, self._run), each)
        return self._failures.answer([one for some in failed for one in some])

    def _run(self, messages: list[Message]) -> None:
        [message] = messages
        found = decode_task(message.body)
        if message.queue == self._told:
            self._tell(found)
        else:
            self._tasks.run(found)

    def _tell(self, message: TaskMessage) -> None:
        """Tell what an entry has to tell, now or later.

        A listener may be away for longer than the tries of a message last, so what is
        told later is another message.
        """
        try:
            self._notifications.run(message)
        except Postponed as later:
            again = replace(message, delay=later.pause)
            self._queues.send(NOTIFICATIONS, [again])


handler = Entrypoint(lambda runtime: SystemTasks(runtime).handle)
