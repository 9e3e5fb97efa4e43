"""Where the AWS home lies: one frozen value, parsed once from the environment.

The names and addresses are the outputs of ``infra/data.yaml``; the rest has defaults.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
)

from podium.access.authentication import DEFAULT_LIFETIME, MAX_LIFETIME
from podium.errors import InvalidInput
from podium.eventing import Listeners
from podium.tasks.addresses import AddressPolicy

WORKFLOW_ENVIRONMENT = "CONDUCTOR_ENV_"
_FROM_AWS = {"region": "AWS_REGION", "endpoint_url": "AWS_ENDPOINT_URL"}

Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Milliseconds = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Lifetime = Annotated[int, Field(ge=60_000, le=MAX_LIFETIME)]


def _split(text: Any) -> Any:
    return [one for one in text.split(",") if one] if isinstance(text, str) else text


def _read_json(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"expected a JSON object of texts, got {text!r}") from error


Wanted = Annotated[str | None, BeforeValidator(lambda text: text or None)]
"""A text that may be left out, as an empty one is."""
Variables = Annotated[dict[str, str], BeforeValidator(_read_json)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], BeforeValidator(_split)]


class AccessMode(StrEnum):
    """How a deployment knows its callers (decision 8)."""

    KEYS = "keys"
    IAM = "iam"
    OIDC = "oidc"
    OPEN = "open"


class AwsSettings(BaseModel):
    """The resources of one deployment, and how they are used.

    ``index_shards`` and ``timer_shards`` may grow but not shrink: what was written
    under a higher shard number would no longer be found.  ``definitions_kept`` is how
    long a process answers from the definitions it read last, so how late it notices
    another process's change.  ``polls_every`` is how often a process writes down who
    polls a queue.  ``requests_at_once`` is how many threads of one request to the API
    ask AWS side by side.  ``poll_hold`` is how many seconds a poll that finds nothing
    is held at least.

    ``access_mode`` says how callers are known, ``token_lifetime`` how long a token of
    ours is good, and the claims where an issuer's token has its subject and roles.
    ``http_allowed_networks`` are those beyond the public internet that HTTP tasks may
    call (``10.0.0.0/8,192.168.0.0/16``), and ``http_longest`` how long they may wait
    for an answer: less than their function's own timeout.

    ``retention_days`` is how long journals stay in the table whose definitions do not
    say it, ``search_retention_days`` how long their search rows do, by which the
    archive is read: 0 is for ever.  ``event_bus`` hears of status changes, with
    ``task_events`` of those of tasks too.  ``workflow_webhook`` and ``task_webhook``
    are posted to, ``status_queue`` is the sink of workflows that ended.

    ``event_sinks`` are ARNs, with ``*``, that EVENT tasks may publish to beyond the
    deployment's own, ``event_sources`` those of the queues that Lambda receives
    events from; ``kafka_servers`` are those of sinks ``kafka:<topic>``.

    ``environment_variables`` are what ``${workflow.env.NAME}`` reads (reference 4.12),
    besides the variables of the process that begin with ``CONDUCTOR_ENV_``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflows_table: Name
    catalog_table: Name
    timers_table: Name
    bucket: Name
    queue_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,24}$")]
    commands_queue_url: Name
    timers_queue_url: Name
    guards_queue_url: Name
    region: str | None = None
    endpoint_url: str | None = None
    index_shards: Count = 8
    timer_shards: Count = 8
    definitions_kept: Milliseconds = 5_000
    polls_every: Milliseconds = 10_000
    max_connections: Count = 32
    requests_at_once: Count = 16
    poll_hold: Annotated[int, Field(ge=0, le=20)] = 0
    retention_days: Days = 30
    search_retention_days: Days = 0
    event_bus: Name | None = None
    task_events: bool = False
    event_sinks: Texts = ()
    event_sources: Texts = ()
    kafka_servers: Wanted = None
    workflow_webhook: Wanted = None
    task_webhook: Wanted = None
    status_queue: Wanted = None
    access_mode: AccessMode = AccessMode.KEYS
    token_lifetime: Lifetime = DEFAULT_LIFETIME
    oidc_name_claim: Name = "sub"
    oidc_roles_claim: Name = "roles"
    http_allowed_networks: Networks = ()
    http_longest: Milliseconds = 100_000
    environment_variables: Variables = {}

    @property
    def lifetime_of_tokens(self) -> int | None:
        """How long a token is good; None where no keys are asked for."""
        return self.token_lifetime if self.access_mode is AccessMode.KEYS else None

    @property
    def secrets_path(self) -> str:
        """Below which path of the Parameter Store the secrets are."""
        return f"/{self.queue_prefix.rstrip('-') or 'podium'}/secrets/"

    @property
    def event_sink_patterns(self) -> tuple[str, ...]:
        """The ARNs that EVENT tasks may publish to: the deployment's own, and those
        that its operator allows.
        """
        own = f"{self.queue_prefix}events-*"
        return (
            f"arn:*:sqs:*:*:{own}",
            f"arn:*:sns:*:*:{own}",
            f"arn:*:events:*:*:event-bus/{own}",
            *self.event_sinks,
        )

    @property
    def received_events(self) -> frozenset[str]:
        """The events that Lambda brings from queues."""
        names = (arn.rpartition(":")[2] for arn in self.event_sources)
        return frozenset(f"sqs:{name}" for name in names)

    @property
    def listeners(self) -> Listeners:
        """Who is told of status changes besides the bus."""
        return Listeners(self.workflow_webhook, self.task_webhook, self.status_queue)

    @property
    def http_policy(self) -> AddressPolicy:
        """Where HTTP tasks may connect to: the public internet, and what is allowed."""
        return AddressPolicy(public_only=True, allowed=self.http_allowed_networks)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read ``PODIUM_WORKFLOWS_TABLE`` and the like; region and endpoint are AWS's.

        InvalidInput names every variable that is missing or wrong.
        """
        given = {
            field: environment[variable]
            for field in cls.model_fields
            if (variable := _variable(field)) in environment
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(
                f"{_variable(str(one['loc'][0]))}: {one['msg']}"
                for one in error.errors(include_url=False)
            )
            raise InvalidInput(wrong) from error


def _variable(field: str) -> str:
    return _FROM_AWS.get(field, f"PODIUM_{field.upper()}")


def conductor_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what ``${workflow.env.NAME}`` reads: CONDUCTOR_ENV_NAME (4.12)."""
    return {
        name.removeprefix(WORKFLOW_ENVIRONMENT): value
        for name, value in environment.items()
        if name.startswith(WORKFLOW_ENVIRONMENT)
    }
