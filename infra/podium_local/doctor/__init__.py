"""``podium doctor``: whether a deployment works, and what to do where it does not.

It looks with the rights of whoever calls it, at AWS itself or at an emulator, and ends
with a workflow that goes once through everything.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

_DESCRIPTION = """\
Check a deployment: its tables, queues, bucket and functions, the clock of this machine,
and one workflow from start to end through the API.  With --stack the names come from
the stack's outputs, else from the variables that the functions have
(PODIUM_WORKFLOWS_TABLE and the like); with --url alone, only the API is looked at.
Where the API wants a token, set CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET.
"""


def add_doctor(commands: Any) -> None:
    """Add ``doctor`` to the command line."""
    doctor = commands.add_parser(
        "doctor", help="check a deployment", description=_DESCRIPTION
    )
    doctor.add_argument("--stack", metavar="NAME", help="the stack of the deployment")
    doctor.add_argument("--url", help="the API's address, where no stack tells it")
    doctor.add_argument("--region", help="AWS region, if not the configured one")
    doctor.add_argument(
        "--endpoint-url", metavar="URL", help="an emulator in place of AWS"
    )
    doctor.add_argument(
        "--no-round-trip",
        action="store_true",
        help="only look: start no workflow",
    )
    doctor.set_defaults(run=_doctor)


def _doctor(given: argparse.Namespace) -> int:
    # Imported here so that --help answers at once.
    from podium_local.doctor.visit import Options, visit

    options = Options(
        stack=given.stack,
        url=given.url,
        region=given.region,
        endpoint_url=given.endpoint_url,
        is_round_trip_wanted=not given.no_round_trip,
    )
    return visit(options, os.environ)
