"""The one place of the SDK that knows the engine: where native workers are wired up."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping

# Made use of at the first event only; while a function's modules are imported Lambda
# lends it a whole processor, then it no longer does.
import boto3  # noqa: F401

from podium.adapters.aws_home import open_aws_home
from podium.adapters.sqs.task_queues import decode_task
from podium.clock import SystemClock
from podium.ports import Home
from podium.service.journals import Journals
from podium.service.native import NativeWorkers
from podium.service.polling import Polling
from podium.service.snapshots import Snapshots
from podium.settings import AwsSettings

ALL_SETTINGS = "PODIUM_SETTINGS"
"""A JSON object of the variables of a deployment; one that stands by itself wins.

``infra/native-workers.yaml`` exports it.
"""


def open_native_workers(environment: Mapping[str, str] = os.environ) -> NativeWorkers:
    """Open the deployment that the variables name; InvalidInput tells what is amiss."""
    given = json.loads(environment.get(ALL_SETTINGS, "{}"))
    settings = AwsSettings.from_environment({**given, **environment})
    aws = open_aws_home(settings, clock=SystemClock(), draw=secrets.randbits)
    return native_workers(aws.home)


def native_workers(home: Home) -> NativeWorkers:
    """Return what native workers do in a home; tests have one in memory."""
    journals = Journals(home)
    snapshots = Snapshots(home.metadata)
    polling = Polling(home, journals, snapshots)
    return NativeWorkers(home, journals, polling, snapshots, decode_task)
