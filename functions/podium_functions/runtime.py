"""What an execution environment of Lambda keeps from event to event.

A function's module holds one :class:`Entrypoint`, which opens the home once: when
Lambda imports the module, for until the first event it lends it a whole processor, and
afterwards what the function's memory pays for.  Anywhere else importing opens nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aws_lambda_powertools.utilities.typing import LambdaContext

from podium.adapters.aws_home import AwsHome, open_aws_home
from podium.bootstrap import Podium, build
from podium.clock import SystemClock
from podium.eventing import Eventing, EventSource
from podium.settings import AwsSettings, conductor_environment
from podium_functions.logs import set_up_logs

_MAY_HOLD_SECRETS = {"workflow_webhook", "task_webhook"}
_IN_LAMBDA = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Set by Lambda alone."""

Event: TypeAlias = Mapping[str, Any]
Handle: TypeAlias = Callable[[Event, LambdaContext], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Runtime:
    """The home of a deployment, where it lies, and the variables of the function.

    ``sources`` are those of events that Lambda does not bring.
    """

    aws: AwsHome
    settings: AwsSettings
    environment: Mapping[str, str]
    sources: Mapping[str, EventSource] = field(default_factory=dict)

    def build(self) -> Podium:
        """Put the service together."""
        return build(
            self.aws.home,
            {
                **conductor_environment(self.environment),
                **self.settings.environment_variables,
            },
            http_policy=self.settings.http_policy,
            http_longest=self.settings.http_longest,
            token_lifetime=self.settings.lifetime_of_tokens,
            poll_hold=self.settings.poll_hold * 1_000,
            eventing=Eventing(
                sinks=self.aws.sinks,
                sources=self.sources,
                received=self.settings.received_events,
                listeners=self.settings.listeners,
                kafka_servers=self.settings.kafka_servers,
            ),
            settings=self.settings.model_dump(
                mode="json", by_alias=False, exclude=_MAY_HOLD_SECRETS
            ),
        )


def open_runtime(environment: Mapping[str, str]) -> Runtime:
    """Open the home that a function's variables name."""
    settings = AwsSettings.from_environment(environment)
    aws = open_aws_home(settings, clock=SystemClock(), draw=secrets.randbits)
    return Runtime(aws, settings, environment)


class Entrypoint:
    """What Lambda calls: opens the home once, and logs under each event's id.

    ``make`` returns the function's handler over a runtime.
    """

    def __init__(self, make: Callable[[Runtime], Handle]) -> None:
        self._make = make
        self._handle: Handle | None = None
        if _IN_LAMBDA in os.environ:
            self._open()

    def __call__(self, event: Event, context: LambdaContext) -> dict[str, Any]:
        """Handle one event."""
        handle = self._handle or self._open()
        set_up_logs().append_keys(request_id=context.aws_request_id)
        return handle(event, context)

    def _open(self) -> Handle:
        set_up_logs()
        self._handle = self._make(open_runtime(os.environ))
        return self._handle
