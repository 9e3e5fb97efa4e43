"""The AWS clients, made once and handed in; and what their failures mean to the engine.

A client is safe to share between threads.  boto3 is imported when clients are made, so
that the embedded home and the tests of other things never pay for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import botocore
from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    TokenRetrievalError,
)

from podium.errors import Unavailable
from podium.settings import AwsSettings

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)

Pause: TypeAlias = Callable[[float], object]
"""Lets seconds pass; tests hand in one that returns at once."""

_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429

_TOO_MUCH = frozenset(
    {
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Too much at once: later there is room again."""

_PASSING = frozenset(
    {
        # Something is being made or moved.
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "InternalServerError",
        "QueueDeletedRecently",
        "RequestTimeout",
        "ResourceInUseException",
        "ResourceNotFoundException",
        "NoSuchBucket",
        # The deployment is to blame, not the request: what is tried again after the
        # repair succeeds, and no workflow has failed meanwhile.
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    }
)

_NO_ANSWER = (
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    TokenRetrievalError,
)


@dataclass(frozen=True, slots=True)
class AwsClients:
    """One client per service; of EventBridge only where there is a bus.

    ``further`` returns the client of any other service, made when it is first wanted.
    """

    dynamodb: DynamoDBClient
    sqs: SQSClient
    s3: S3Client
    events: EventBridgeClient | None = None
    further: Callable[[str], Any] | None = None

    def of(self, service: str) -> Any:
        """Return the client that EVENT tasks publish with."""
        if service == "sqs":
            return self.sqs
        if self.further is None:
            raise Unavailable(f"there is no client of {service} here")
        return self.further(service)


def connect(settings: AwsSettings, session: Any = None) -> AwsClients:
    """Make the clients from a boto3 session, a new one where none is given.

    Retries are botocore's ``standard`` ones: few, with growing pauses and a quota.
    ``adaptive`` ones would have one throttled key slow down every call of the process.
    What still fails is tried again by a message that comes back, or by the client.
    """
    import boto3  # a third of a second that only AWS homes spend

    session = session or boto3.session.Session()
    make = _maker(session, settings)
    # Answers of DynamoDB take milliseconds; SQS holds a long poll for 20 seconds.
    return AwsClients(
        dynamodb=make("dynamodb", read_timeout=5, attempts=4),
        sqs=make("sqs", read_timeout=25, attempts=3),
        s3=make("s3", read_timeout=20, attempts=4),
        events=make("events", read_timeout=5, attempts=4)
        if settings.event_bus
        else None,
        further=_made_once(partial(make, read_timeout=10, attempts=3)),
    )


def connect_from_environment(
    environment: Mapping[str, str], session: Any = None
) -> Callable[[str], Any]:
    """Return what makes the client of a service, with the credentials at hand.

    Nothing is imported or asked for before the first client is wanted.
    """

    def make(service: str) -> Any:
        import boto3  # as above

        endpoint = environment.get("AWS_ENDPOINT_URL") or None
        opened: Any = session or boto3.session.Session()
        # An emulator has one region, by whatever name.
        region = opened.region_name or ("us-east-1" if endpoint else None)
        return opened.client(service, region_name=region, endpoint_url=endpoint)

    return _made_once(make)


def _made_once(make: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return ``make`` with a memory; a session makes one client at a time."""
    lock, made = Lock(), dict[str, Any]()

    def client(service: str) -> Any:
        with lock:
            if service not in made:
                made[service] = make(service)
            return made[service]

    return client


def _maker(session: Any, settings: AwsSettings) -> Callable[..., Any]:
    def make(service: str, *, read_timeout: int, attempts: int) -> Any:
        return session.client(
            service,
            region_name=settings.region,
            endpoint_url=settings.endpoint_url,
            config=_config(settings, service, read_timeout, attempts),
        )

    return make


def _config(
    settings: AwsSettings, service: str, read_timeout: int, attempts: int
) -> Config:
    from botocore.config import Config  # as boto3 above

    return Config(
        connect_timeout=2,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=settings.max_connections,
        tcp_keepalive=True,
        # botocore composes its own of thirty parts anew for each request: a fourth of
        # the processor's time that it spends on one.
        user_agent=f"podium botocore/{botocore.__version__}",
        # An emulator's address has no subdomain per bucket.  At AWS "auto" would sign
        # links for the host of all regions, which redirects, or knows no new region.
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "path" if settings.endpoint_url else "virtual"},
    )


@contextmanager
def answering(service: str) -> Iterator[None]:
    """Turn what may pass into Unavailable; a mistake of ours goes through as it is."""
    try:
        yield
    except ClientError as error:
        if not _may_pass(error):
            raise
        logger.warning("aws_refused", extra={"service": service, "why": str(error)})
        raise Unavailable(f"{service} did not answer: {code_of(error)}") from error
    except _NO_ANSWER as error:
        logger.warning("aws_silent", extra={"service": service, "why": str(error)})
        raise Unavailable(f"{service} did not answer") from error


def code_of(error: ClientError) -> str:
    """Return the error code of a refused request."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_momentary(error: ClientError) -> bool:
    """Tell whether the service failed, or had too much to do, whatever it was asked."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return (
        code_of(error) in _TOO_MUCH
        or status >= _SERVER_ERROR
        or status == _TOO_MANY_REQUESTS
    )


def _may_pass(error: ClientError) -> bool:
    return code_of(error) in _PASSING or is_momentary(error)
