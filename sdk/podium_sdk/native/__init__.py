"""Workers that run in the deployment: no API call, no cost while nothing is to be done.

The same functions as in :mod:`podium_sdk`; only the way they are run differs.  As a
process that polls SQS itself::

    from podium_sdk.native import NativeRunner

    NativeRunner([charge_card, ship]).run()   # until SIGINT or SIGTERM

or as a Lambda function that SQS calls::

    from podium_sdk.native import lambda_worker

    handler = lambda_worker(charge_card)

Workflows are started without the API too, by a message to the decider::

    from podium_sdk.native import NativeStarter

    workflow_id = NativeStarter().start("order", {"orderId": "o-1"})

Importing this brings the engine's queues and boto3 along (``podium[aws]``), which
:mod:`podium_sdk` alone does not.  ``docs/native-workers.md`` says what to deploy.
"""

from podium_sdk.native.deployment import (
    native_starts,
    native_workers,
    open_native_starts,
    open_native_workers,
)
from podium_sdk.native.handler import LambdaWorker, lambda_worker
from podium_sdk.native.runner import NativeRunner
from podium_sdk.native.starter import NativeStarter

__all__ = [
    "LambdaWorker",
    "NativeRunner",
    "NativeStarter",
    "lambda_worker",
    "native_starts",
    "native_workers",
    "open_native_starts",
    "open_native_workers",
]
