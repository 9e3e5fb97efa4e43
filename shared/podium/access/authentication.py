"""Keys for tokens, tokens for callers: the two things clients ask for."""

from __future__ import annotations

from podium.access.applications import Application, application_of
from podium.access.roles import Caller
from podium.access.stores import Applications, SigningKeys
from podium.access.tokens import (
    LEEWAY,
    Claims,
    SigningKey,
    read,
    sign,
    signing_key,
    valid_keys,
)
from podium.clock import Clock
from podium.errors import IllegalState, Unauthenticated

SIGNING_KEYS_KEPT = 60_000
"""Milliseconds that a process goes by the signing keys it read last."""
APPLICATIONS_KEPT = 30_000
"""Milliseconds after which a revoked key is useless everywhere."""
DEFAULT_LIFETIME = 60 * 60_000
"""Of a token.  Conductor's clients ask for a new one every 45 minutes."""
MAX_LIFETIME = 24 * DEFAULT_LIFETIME


class Authentication:
    """Issues tokens that live for ``lifetime`` milliseconds, and knows them again.

    What was read is remembered for a while.  No lock is held: at worst two threads
    read the same again.
    """

    def __init__(
        self,
        clock: Clock,
        applications: Applications,
        signing_keys: SigningKeys,
        lifetime: int = DEFAULT_LIFETIME,
    ) -> None:
        self._clock = clock
        self._applications = applications
        self._signing_keys = signing_keys
        self._lifetime = lifetime
        self._keys: tuple[int, list[SigningKey]] = (0, [])
        self._seen: dict[str, tuple[int, Application | None]] = {}

    def issue(self, key_id: str, secret: str) -> str:
        """Return a token for a key.

        A key that is not there is refused in the same words as a wrong secret.
        """
        now = self._clock.now()
        name = application_of(key_id)
        application = self._applications.find(name) if name else None
        key = application.key(key_id) if application else None
        if application is None or key is None or not key.opens_with(secret):
            raise Unauthenticated.refused("The access key or its secret is wrong")
        signer = signing_key(self._known_keys(now), now)
        if signer is None:
            raise IllegalState("There is no signing key: rotate-signing-key makes one")
        claims = Claims(
            application=application.name,
            key_id=key_id,
            roles=application.roles,
            issued_at=now,
            expires_at=now + self._lifetime,
        )
        return sign(claims, signer)

    def authenticate(self, token: str | None) -> Caller:
        """Return who sent a token; Unauthenticated where nobody known did."""
        if not token:
            raise Unauthenticated.invalid("The header X-Authorization has no token")
        now = self._clock.now()
        keys = valid_keys(self._known_keys(now), now, self._lifetime)
        claims = read(token, keys, now)
        application = self._application_of(claims, now)
        if application is None:
            raise Unauthenticated.invalid("The token's access key was revoked")
        return Caller(application.name, claims.roles & application.roles)

    def _known_keys(self, now: int) -> list[SigningKey]:
        until, keys = self._keys
        if now >= until or not keys:
            keys = self._signing_keys.all()
            self._keys = (now + SIGNING_KEYS_KEPT, keys)
        return keys

    def _application_of(self, claims: Claims, now: int) -> Application | None:
        """Return who a signed token speaks of, if he still has the key it came by.

        What was read before the token was made may lack a key that is newer.
        """
        name = claims.application
        read_at, application = self._seen.get(name, (0, None))
        has_key = application is not None and application.key(claims.key_id) is not None
        is_stale = not has_key and read_at < claims.issued_at + LEEWAY
        if is_stale or now >= read_at + APPLICATIONS_KEPT:
            application = self._applications.find(name)
            self._seen[name] = (now, application)
        if application is None or application.key(claims.key_id) is None:
            return None
        return application
