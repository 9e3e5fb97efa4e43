"""One visit: where the deployment lies, who looks, and the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from podium.errors import InvalidInput
from podium.settings import AwsSettings
from podium_local.doctor.deployment import Deployment
from podium_local.doctor.findings import Finding, Grade, carry_out, lines
from podium_local.doctor.round_trip import Answers
from podium_sdk import PodiumClient
from podium_sdk.api import Api
from podium_sdk.errors import NotFound, SdkError
from podium_sdk.http_transport import HttpTransport
from podium_sdk.transport import Request

KEY, SECRET = "CONDUCTOR_AUTH_KEY", "CONDUCTOR_AUTH_SECRET"
_JSON = {"Content-Type": "application/json"}
_OUTPUTS = {
    "workflows_table": "WorkflowsTable",
    "catalog_table": "CatalogTable",
    "timers_table": "TimersTable",
    "bucket": "Bucket",
    "queue_prefix": "QueuePrefix",
    "commands_queue_url": "CommandsQueueUrl",
    "timers_queue_url": "TimersQueueUrl",
}


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
    outputs = _outputs(options, session)
    settings = _settings(options, environment, outputs)
    if settings is not None:
        has_functions = options.stack is not None
        yield from carry_out(Deployment(settings, session, has_functions).checks())
    url = options.url or outputs.get("ApiUrl")
    if url is not None and not url.startswith(("http://", "https://")):
        raise InvalidInput(f"--url: expected http:// or https://, got {url!r}")
    if url is None:
        yield Finding.warning(
            "API", "not looked at", "say where it is: --stack or --url"
        )
        return
    try:
        headers = _token(url, environment)
    except SdkError as refused:
        yield Finding.failure("token", str(refused), f"look at {KEY} and {SECRET}")
        return
    with PodiumClient(url, headers=headers) as client:
        yield from carry_out(Answers(client, options.is_round_trip_wanted).checks())


def _outputs(options: Options, session: Any) -> dict[str, str]:
    """Return the outputs of the stack by name."""
    if options.stack is None:
        return {}
    cloudformation = session.client(
        "cloudformation", region_name=options.region, endpoint_url=options.endpoint_url
    )
    try:
        [stack] = cloudformation.describe_stacks(StackName=options.stack)["Stacks"]
    except (BotoCoreError, ClientError) as refused:
        raise InvalidInput(f"--stack: {refused}") from refused
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def _settings(
    options: Options, environment: Mapping[str, str], outputs: Mapping[str, str]
) -> AwsSettings | None:
    """Return where the deployment lies; None where only an address is known."""
    if outputs:
        missing = sorted(name for name in _OUTPUTS.values() if name not in outputs)
        if missing:
            raise InvalidInput(f"--stack: it has no output {', '.join(missing)}")
        found: dict[str, Any] = {key: outputs[name] for key, name in _OUTPUTS.items()}
        return AwsSettings(
            **found, region=options.region, endpoint_url=options.endpoint_url
        )
    if options.url and "PODIUM_WORKFLOWS_TABLE" not in environment:
        return None
    given = AwsSettings.from_environment(environment)
    return given.model_copy(
        update={
            "region": options.region or given.region,
            "endpoint_url": options.endpoint_url or given.endpoint_url,
        }
    )


def _token(url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the header of a token for the access key at hand, if there is one."""
    if not environment.get(KEY):
        return {}
    pair = {"keyId": environment[KEY], "keySecret": environment.get(SECRET, "")}
    request = Request("POST", "/token", body=json.dumps(pair).encode(), headers=_JSON)
    http = HttpTransport(url)
    try:
        answer = Api(http).send(request)
    except NotFound:
        return {}  # no keys are asked for there
    finally:
        http.close()
    return {"X-Authorization": str(answer.json()["token"])}
