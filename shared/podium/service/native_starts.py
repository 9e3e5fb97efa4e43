"""Native starts: a message to the decider in place of a request to the API.

Whoever starts a workflow so does himself what the API would do for him: he checks the
request, takes the definition's snapshot, binds the idempotency key and makes the id.
So what is wrong is raised at once, where it was asked for, as over REST.  The message
says what is left, which is the append (design 9); it may come twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from podium.errors import InvalidInput, PayloadTooLarge
from podium.model.requests import StartWorkflowRequest
from podium.ports import Home
from podium.service.messages import StartWorkflow, encode_message
from podium.service.start_requests import StartRequests

MAX_START = 10_240 * 1024
"""Bytes of a start: what a workflow's input may have at most (reference 4.13)."""


class NativeStarts:
    """Starts workflows of a home by its decider's queue."""

    def __init__(self, home: Home, requests: StartRequests) -> None:
        self._home = home
        self._requests = requests

    def prepare(self, request: StartWorkflowRequest) -> tuple[str, bytes | None]:
        """Return a workflow's id, and the message for :meth:`send` that starts it.

        There is none where an idempotency key has the workflow running already.
        Raises what a start over the API raises; and InvalidInput where the definition
        has it refused while too many run, which shows only when it would begin.
        """
        ready = self._requests.prepare(request)
        if ready.command is None:
            return ready.workflow_id, None
        if ready.rejects:
            raise InvalidInput(
                f"Workflow {request.name} is refused while as many run as its "
                "rateLimitConfig allows: start it over the API, which can answer so"
            )
        message = encode_message(StartWorkflow(command=ready.command))
        if len(message) > MAX_START:
            raise PayloadTooLarge(
                f"{len(message)} bytes are over the limit of {MAX_START}"
            )
        return ready.workflow_id, message

    def send(self, starts: Sequence[tuple[str, bytes]]) -> None:
        """Give starts to the decider, ten a request."""
        self._home.commands.send_each(starts)
