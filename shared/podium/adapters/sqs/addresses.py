"""Queues that are not ours: by name, address or ARN, as a sink or an event has them.

Only name and account are taken from what is given, never a host: where SQS is, the
client knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)

from podium.adapters.arns import Arn
from podium.adapters.aws_clients import code_of, is_momentary
from podium.adapters.sqs.client import MISSING
from podium.errors import NotFound, Unavailable
from podium.eventing import SinkRefused

_WITH_ACCOUNT = 2


class QueueAddresses:
    """Finds queues, and remembers where they are."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._found: dict[str, str] = {}

    def arn_of(self, queue: str) -> Arn:
        """Return what is known of a queue's ARN from its name alone."""
        given = Arn.parse(queue)
        if given is not None:
            region = self._client("sqs").meta.region_name
            if (given.service, given.region) != ("sqs", region):
                raise SinkRefused(f"sqs:{queue} is no queue of {region}")
            return given
        if "://" not in queue:
            return Arn("sqs", queue)
        steps = [step for step in urlsplit(queue).path.split("/") if step]
        if len(steps) != _WITH_ACCOUNT:
            raise SinkRefused(f"sqs:{queue} is not the address of a queue")
        account, name = steps
        return Arn("sqs", name, account)

    def url_of(self, queue: str) -> str:
        """Return a queue's address; NotFound where there is none.

        SinkRefused where AWS does not say, for want of credentials or permission;
        Unavailable where it may say it a little later.
        """
        if queue in self._found:
            return self._found[queue]
        name = self.arn_of(queue)
        owner = {"QueueOwnerAWSAccountId": name.account} if name.account else {}
        try:
            answer = self._client("sqs").get_queue_url(QueueName=name.resource, **owner)
        except ClientError as error:
            if code_of(error) in MISSING:
                raise NotFound(f"There is no queue {name.resource}") from error
            if is_momentary(error):
                raise Unavailable(f"sqs:{queue}: {code_of(error)}") from error
            raise SinkRefused(f"sqs:{queue}: {error}") from error
        except (ReadTimeoutError, ConnectionClosedError) as error:
            raise Unavailable(f"sqs:{queue}: {error}") from error
        except BotoCoreError as error:
            raise SinkRefused(f"sqs:{queue}: {error}") from error
        self._found[queue] = str(answer["QueueUrl"])
        return self._found[queue]
