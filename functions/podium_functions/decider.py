"""The decider's function: commands from ``decider.fifo``, and timers that fired.

Workflows are handled side by side, the messages of one together and in order.  What
they have for workers is sent together once all of them stand.  What fails comes again
with all that comes after it in its workflow; after five tries it is put aside, and the
workflow goes on without it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.sqs.commands import decode_command
from podium.adapters.sqs.timers import decode_timer
from podium_functions.batches import Failures, Message, grouped, read_batch, settle
from podium_functions.runtime import Entrypoint, Event, Runtime

THREADS = 8


class Decider:
    """Handles batches of all its queues; a batch is of one of them."""

    def __init__(self, runtime: Runtime, threads: int = THREADS) -> None:
        settings = runtime.settings
        self._queue = runtime.build().decider_queue
        self._payloads = runtime.aws.home.payloads
        self._failures = Failures(runtime.aws.sqs, settings.commands_queue_url)
        timers = (settings.timers_queue_url, settings.guards_queue_url)
        self._timers = {url.rpartition("/")[2] for url in timers}
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="decider")

    def handle(self, event: Event, _context: LambdaContext) -> dict[str, Any]:
        """Handle one batch."""
        messages = read_batch(event)
        work = self._wake if messages[0].queue in self._timers else self._decide
        workflows = grouped(messages, _workflow_of)
        with self._queue.together() as gathering:
            settled = self._pool.map(partial(settle, work), workflows.values())
            failed = dict(zip(workflows, settled, strict=True))
        # A child's that was started on the way is its guard's matter.
        for workflow_id in gathering.unsent & workflows.keys():
            failed[workflow_id] = workflows[workflow_id]
        return self._failures.answer([one for some in failed.values() for one in some])

    def _decide(self, messages: list[Message]) -> None:
        found = [decode_command(one.body, self._payloads) for one in messages]
        self._queue.handle_all(
            found[0].workflow_id,
            [one.command for one in found],
            came_again=any(one.tries > 1 for one in messages),
        )

    def _wake(self, messages: list[Message]) -> None:
        """Look at the workflow once, however many of its timers fired.

        Where the last of them came before its time, all wait for it.
        """
        timers = [decode_timer(one.body) for one in messages]
        due = max(timer.due for timer in timers)
        self._queue.wake(timers[0].workflow_id, due)


def _workflow_of(message: Message) -> str:
    return message.group or message.body.rpartition(" ")[0]


handler = Entrypoint(lambda runtime: Decider(runtime).handle)
