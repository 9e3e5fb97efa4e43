"""Every error of Podium, one tree, at the bottom of the dependency chain (stdlib only).

::

    PodiumError                     500
    ├── InvalidInput                400   the request is wrong; names the field
    │   └── ValidationFailed        400   several findings, Conductor's validationErrors
    ├── Unauthenticated             401   nobody knows who asks; says what to do
    ├── AccessForbidden             403
    ├── NotFound                    404
    ├── MethodNotAllowed            405
    ├── Conflict                    409   the state of the thing forbids the operation
    │   ├── AlreadyExists           409
    │   └── VersionConflict         409   somebody else appended first (retryable)
    ├── PayloadTooLarge             413
    ├── LimitReached                429   as many run as the limit allows
    ├── IllegalState                500   Conductor's IllegalStateException
    ├── NotImplementedYet           501   a route that Podium has not built
    ├── ExpressionFailed            500   a script, JSONPath or jq program failed
    │   └── ExpressionTimeout       500   ... it ran out of time or memory
    └── Unavailable                 503   a store or queue did not answer (retryable)
        └── TooBusy                 503   a workflow that others keep changing

Each class carries the HTTP status and whether a retry may help (reference 1.10), so the
edge needs no table of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self


class PodiumError(Exception):
    """The root: anything Podium raises on purpose."""

    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(PodiumError):
    """The request is malformed; the message names the field and what was expected."""

    status = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry of Conductor's ``validationErrors``."""

    path: str
    message: str
    invalid_value: Any = None


class ValidationFailed(InvalidInput):
    """Bean-validation style refusal with every finding at once (reference 1.10).

    ``metadata`` is what else the answer is to tell.
    """

    def __init__(
        self, findings: Sequence[Finding], metadata: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__("Validation failed, check below errors for detail.")
        self.findings = tuple(findings)
        self.metadata = metadata


class Unauthenticated(PodiumError):
    """Who asks is not known; ``error`` is the word that Conductor's clients act on.

    They fetch a new token where it is EXPIRED_TOKEN or INVALID_TOKEN.  So a refusal to
    give out a token says neither: they would ask for one for ever (reference 12, #5).
    """

    status = 401

    def __init__(self, message: str, error: str) -> None:
        super().__init__(message)
        self.error = error

    @classmethod
    def expired(cls, message: str) -> Self:
        """Return the refusal of a token that was good."""
        return cls(message, "EXPIRED_TOKEN")

    @classmethod
    def invalid(cls, message: str) -> Self:
        """Return the refusal of what is no token of ours."""
        return cls(message, "INVALID_TOKEN")

    @classmethod
    def refused(cls, message: str) -> Self:
        """Return the refusal to give out a token."""
        return cls(message, "INVALID_CREDENTIALS")


class AccessForbidden(PodiumError):
    """The caller is known but may not do this."""

    status = 403


class NotFound(PodiumError):
    """Nothing has that id or name; the message contains it (reference 12, row 15)."""

    status = 404


class MethodNotAllowed(PodiumError):
    """The path exists, the verb does not."""

    status = 405


class Conflict(PodiumError):
    """The present state of the workflow or definition forbids the operation."""

    status = 409


class AlreadyExists(Conflict):
    """A definition or handler of that name is already there."""


class VersionConflict(Conflict):
    """Another process appended this journal version first: load again, decide again."""

    retryable = True

    def __init__(self, workflow_id: str, version: int) -> None:
        super().__init__(f"Workflow {workflow_id} already has version {version}")
        self.workflow_id = workflow_id
        self.version = version


class PayloadTooLarge(PodiumError):
    """A body is over a limit; the message names the external-payload way."""

    status = 413


class LimitReached(PodiumError):
    """As many workflows of the key run as its limit allows, and none may wait."""

    status = 429


class IllegalState(PodiumError):
    """Conductor answers these with 500 (reference 1.11), so Podium does."""


class NotImplementedYet(PodiumError):
    """A route Conductor has and Podium does not answer yet: never a fake success."""

    status = 501


class ExpressionFailed(PodiumError):
    """A script, JSONPath or jq program failed; the message is the engine's own."""


class ExpressionTimeout(ExpressionFailed):
    """A script was stopped at its time or memory limit."""


class Unavailable(PodiumError):
    """A store or queue did not answer in time; trying again may help."""

    status = 503
    retryable = True


class TooBusy(Unavailable):
    """Others kept appending first; the command has changed nothing."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(f"Workflow {workflow_id} is too busy, try again")
