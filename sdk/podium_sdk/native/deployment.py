"""The one place of the SDK that knows the engine: where native parts are wired up."""

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
from podium.errors import InvalidInput
from podium.ports import Home
from podium.service.environment import Environment
from podium.service.journals import Journals
from podium.service.native import NativeWorkers
from podium.service.native_starts import NativeStarts
from podium.service.polling import Polling
from podium.service.snapshots import Snapshots
from podium.service.start_requests import StartRequests
from podium.settings import AwsSettings, conductor_environment

ALL_SETTINGS = "PODIUM_SETTINGS"
"""A JSON object of the variables of a deployment; one that stands by itself wins.

``infra/native-workers.yaml`` exports it.
"""


def open_native_workers(environment: Mapping[str, str] = os.environ) -> NativeWorkers:
    """Open the deployment that the variables name; InvalidInput tells what is amiss.

    Those that begin with ``CONDUCTOR_ENV_`` a task definition's ``runtimeMetadata`` may
    name, as with workers that speak REST (reference 2.4).
    """
    variables = conductor_environment(environment)
    return native_workers(_open_home(environment), variables)


def open_native_starts(environment: Mapping[str, str] = os.environ) -> NativeStarts:
    """Open the deployment that the variables name; InvalidInput tells what is amiss."""
    return native_starts(_open_home(environment))


def _open_home(environment: Mapping[str, str]) -> Home:
    given = _all_settings(environment)
    try:
        settings = AwsSettings.from_environment({**given, **environment})
    except InvalidInput as wrong:
        known = f"{ALL_SETTINGS} and the variables beside it"
        raise InvalidInput(f"{known}: {wrong.message}") from wrong
    return open_aws_home(settings, clock=SystemClock(), draw=secrets.randbits).home


def _all_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that one variable has; none where it is not set."""
    try:
        given = json.loads(environment.get(ALL_SETTINGS) or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InvalidInput(f"{ALL_SETTINGS}: expected a JSON object")
    return given


def native_workers(
    home: Home, variables: Mapping[str, str] | None = None
) -> NativeWorkers:
    """Return what native workers do in a home; tests have one in memory."""
    journals = Journals(home)
    snapshots = Snapshots(home.metadata)
    named = Environment(home, variables)
    polling = Polling(home, journals, snapshots, environment=named)
    return NativeWorkers(home, journals, polling, decode_task)


def native_starts(home: Home) -> NativeStarts:
    """Return what starts workflows in a home; tests have one in memory."""
    requests = StartRequests(home, Journals(home), Snapshots(home.metadata))
    return NativeStarts(home, requests)
