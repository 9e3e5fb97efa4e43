"""Who sent a request: one way to tell for each way to close a deployment (decision 8).

With access keys the token is read here, because only Podium can refuse it in the words
that Conductor's clients act on.  With IAM or an issuer of one's own API Gateway has
looked before the event was made (with IAM the Function URL too), and what it found is
in ``requestContext``; an event without that is refused, so a route that was left open
by mistake is closed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from podium.access.authentication import Authentication
from podium.access.roles import Caller, Role
from podium.bootstrap import Podium
from podium.errors import IllegalState, Unauthenticated
from podium.settings import AccessMode, AwsSettings

Identify: TypeAlias = Callable[[Mapping[str, Any]], Caller]
"""Returns who sent an event; Unauthenticated where nobody known did."""

_EVERY_ROLE = frozenset(Role)
_ANYBODY = Caller("anybody", _EVERY_ROLE)


def anybody(_event: Mapping[str, Any]) -> Caller:
    """Ask nobody who he is: the embedded home's way, and an open deployment's."""
    return _ANYBODY


def by_token(authentication: Authentication) -> Identify:
    """Read the token that access keys were given for."""

    def identify(event: Mapping[str, Any]) -> Caller:
        return authentication.authenticate(event["headers"].get("x-authorization"))

    return identify


def by_signature(event: Mapping[str, Any]) -> Caller:
    """Believe API Gateway or the Function URL, which had IAM check the signature.

    What the signer may call is in his IAM policy, so he has every role here: at API
    Gateway by method and path; who may call the URL may call all.
    """
    found = _authorizer(event).get("iam") or {}
    if not found.get("userArn"):
        raise Unauthenticated.invalid("The request is not signed (SigV4)")
    return Caller(found["userArn"], _EVERY_ROLE)


def by_issuer(name_claim: str, roles_claim: str) -> Identify:
    """Believe API Gateway, which has checked the issuer's token."""

    def identify(event: Mapping[str, Any]) -> Caller:
        claims = (_authorizer(event).get("jwt") or {}).get("claims") or {}
        if not claims.get(name_claim):
            raise Unauthenticated.invalid("The request has no token of the issuer's")
        return Caller(claims[name_claim], _roles(claims.get(roles_claim, "")))

    return identify


def identify_by(settings: AwsSettings, podium: Podium) -> Identify:
    """Return the way that a deployment's settings ask for."""
    match settings.access_mode:
        case AccessMode.OPEN:
            return anybody
        case AccessMode.IAM:
            return by_signature
        case AccessMode.OIDC:
            return by_issuer(settings.oidc_name_claim, settings.oidc_roles_claim)
        case AccessMode.KEYS:
            if podium.authentication is None:
                raise IllegalState("Access keys need a token lifetime")
            return by_token(podium.authentication)


def _authorizer(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return event["requestContext"].get("authorizer") or {}


def _roles(claim: str) -> frozenset[Role]:
    """Read a claim as API Gateway writes it: a list becomes ``[one two]``.

    Roles that Podium does not know are other services' business.
    """
    names = set(claim.strip("[]").replace(",", " ").split())
    return frozenset(role for role in Role if role in names)
