"""What can go wrong between a client and its server, one tree (reference 1.10).

::

    SdkError
    ├── Unreachable              no answer: no connection, or none in time
    ├── UnreadableAnswer         an answer, but not one that the client can read
    └── ApiError                 the server refused; each carries its HTTP status
        ├── BadRequest           400
        ├── Unauthorized         401, 403
        ├── NotFound             404
        ├── MethodNotAllowed     405
        ├── Conflict             409
        ├── PayloadTooLarge      413
        ├── TooManyRequests      429
        └── ServerError          500 and above

Conductor answers some refusals with 500 (resuming a workflow that is not paused, for
one): ``ServerError`` does not mean that trying again helps, ``retryable`` does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from podium.errors import Finding, PodiumError, ValidationFailed

_OFTEN_PASSING = frozenset({429, 502, 503, 504})
_SHOWN_OF_A_BODY = 300


class SdkError(Exception):
    """The root: anything a client raises because of the server or the way to it."""


class Unreachable(SdkError):
    """No answer came: whether the server has seen the request is not known."""


class UnreadableAnswer(SdkError):
    """The server answered with success, but not with what the route promises."""


class ApiError(SdkError):
    """The server refused a request and said why."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        retryable: bool = False,
        validation_errors: Sequence[Finding] = (),
    ) -> None:
        found = "".join(f"; {one.path}: {one.message}" for one in validation_errors)
        super().__init__(f"{status}: {message}{found}")
        self.status = status
        self.message = message
        self.retryable = retryable
        self.validation_errors = tuple(validation_errors)


class BadRequest(ApiError):
    """The request is wrong; ``validation_errors`` may say where."""


class Unauthorized(ApiError):
    """The server does not know the caller, or does not let it do this."""


class NotFound(ApiError):
    """Nothing has that id or name, or the server has no such route."""


class MethodNotAllowed(ApiError):
    """The server knows the path, but not with this verb."""


class Conflict(ApiError):
    """The present state of the workflow or definition forbids the operation."""


class PayloadTooLarge(ApiError):
    """The server does not take a body of this size."""


class TooManyRequests(ApiError):
    """The server asks its clients to slow down."""


class ServerError(ApiError):
    """Something went wrong in the server, or Conductor says so (reference 1.11)."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: PayloadTooLarge,
    429: TooManyRequests,
}


def refusal(status: int, body: bytes) -> ApiError:
    """Return the error that an answer other than 2xx stands for.

    Reads Conductor's error JSON; gateways on the way answer in words of their own,
    which become the message.
    """
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    text = body.decode(errors="replace").strip()
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {"message": text[:_SHOWN_OF_A_BODY]}
    retryable = said.get("retryable")
    if not isinstance(retryable, bool):
        retryable = status in _OFTEN_PASSING
    return kind(
        status,
        str(said.get("message") or said.get("error") or "no reason given"),
        retryable=retryable,
        validation_errors=_findings(said.get("validationErrors")),
    )


def refusal_of(failure: PodiumError) -> ApiError:
    """Return the error that the API would have answered with."""
    kind = _BY_STATUS.get(failure.status, ServerError)
    found = failure.findings if isinstance(failure, ValidationFailed) else ()
    return kind(
        failure.status,
        failure.message,
        retryable=failure.retryable,
        validation_errors=found,
    )


def _findings(listed: object) -> list[Finding]:
    if not isinstance(listed, list):
        return []
    return [
        Finding(
            str(one.get("path", "")),
            str(one.get("message", "")),
            one.get("invalidValue"),
        )
        for one in listed
        if isinstance(one, dict)
    ]
