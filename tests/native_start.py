"""A story that begins with a message to the decider in place of a request."""

from podium.errors import NotFound
from podium.model.requests import StartWorkflowRequest
from podium_sdk.native import native_starts
from story import Story


class NativeStart(Story):
    """Whoever starts it has its id before it is there, and dies as the service does."""

    length = 3

    def start(self, world):
        starts = native_starts(world.opened.home)
        request = StartWorkflowRequest(
            name="parent",
            idempotency_key="k",
            idempotency_strategy="RETURN_EXISTING",
        )
        started, message = starts.prepare(request)
        if message is not None:
            starts.send([(started, message)])
        return started

    def is_over(self, world, started):
        world.settle()
        try:
            return super().is_over(world, started)
        except NotFound:
            return False
