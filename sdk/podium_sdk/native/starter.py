"""Starting workflows without the API: a message to the decider's queue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from podium.errors import PodiumError
from podium.model.requests import StartWorkflowRequest
from podium.service.native_starts import NativeStarts
from podium_sdk import errors
from podium_sdk.native.deployment import open_native_starts
from podium_sdk.native.outbox import Outbox
from podium_sdk.workflows import start_request


class NativeStarter:
    """Starts workflows as ``client.workflows`` does; threads share it.

    A request that is wrong raises at once, as over the API.  The id of one that is
    right is known as soon as SQS has the message; the workflow is there moments later.

    The deployment is the one that the environment's variables name, unless one is
    given.
    """

    def __init__(self, deployment: NativeStarts | None = None) -> None:
        self._deployment = deployment or open_native_starts()
        self._outbox = Outbox(self._deployment.send)

    def start(
        self,
        workflow: str | StartWorkflowRequest,
        input: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
    ) -> str:
        """Start a workflow by its name, or by a full request, and return its id.

        What several threads start at the same time goes in one request.  Where
        ``Unreachable`` is raised the workflow may have been started; with an
        idempotency key the start may be repeated.
        """
        request = start_request(workflow, input, version)
        with _asking():
            workflow_id, message = self._deployment.prepare(request)
            if message is not None:
                self._outbox.put((workflow_id, message))
        return workflow_id

    def start_each(self, requests: Iterable[StartWorkflowRequest]) -> list[str]:
        """Start workflows, ten a request, and return their ids in the same order.

        Where one of the requests is wrong none is started.
        """
        with _asking():
            ready = [self._deployment.prepare(one) for one in requests]
            self._deployment.send(
                [(one, message) for one, message in ready if message is not None]
            )
        return [workflow_id for workflow_id, _ in ready]


@contextmanager
def _asking() -> Iterator[None]:
    """Say in the SDK's words what went wrong; a bug goes through as it is."""
    try:
        yield
    except PodiumError as error:
        if error.retryable:
            raise errors.Unreachable(error.message) from error
        raise errors.refusal_of(error) from error
