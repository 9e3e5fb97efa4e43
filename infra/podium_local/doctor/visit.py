"""One visit: where the deployment lies, who looks, and the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import boto3

from podium.errors import InvalidInput
from podium.settings import AwsSettings
from podium_local.doctor.deployment import Deployment
from podium_local.doctor.findings import Finding, Grade, carry_out, lines
from podium_local.doctor.round_trip import Answers
from podium_local.stack import outputs_of, settings_at_hand, settings_of
from podium_sdk import AccessKey, PodiumClient

KEY, SECRET = "CONDUCTOR_AUTH_KEY", "CONDUCTOR_AUTH_SECRET"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    stack: str | None = None
    url: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    is_round_trip_wanted: bool = True


def visit(options: Options, environment: Mapping[str, str]) -> int:
    """Print what is found, line by line; 1 where something does not work."""
    has_failed = False

    def watched() -> Iterator[Finding]:
        nonlocal has_failed
        for finding in look(options, environment):
            has_failed = has_failed or finding.grade is Grade.FAILURE
            yield finding

    for line in lines(watched(), colours=sys.stdout.isatty()):
        print(line, flush=True)
    return int(has_failed)


def look(options: Options, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what there is to find."""
    session = boto3.session.Session(region_name=options.region)
    outputs: dict[str, str] = {}
    if options.stack is not None:
        outputs = outputs_of(options.stack, options.region, options.endpoint_url)
    settings = _settings(options, environment, outputs)
    if settings is not None:
        has_functions = "ApiUrl" in outputs  # that of podium dev --aws has none
        yield from carry_out(Deployment(settings, session, has_functions).checks())
    url = options.url or outputs.get("ApiUrl")
    if url is not None and not url.startswith(("http://", "https://")):
        raise InvalidInput(f"--url: expected http:// or https://, got {url!r}")
    if url is None:
        yield Finding.warning(
            "API", "not looked at", "say where it is: --stack or --url"
        )
        return
    with PodiumClient(url, access_key=_access_key(environment)) as client:
        yield from carry_out(Answers(client, options.is_round_trip_wanted).checks())


def _settings(
    options: Options, environment: Mapping[str, str], outputs: Mapping[str, str]
) -> AwsSettings | None:
    """Return where the deployment lies; None where only an address is known."""
    if outputs:
        return settings_of(outputs, options.region, options.endpoint_url)
    if options.url and "PODIUM_WORKFLOWS_TABLE" not in environment:
        return None
    given = settings_at_hand(environment, "--stack NAME, or --url URL")
    return given.model_copy(
        update={
            "region": options.region or given.region,
            "endpoint_url": options.endpoint_url or given.endpoint_url,
        }
    )


def _access_key(environment: Mapping[str, str]) -> AccessKey | None:
    """Return the access key at hand, if there is one."""
    if not environment.get(KEY):
        return None
    return AccessKey(environment[KEY], environment.get(SECRET, ""))
