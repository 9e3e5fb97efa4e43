"""The projector: follows the stream of the workflows table (design 7).

The event source has ``ReportBatchItemFailures``, bisects a batch that fails, and sends
on what fails for good.  Records come at least once: projecting bears repetition.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.dynamodb.stream import read_changes
from podium.service.projector import Projector
from podium_functions.runtime import Entrypoint, Event, Handle, Runtime


def project(projector: Projector, event: Event) -> dict[str, Any]:
    """Follow the records of an event; those named in the answer come again."""
    failed = projector.project(read_changes(event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def make(runtime: Runtime) -> Handle:
    """Return the handler over a deployment's home."""
    projector = runtime.build().projector

    def handle(event: Event, _context: LambdaContext) -> dict[str, Any]:
        return project(projector, event)

    return handle


handler = Entrypoint(make)
